//! The stores on each engine: schema, migrations, errors, connection pool, backup and audit. `private_server` tests the
//! database servers and the proxy that the other tests use.

mod audit;
#[cfg(feature = "sqlite")]
mod backup;
mod busy_audit;
mod catalog;
mod chain;
mod checkpoint;
mod error_class;
mod identity;
#[cfg(feature = "sqlite")]
mod integer_key;
mod lock_error;
mod migration;
mod mixed_engines;
#[cfg(feature = "sqlite")]
mod plan;
mod platform_text;
mod pool;
mod private_server;
mod schema;
mod server_backup;
mod server_error;
mod server_setting;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement_retry;
mod swallowed_error;
mod text;
mod upgrade;
