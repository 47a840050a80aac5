//! Connections: targets parsed from URLs, pools, the stores of owners, checkpoints,
//! failures and backups of SQLite files.

#[cfg(feature = "sqlite")]
pub mod backup;
#[cfg(feature = "sqlite")]
mod checkpoint;
pub mod failure;
pub mod folder;
#[cfg(feature = "sqlite")]
mod held_log;
pub mod identity;
mod pool;
mod probe;
pub mod replaced;
mod scarcity;
pub mod size;
pub mod store;
mod target;
pub mod unfinished;
#[cfg(feature = "sqlite")]
pub mod verify;

pub use pool::Pooled;
pub use store::Store;
pub use target::Target;
