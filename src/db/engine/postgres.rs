//! PostgreSQL: how a connection is opened, and that it is what we asked for. Each owner has a schema of its own.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::limits::{Limits, Mode};

/// The oldest that is maintained by somebody; what we test on is newer.
const OLDEST_SERVER: u32 = 120_000;

/// Any number that nobody else takes for an advisory lock: "tradepost" in a telephone's letters.
const MIGRATING: i64 = 872_337_678;

/// What libpq is told where the URL does not: a server that is gone is noticed, not waited for.
const PATIENCE: [(&str, &str); 5] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "3"),
    ("keepalives_count", "3"),
];

/// What the planner is told. Its plans are kept, also when a table has grown since; what we write is found by keys, a few
/// hundred at once, in tables that are in memory: reading a whole table or hashing it is never right, but looks cheaper
/// than it is while the table is small.
const PLANS: &str = "SET jit = off; SET random_page_cost = 1.1";
const PLANS_OF_WRITES: &str = "SET enable_hashjoin = off; SET enable_mergejoin = off";

/// Opens a connection to the schema of one owner.
pub fn open(url: &str, schema: &str, mode: Mode, limits: Limits) -> Result<PgConnection, String> {
    let mut db = PgConnection::establish(&patient(url)).map_err(|error| one_line(&error))?;
    prepare(&mut db, schema, mode, limits).map_err(|error| one_line(&error))?;
    if mode == Mode::Migrator {
        check_server(&mut db)?;
        make(&mut db, schema).map_err(|error| format!("cannot make the schema {schema}: {}", one_line(&error)))?;
    }
    Ok(db)
}

fn patient(url: &str) -> String {
    let mut patient = url.to_owned();
    for (name, value) in PATIENCE.iter().filter(|(name, _)| !url.contains(&format!("{name}="))) {
        patient.push(if patient.contains('?') { '&' } else { '?' });
        patient.push_str(&format!("{name}={value}"));
    }
    patient
}

fn prepare(db: &mut PgConnection, schema: &str, mode: Mode, limits: Limits) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    let (statement_ms, lock_ms) = match mode {
        // An index on a large table takes its time; another process may be migrating.
        Mode::Migrator => (0, 60_000),
        Mode::Reader | Mode::Writer => (limits.statement_within.as_millis(), limits.lock_within.as_millis()),
    };
    let read_only = if mode == Mode::Reader { "on" } else { "off" };
    let plans_of_writes = if mode == Mode::Writer { PLANS_OF_WRITES } else { "" };
    db.batch_execute(&format!(
        "SET client_min_messages = warning; SET search_path = \"{schema}\"; SET synchronous_commit = on; \
         SET statement_timeout = {statement_ms}; SET lock_timeout = {lock_ms}; \
         SET idle_in_transaction_session_timeout = 60000; SET default_transaction_read_only = {read_only}; \
         SET default_transaction_isolation = 'read committed'; {PLANS}; {plans_of_writes}"
    ))
}

fn check_server(db: &mut PgConnection) -> Result<(), String> {
    let version = setting(db, "server_version_num")?;
    if version.parse::<u32>().is_ok_and(|version| version < OLDEST_SERVER) {
        return Err(format!("PostgreSQL {version} is too old: 12 or later is needed"));
    }
    let language = setting(db, "lc_messages")?;
    if !["", "C", "POSIX", "en"].iter().any(|english| *english == language)
        && !["C.", "en_", "en-", "English"].iter().any(|english| language.starts_with(english))
    {
        // Diesel does not tell an error's code: it is known by its words.
        return Err(format!("the server's lc_messages is {language}: errors must be in English"));
    }
    for durable in ["fsync", "full_page_writes"] {
        if setting(db, durable)? != "on" {
            tracing::warn!(
                setting = durable,
                "this PostgreSQL server may lose what it acknowledged when its machine fails"
            );
        }
    }
    Ok(())
}

/// Makes the schema where it is missing. Other processes that want to do so wait until this connection ends.
fn make(db: &mut PgConnection, schema: &str) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    db.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATING})"))?;
    db.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""))
}

fn setting(db: &mut PgConnection, name: &str) -> Result<String, String> {
    let value = diesel::dsl::sql::<Text>(&format!("current_setting('{name}')"));
    diesel::select(value).get_result(db).map_err(|error| one_line(&error))
}

fn one_line(error: &impl ToString) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
