//! The stores on each engine: schema, migrations, errors, connection pool, backup and audit. `private_server` tests the
//! database servers and the proxy that the other tests use.

mod audit;
#[cfg(feature = "sqlite")]
mod backup;
mod catalog;
mod checkpoint;
mod error_class;
mod lock_error;
mod migration;
mod mixed_engines;
mod pool;
mod private_server;
mod schema;
mod server_error;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement_retry;
mod swallowed_error;
mod text;
mod upgrade;
