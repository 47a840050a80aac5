//! Embedded migrations: one folder per owner, the same for every engine.

use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Connection, Db, Error, Result, Store, with_conn};

/// The migrations of one owner.
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

/// Runs the pending migrations of `store` and returns their versions. Only one process migrates at a time; others wait.
///
/// # Errors
/// The store cannot be opened, or a migration fails. On PostgreSQL and MySQL, migrations that ran before it stay
/// applied.
pub fn run(store: &Store, migrations: Migrations) -> Result<Vec<String>> {
    match store.migrator()?.connection {
        #[cfg(feature = "sqlite")]
        // One transaction for all migrations: other processes wait for its lock before they determine what is pending.
        Connection::Sqlite(mut db) => db.immediate_transaction(|db| {
            let ran = run_pending(db, migrations)?;
            super::engine::integer_key::rebuild(db)?;
            Ok(ran)
        }),
        #[cfg(feature = "postgres")]
        Connection::Postgres(mut db) => run_pending(&mut db, migrations),
        #[cfg(feature = "mysql")]
        Connection::Mysql(mut db) => mysql::run_pending(&mut db, migrations),
    }
}

/// How the tables of a store relate to the migrations of this release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// All migrations ran, and no others.
    Current,
    /// Some migrations of this release did not run yet.
    Older,
    /// A migration ran that this release does not know; its version.
    Newer(String),
}

impl Schema {
    /// Compares the versions that `ran` with the versions `known` to this release. Only unknown versions make a schema
    /// newer, because a release may add a migration before the last one.
    #[must_use]
    pub fn of(ran: &[String], known: &[String]) -> Self {
        match ran.iter().filter(|version| !known.contains(version)).max() {
            Some(version) => Self::Newer(version.clone()),
            None if known.iter().all(|version| ran.contains(version)) => Self::Current,
            None => Self::Older,
        }
    }
}

/// The versions of `migrations`.
pub(super) fn versions(db: &mut Db, migrations: &Migrations) -> Result<Vec<String>> {
    with_conn!(db, versions_for(db, migrations))
}

fn versions_for<C: diesel::Connection>(_: &C, migrations: &Migrations) -> Result<Vec<String>>
where
    Migrations: diesel::migration::MigrationSource<C::Backend>,
{
    let all = MigrationSource::<C::Backend>::migrations(migrations).map_err(|error| Error::bug(error.to_string()))?;
    Ok(all.iter().map(|migration| migration.name().version().to_string()).collect())
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn run_pending<B: diesel::backend::Backend>(
    db: &mut impl MigrationHarness<B>,
    migrations: Migrations,
) -> Result<Vec<String>>
where
    Migrations: diesel::migration::MigrationSource<B>,
{
    let ran = db.run_pending_migrations(migrations).map_err(|error| Error::bug(error.to_string()))?;
    Ok(ran.into_iter().map(|version| version.to_string()).collect())
}

#[cfg(feature = "mysql")]
mod mysql {
    //! Migrations on MySQL. MySQL commits each statement of a migration separately, so an interrupted migration leaves
    //! some of its tables behind and would fail on every later run. The start of a migration is therefore recorded, and
    //! a migration that was started but not finished is reverted first.

    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use diesel::sql_types::{BigInt, Text};

    use super::{Error, MigrationHarness, Migrations, Result};

    const TABLE: &str = "CREATE TABLE IF NOT EXISTS __migration_begun (version VARCHAR(50) NOT NULL PRIMARY KEY)";

    pub fn run_pending(db: &mut MysqlConnection, migrations: Migrations) -> Result<Vec<String>> {
        let bug = |error: Box<dyn std::error::Error + Send + Sync>| Error::bug(error.to_string());
        db.batch_execute(TABLE)?;
        let mut ran = Vec::new();
        for migration in db.pending_migrations(migrations).map_err(bug)? {
            let version = migration.name().version().to_string();
            if was_interrupted(db, &version)? {
                // The revert fails at an object that the interrupted run had not created. If the revert leaves anything
                // behind, the migration itself fails and reports it.
                drop(migration.revert(db));
            }
            diesel::sql_query("REPLACE INTO __migration_begun VALUES (?)").bind::<Text, _>(&version).execute(db)?;
            let result = db.run_migration(&*migration).map_err(bug);
            if result.as_ref().map_or_else(is_name_conflict, |_| true) {
                diesel::sql_query("DELETE FROM __migration_begun").execute(db)?;
            }
            result?;
            ran.push(version);
        }
        Ok(ran)
    }

    /// Whether a migration failed because an object it creates already exists. Such a migration must not be reverted on
    /// the next run, because the revert would drop that object with its data.
    fn is_name_conflict(error: &Error) -> bool {
        let message = error.to_string();
        ["already exists", "Duplicate"].iter().any(|fragment| message.contains(fragment))
    }

    /// Whether an earlier run of the migration `version` was started and not finished.
    fn was_interrupted(db: &mut MysqlConnection, version: &str) -> Result<bool> {
        let count = diesel::dsl::sql::<BigInt>("(SELECT count(*) FROM __migration_begun WHERE version = ")
            .bind::<Text, _>(version)
            .sql(")");
        Ok(diesel::select(count).get_result::<i64>(db)? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Schema;

    #[test]
    fn a_schema_is_newer_only_if_a_migration_is_unknown() {
        let all = |versions: &[&str]| versions.iter().map(|version| (*version).to_owned()).collect::<Vec<_>>();
        let known = all(&["0", "1", "3"]);
        for (ran, expected) in [
            (&["0", "1", "3"][..], Schema::Current),
            (&["1", "3"], Schema::Older),
            (&[], Schema::Older),
            (&["0", "1", "2", "3"], Schema::Newer("2".to_owned())),
            (&["1", "4", "5"], Schema::Newer("5".to_owned())),
        ] {
            assert_eq!(Schema::of(&all(ran), &known), expected, "{ran:?}");
        }
    }
}
