//! MySQL and MariaDB: opens a connection and checks its settings. Each owner has its own database.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::Duration;

use diesel::connection::CacheSize;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::db::limits::{Limits, Mode};

/// Opens a connection to `database` on `server` (`mysql://user@host`). `options` is the query part of the URL with its
/// `?`, or empty. [`Mode::Migrator`] creates the database if it is missing, and takes the migration lock.
///
/// # Errors
/// A message on one line.
pub fn open(
    server: &str,
    database: &str,
    options: &str,
    mode: Mode,
    limits: Limits,
) -> Result<MysqlConnection, String> {
    let mut db = match establish(format!("{server}/{database}{options}")) {
        Err(reason) if mode == Mode::Migrator && reason.contains("Unknown database") => {
            create_database(format!("{server}/{options}"), database)?
        }
        opened => opened?,
    };
    let version = query_value(&mut db, "version()")?.unwrap_or_default();
    prepare(&mut db, &version, mode, limits).map_err(|error| error.to_string())?;
    if mode == Mode::Migrator {
        check_server(&mut db, database, &version)?;
    }
    Ok(db)
}

/// Longest wait for a server to accept a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Connections that may be waiting for servers that do not answer. Each takes a thread.
const CONNECTING_MAX: usize = 16;
static CONNECTING: AtomicUsize = AtomicUsize::new(0);

/// Opens a connection on a thread of its own: the client library waits without limit for a server that accepts a connection
/// and then says nothing, and diesel has no option against it.
fn establish(url: String) -> Result<MysqlConnection, String> {
    if CONNECTING.fetch_add(1, Relaxed) >= CONNECTING_MAX {
        CONNECTING.fetch_sub(1, Relaxed);
        return Err("the server does not answer".to_owned());
    }
    let (sender, opened) = mpsc::sync_channel(1);
    let connect = move || {
        let opened = MysqlConnection::establish(&url).map_err(|error| error.to_string());
        CONNECTING.fetch_sub(1, Relaxed);
        drop(sender.send(opened));
    };
    if let Err(error) = std::thread::Builder::new().name("mysql-connect".to_owned()).spawn(connect) {
        CONNECTING.fetch_sub(1, Relaxed);
        return Err(error.to_string());
    }
    let silent = || Err(format!("the server does not answer: no greeting within {} s", CONNECT_WITHIN.as_secs()));
    opened.recv_timeout(CONNECT_WITHIN).unwrap_or_else(|_| silent())
}

fn create_database(url: String, database: &str) -> Result<MysqlConnection, String> {
    use diesel::connection::SimpleConnection;
    let mut db = establish(url)?;
    db.batch_execute(&format!("CREATE DATABASE IF NOT EXISTS `{database}`; USE `{database}`"))
        .map_err(|error| format!("cannot create the database {database}: {error}"))?;
    Ok(db)
}

fn is_mariadb(version: &str) -> bool {
    version.contains("MariaDB")
}

fn prepare(db: &mut MysqlConnection, version: &str, mode: Mode, limits: Limits) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    // Zero means no limit.
    let timeout = if mode == Mode::Migrator { Duration::ZERO } else { limits.statement_within };
    let statement_limit = if is_mariadb(version) {
        format!("max_statement_time = {}", timeout.as_secs_f64())
    } else {
        // In MySQL, this limit applies to queries only.
        format!("max_execution_time = {}", timeout.as_millis())
    };
    let lock_s = limits.lock_within.as_secs().max(1);
    let idle_s = if mode == Mode::Writer { limits.idle_within.as_secs() } else { 60 };
    let idle_limit = if is_mariadb(version) { format!("idle_transaction_timeout = {idle_s}, ") } else { String::new() };
    let access = if mode == Mode::Reader { "READ ONLY" } else { "READ WRITE" };
    db.batch_execute(&format!(
        "SET SESSION autocommit = 1, completion_type = 0, sql_safe_updates = 0, sql_select_limit = DEFAULT, \
         foreign_key_checks = 1, unique_checks = 1, default_storage_engine = InnoDB; SET SESSION sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,\
         PIPES_AS_CONCAT'; SET SESSION {idle_limit}{statement_limit}; SET SESSION innodb_lock_wait_timeout = {lock_s}; \
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; SET SESSION TRANSACTION {access}"
    ))
}

/// Takes the migration lock, sets the collation of the database and warns about unsafe server settings. The collation
/// compares text byte by byte, as the other engines do, so that keys that differ only in case are different keys.
fn check_server(db: &mut MysqlConnection, database: &str, version: &str) -> Result<(), String> {
    use diesel::connection::SimpleConnection;
    // The lock is held until this connection is closed.
    if query_value(db, &format!("GET_LOCK('{database}', 60)"))?.as_deref() != Some("1") {
        return Err("another process has been migrating this database for 60 s".to_owned());
    }
    let collation = if is_mariadb(version) { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" };
    if query_value(db, "@@collation_database")?.as_deref() != Some(collation) {
        db.batch_execute(&format!("ALTER DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE {collation}"))
            .map_err(|error| format!("the database {database} must have the collation {collation}: {error}"))?;
    }
    let without_transactions = query_value(
        db,
        &format!(
            "(SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables \
             WHERE table_schema = '{database}' AND table_type = 'BASE TABLE' AND engine <> 'InnoDB')"
        ),
    )?;
    if let Some(tables) = without_transactions {
        return Err(format!(
            "tables of the database {database} have no transactions: {tables}. Convert each with ALTER TABLE … ENGINE=InnoDB"
        ));
    }
    if query_value(db, "@@innodb_flush_log_at_trx_commit")?.as_deref() != Some("1") {
        tracing::warn!(
            setting = "innodb_flush_log_at_trx_commit",
            "this MySQL server may lose acknowledged writes if its machine fails"
        );
    }
    Ok(())
}

/// Discards the connection's prepared statements. A statement that failed while it was executed (a deadlock, a lock
/// timeout) must be prepared again before it is retried: MariaDB omits column metadata that it has already sent, while
/// the client library waits for metadata it has never received. Both would wait forever, with the locks held.
pub fn discard_statements(db: &mut MysqlConnection) {
    db.set_prepared_statement_cache_size(CacheSize::Disabled);
    db.set_prepared_statement_cache_size(CacheSize::Unbounded);
}

/// The value of a SQL expression, as text; `None` if it is NULL.
fn query_value(db: &mut MysqlConnection, expression: &str) -> Result<Option<String>, String> {
    let value = diesel::dsl::sql::<Nullable<Text>>(&format!("CAST({expression} AS CHAR)"));
    diesel::select(value).get_result(db).map_err(|error| error.to_string())
}
