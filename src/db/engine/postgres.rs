//! PostgreSQL: opens a connection and checks its settings. Each owner has its own schema.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::db::limits::{Limits, Mode};

/// Minimum server version, as in `server_version_num`: the oldest version that some vendor still maintains. Tests run
/// on newer versions.
const MIN_SERVER_VERSION: u32 = 120_000;

/// Key of the advisory lock for migrations: "tradepost" on a telephone keypad, which no other program is likely to use.
const MIGRATION_LOCK: i64 = 872_337_678;

/// Defaults for libpq parameters that the URL does not set. They bound the wait for a server that has disappeared.
const CONNECTION_DEFAULTS: [(&str, &str); 5] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "3"),
    ("keepalives_count", "3"),
];

/// Planner settings for all connections. Tables are assumed to be in memory.
const PLANNER_SETTINGS: &str = "SET jit = off; SET random_page_cost = 1.1";
/// Additional planner settings for writers. Cached plans outlive table growth, so plans that are only good for small
/// tables are disabled: writes find a few hundred rows by key, and reading or keeping a whole table is never right for
/// that.
const WRITER_PLANNER_SETTINGS: &str =
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET enable_material = off";

/// Opens a connection to the schema of one owner. [`Mode::Migrator`] creates the schema if it is missing, and takes the
/// migration lock.
///
/// # Errors
/// A message on one line.
pub fn open(url: &str, schema: &str, mode: Mode, limits: Limits) -> Result<PgConnection, String> {
    let mut db = PgConnection::establish(&with_defaults(url)).map_err(|error| one_line(&error))?;
    prepare(&mut db, schema, mode, limits).map_err(|error| one_line(&error))?;
    if mode == Mode::Migrator {
        check_server(&mut db)?;
        create_schema(&mut db, schema)
            .map_err(|error| format!("cannot create the schema {schema}: {}", one_line(&error)))?;
    }
    Ok(db)
}

/// Adds the [`CONNECTION_DEFAULTS`] that `url` does not set.
fn with_defaults(url: &str) -> String {
    let mut full = url.to_owned();
    for (name, value) in CONNECTION_DEFAULTS.iter().filter(|(name, _)| !url.contains(&format!("{name}="))) {
        full.push(if full.contains('?') { '&' } else { '?' });
        full.push_str(&format!("{name}={value}"));
    }
    full
}

fn prepare(db: &mut PgConnection, schema: &str, mode: Mode, limits: Limits) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    let (statement_ms, lock_ms) = match mode {
        // Building an index on a large table takes long, and another process may be migrating.
        Mode::Migrator => (0, 60_000),
        Mode::Reader | Mode::Writer => (limits.statement_within.as_millis(), limits.lock_within.as_millis()),
    };
    let idle_ms = if mode == Mode::Writer { limits.idle_within.as_millis() } else { 60_000 };
    let read_only = if mode == Mode::Reader { "on" } else { "off" };
    let writer_settings = if mode == Mode::Writer { WRITER_PLANNER_SETTINGS } else { "" };
    db.batch_execute(&format!(
        "SET client_min_messages = warning; SET standard_conforming_strings = on; SET search_path = \"{schema}\"; SET synchronous_commit = on; \
         SET statement_timeout = {statement_ms}; SET lock_timeout = {lock_ms}; \
         SET idle_in_transaction_session_timeout = {idle_ms}; SET default_transaction_read_only = {read_only}; \
         SET default_transaction_isolation = 'read committed'; {PLANNER_SETTINGS}; {writer_settings}"
    ))
}

fn check_server(db: &mut PgConnection) -> Result<(), String> {
    let version = setting(db, "server_version_num")?;
    if version.parse::<u32>().is_ok_and(|version| version < MIN_SERVER_VERSION) {
        return Err(format!("PostgreSQL {version} is too old: 12 or later is needed"));
    }
    let encoding = setting(db, "server_encoding")?;
    if encoding != "UTF8" {
        return Err(format!(
            "the database has the encoding {encoding}, which cannot hold all text: create it with ENCODING 'UTF8'"
        ));
    }
    let language = setting(db, "lc_messages")?;
    if !["", "C", "POSIX", "en"].iter().any(|english| *english == language)
        && !["C.", "en_", "en-", "English"].iter().any(|english| language.starts_with(english))
    {
        // Diesel does not expose the error code, so errors are recognised by their text.
        return Err(format!("the server's lc_messages is {language}: errors must be in English"));
    }
    for durable in ["fsync", "full_page_writes"] {
        if setting(db, durable)? != "on" {
            tracing::warn!(
                setting = durable,
                "this PostgreSQL server may lose acknowledged writes if its machine fails"
            );
        }
    }
    Ok(())
}

/// Takes the migration lock and creates the schema if it is missing. The lock is held until this connection is closed.
fn create_schema(db: &mut PgConnection, schema: &str) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    db.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
    // Without the right to create schemas, CREATE SCHEMA IF NOT EXISTS fails even if the schema exists.
    let exists = diesel::dsl::sql::<Bool>(&format!("EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = '{schema}')"));
    if diesel::select(exists).get_result(db)? {
        return Ok(());
    }
    db.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""))
}

fn setting(db: &mut PgConnection, name: &str) -> Result<String, String> {
    let value = diesel::dsl::sql::<Text>(&format!("current_setting('{name}')"));
    diesel::select(value).get_result(db).map_err(|error| one_line(&error))
}

fn one_line(error: &impl ToString) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
