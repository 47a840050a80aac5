//! Identity of a store: the shop and the owner that it belongs to, and whether it is complete.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::Store;
use super::target::Target;
use super::verify::Verification;
#[cfg(feature = "sqlite")]
use crate::db::engine::integer_key;
use crate::db::limits::Mode;
use crate::db::migrate::{self, Migrations, Schema};
use crate::db::schema::store_meta;
use crate::db::{Connection, Db, Error, Result, with_conn};
use crate::domain::clock::Timestamp;
use crate::stored_as_integer;

/// Progress of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Integer)]
pub enum State {
    /// The shop is being set up: not all of its stores have an identity yet.
    Preparing,
    /// The store can be served.
    Complete,
    /// The store is the copy of a backup that is not finished.
    Copying,
}

stored_as_integer! { State { Preparing = 0, Complete = 1, Copying = 2 } }

/// The row of `store_meta`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = store_meta)]
pub struct Identity {
    /// Name of the owner whose tables these are.
    pub owner: String,
    /// The shop, as a UUID. All stores of one shop have the same.
    pub shop_id: String,
    /// Progress of the store.
    pub state: State,
    /// The moment that a backup shows; `None` for a store that was never copied.
    pub backup_time: Option<Timestamp>,
}

/// Findings at the place of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No tables.
    Nothing,
    /// Tables of something else.
    Foreign,
    /// Tables of an owner.
    Tables {
        /// How they relate to this release.
        schema: Schema,
        /// Whether the owner's main table has rows.
        is_filled: bool,
        /// `None` before the store is set up, and in a store of a release without identities.
        identity: Option<Identity>,
    },
}

const MIGRATIONS_TABLE: &str = "__diesel_schema_migrations";
/// The migration that creates an owner's main table.
const FIRST_MIGRATION: &str = "00000000000001";

impl Store {
    /// Looks at the place of this store, and changes nothing. `table` is the owner's main table.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn inspect(&self, table: &str, migrations: &Migrations) -> Result<Found> {
        let Some(db) = &mut self.open_existing(Mode::Reader)? else { return Ok(Found::Nothing) };
        let tables = self.tables(db)?;
        let has = |name: &str| tables.iter().any(|other| other == name);
        let ran = match has(MIGRATIONS_TABLE) {
            true => texts(db, &format!("SELECT version AS text FROM {MIGRATIONS_TABLE}"))?,
            false => Vec::new(),
        };
        let identity = if has("store_meta") { read(db)? } else { None };
        if ran.is_empty() {
            return Ok(Found::Nothing);
        }
        if !has(table) && ran.iter().any(|version| version == FIRST_MIGRATION) && identity.is_none() {
            return Ok(Found::Foreign);
        }
        let is_filled = has(table) && !texts(db, &format!("SELECT '1' AS text FROM {table} LIMIT 1"))?.is_empty();
        let schema = match Schema::of(&ran, &migrate::versions(db, migrations)?) {
            Schema::Current if has_wide_keys(db)? => Schema::Older,
            schema => schema,
        };
        Ok(Found::Tables { schema, is_filled, identity })
    }

    /// Records `identity`, unless the store has one. Returns the identity that the store then has.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn claim(&self, identity: &Identity) -> Result<Identity> {
        let db = &mut self.open(Mode::Writer)?;
        if let Some(recorded) = read(db)? {
            return Ok(recorded);
        }
        let inserted = with_conn!(db, diesel::insert_into(store_meta::table).values(identity).execute(db));
        // Another node that starts at the same time may have been faster.
        match (read(db)?, inserted) {
            (Some(recorded), _) => Ok(recorded),
            (None, inserted) => Ok(inserted.map(|_| identity.clone())?),
        }
    }

    /// Marks a store in state `from` as complete.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn complete(&self, from: State) -> Result<()> {
        let db = &mut self.open(Mode::Writer)?;
        let marked = diesel::update(store_meta::table.filter(store_meta::state.eq(from)))
            .set(store_meta::state.eq(State::Complete));
        with_conn!(db, marked.execute(db))?;
        Ok(())
    }

    /// The largest value of an indexed column, as text without the prefix of letters; `None` if there are no rows.
    ///
    /// # Errors
    /// The store cannot be read, or the value is not a number.
    pub fn largest(&self, table: &str, column: &str) -> Result<Option<i64>> {
        let db = &mut self.open(Mode::Reader)?;
        let query = format!("SELECT CAST({column} AS CHAR(64)) AS text FROM {table} ORDER BY {column} DESC LIMIT 1");
        let Some(text) = texts(db, &query)?.pop() else { return Ok(None) };
        let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        digits.parse().map(Some).map_err(|_| Error::bug(format!("{table}.{column} is {text:?}, not an id")))
    }

    /// The number of rows of `table`, which may be followed by a condition.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn count(&self, table: &str) -> Result<u64> {
        let db = &mut self.open(Mode::Reader)?;
        let counted = texts(db, &format!("SELECT CAST(count(*) AS CHAR(20)) AS text FROM {table}"))?;
        Ok(counted.first().and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Verifies the integrity of a SQLite file. Does nothing on a database server.
    ///
    /// # Errors
    /// The store cannot be read or is damaged.
    pub fn verify_integrity(&self) -> Result<()> {
        match self.problems(Verification::All)?.unwrap_or_default().as_slice() {
            [] => Ok(()),
            problems => Err(Error::bug(format!("the file is damaged: {}", problems.join(", ")))),
        }
    }

    fn tables(&self, db: &mut Db) -> Result<Vec<String>> {
        match self.target() {
            Target::Sqlite(_) => texts(db, "SELECT name AS text FROM sqlite_master WHERE type = 'table'"),
            Target::Postgres { schema: place, .. } | Target::Mysql { database: place, .. } => {
                let all = "SELECT CAST(table_name AS CHAR(64)) AS text FROM information_schema.tables";
                texts(db, &format!("{all} WHERE table_schema = '{place}'"))
            }
        }
    }
}

fn read(db: &mut Db) -> Result<Option<Identity>> {
    Ok(with_conn!(db, store_meta::table.first(db).optional())?)
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

/// Whether a migration has to rebuild a table, see [`integer_key`](crate::db::engine::integer_key).
fn has_wide_keys(db: &mut Db) -> Result<bool> {
    match &mut db.connection {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(db) => integer_key::is_wide(db),
        #[cfg(feature = "postgres")]
        Connection::Postgres(_) => Ok(false),
        #[cfg(feature = "mysql")]
        Connection::Mysql(_) => Ok(false),
    }
}

/// Runs a query whose only column is named `text`.
pub(super) fn texts(db: &mut Db, query: &str) -> Result<Vec<String>> {
    let rows: Vec<Line> = with_conn!(db, diesel::sql_query(query).load(db))?;
    // PostgreSQL pads the text of a cast.
    Ok(rows.into_iter().map(|row| row.text.trim_end().to_owned()).collect())
}
