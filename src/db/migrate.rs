//! The migrations, compiled in, one folder per owner, the same for every engine.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Db, Error, Result, Store};

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

/// Brings a store's tables to the newest version; returns the names of the migrations that ran. One process at a time:
/// others wait.
///
/// # Errors
/// Where the store cannot be opened or a migration fails; on a server, what ran before it stays.
pub fn run(store: &Store, migrations: Migrations) -> Result<Vec<String>> {
    match store.migrator()? {
        #[cfg(feature = "sqlite")]
        // One transaction for all: others wait for its lock before they look what is left to do.
        Db::Sqlite(mut db) => db.immediate_transaction(|db| all(db, migrations)),
        #[cfg(feature = "postgres")]
        Db::Postgres(mut db) => all(&mut db, migrations),
        #[cfg(feature = "mysql")]
        Db::Mysql(mut db) => mysql::all(&mut db, migrations),
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn all<B: diesel::backend::Backend>(db: &mut impl MigrationHarness<B>, migrations: Migrations) -> Result<Vec<String>>
where
    Migrations: diesel::migration::MigrationSource<B>,
{
    let ran = db.run_pending_migrations(migrations).map_err(|error| Error::bug(error.to_string()))?;
    Ok(ran.into_iter().map(|version| version.to_string()).collect())
}

#[cfg(feature = "mysql")]
mod mysql {
    //! MySQL commits each statement of a migration by itself: one that was killed half-way leaves something behind and
    //! would fail for ever. So it is noted when a migration begins, and one that has begun and not ended is undone first.

    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use diesel::sql_types::{BigInt, Text};

    use super::{Error, MigrationHarness, Migrations, Result};

    const TABLE: &str = "CREATE TABLE IF NOT EXISTS __migration_begun (version VARCHAR(50) NOT NULL PRIMARY KEY)";

    pub fn all(db: &mut MysqlConnection, migrations: Migrations) -> Result<Vec<String>> {
        let bug = |error: Box<dyn std::error::Error + Send + Sync>| Error::bug(error.to_string());
        db.batch_execute(TABLE)?;
        let mut ran = Vec::new();
        for migration in db.pending_migrations(migrations).map_err(bug)? {
            let version = migration.name().version().to_string();
            if has_begun(db, &version)? {
                // What it did not get to cannot be undone; what is left then, the migration itself will tell.
                drop(migration.revert(db));
            }
            diesel::sql_query("REPLACE INTO __migration_begun VALUES (?)").bind::<Text, _>(&version).execute(db)?;
            let ended = db.run_migration(&*migration).map_err(bug);
            if ended.as_ref().map_or_else(met_something, |_| true) {
                diesel::sql_query("DELETE FROM __migration_begun").execute(db)?;
            }
            ended?;
            ran.push(version);
        }
        Ok(ran)
    }

    /// Whether what a migration wanted to make was there already: that is not the migration's to undo, with all that is in it.
    fn met_something(error: &Error) -> bool {
        let told = error.to_string();
        ["already exists", "Duplicate"].iter().any(|words| told.contains(words))
    }

    fn has_begun(db: &mut MysqlConnection, version: &str) -> Result<bool> {
        let begun = diesel::dsl::sql::<BigInt>("(SELECT count(*) FROM __migration_begun WHERE version = ")
            .bind::<Text, _>(version)
            .sql(")");
        Ok(diesel::select(begun).get_result::<i64>(db)? > 0)
    }
}
