//! Connections: targets parsed from URLs, pools, the stores of owners, checkpoints and backups of SQLite files.

#[cfg(feature = "sqlite")]
pub mod backup;
#[cfg(feature = "sqlite")]
mod checkpoint;
pub mod folder;
mod pool;
pub mod store;
mod target;

pub use pool::Pooled;
pub use store::Store;
pub use target::Target;
