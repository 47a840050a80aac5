//! The migrations, compiled in, one folder per owner.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Error, Result, Store};

/// The folder of migrations of one owner.
pub type Migrations = EmbeddedMigrations;

/// `migrations/goods`.
pub const GOODS: Migrations = embed_migrations!("migrations/goods");
/// `migrations/coupon`.
pub const COUPON: Migrations = embed_migrations!("migrations/coupon");
/// `migrations/user`.
pub const USER: Migrations = embed_migrations!("migrations/user");
/// `migrations/order`.
pub const ORDER: Migrations = embed_migrations!("migrations/order");
/// `migrations/pay`.
pub const PAY: Migrations = embed_migrations!("migrations/pay");
/// `migrations/sandbox`.
pub const SANDBOX: Migrations = embed_migrations!("migrations/sandbox");

/// Brings a store's tables to the newest version; returns the names of the migrations that ran.
///
/// # Errors
/// Where the store cannot be opened or a migration fails; what ran before it stays.
pub fn run(store: &Store, migrations: Migrations) -> Result<Vec<String>> {
    let mut db = store.writer()?;
    let ran = db.run_pending_migrations(migrations).map_err(|error| Error::bug(error.to_string()))?;
    Ok(ran.into_iter().map(|version| version.to_string()).collect())
}
