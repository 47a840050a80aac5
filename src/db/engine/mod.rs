//! Opening and checking connections, per engine.

#[cfg(feature = "sqlite")]
pub mod integer_key;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;
