//! MySQL and MariaDB: opens a connection and checks its settings. Each owner has its own database.

use diesel::connection::CacheSize;
use diesel::prelude::*;
use diesel::sql_types::Text;

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
    let mut db = match MysqlConnection::establish(&format!("{server}/{database}{options}")) {
        Err(error) if mode == Mode::Migrator && error.to_string().contains("Unknown database") => {
            create_database(&format!("{server}/{options}"), database)?
        }
        opened => opened.map_err(|error| error.to_string())?,
    };
    let version = query_value(&mut db, "version()")?;
    prepare(&mut db, &version, mode, limits).map_err(|error| error.to_string())?;
    if mode == Mode::Migrator {
        check_server(&mut db, database, &version)?;
    }
    Ok(db)
}

fn create_database(url: &str, database: &str) -> Result<MysqlConnection, String> {
    use diesel::connection::SimpleConnection;
    let mut db = MysqlConnection::establish(url).map_err(|error| error.to_string())?;
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
    let timeout = if mode == Mode::Migrator { std::time::Duration::ZERO } else { limits.statement_within };
    let statement_limit = if is_mariadb(version) {
        format!("max_statement_time = {}", timeout.as_secs_f64())
    } else {
        // In MySQL, this limit applies to queries only.
        format!("max_execution_time = {}", timeout.as_millis())
    };
    let lock_s = limits.lock_within.as_secs().max(1);
    let access = if mode == Mode::Reader { "READ ONLY" } else { "READ WRITE" };
    db.batch_execute(&format!(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,\
         PIPES_AS_CONCAT'; SET SESSION {statement_limit}; SET SESSION innodb_lock_wait_timeout = {lock_s}; \
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; SET SESSION TRANSACTION {access}"
    ))
}

/// Takes the migration lock, sets the collation of the database and warns about unsafe server settings. The collation
/// compares text byte by byte, as the other engines do, so that keys that differ only in case are different keys.
fn check_server(db: &mut MysqlConnection, database: &str, version: &str) -> Result<(), String> {
    use diesel::connection::SimpleConnection;
    // The lock is held until this connection is closed.
    if query_value(db, &format!("GET_LOCK('{database}', 60)"))? != "1" {
        return Err("another process has been migrating this database for 60 s".to_owned());
    }
    let collation = if is_mariadb(version) { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" };
    if query_value(db, "@@collation_database")? != collation {
        db.batch_execute(&format!("ALTER DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE {collation}"))
            .map_err(|error| format!("the database {database} must have the collation {collation}: {error}"))?;
    }
    if query_value(db, "@@innodb_flush_log_at_trx_commit")? != "1" {
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

/// The value of a SQL expression, as text.
fn query_value(db: &mut MysqlConnection, expression: &str) -> Result<String, String> {
    let value = diesel::dsl::sql::<Text>(&format!("CAST({expression} AS CHAR)"));
    diesel::select(value).get_result(db).map_err(|error| error.to_string())
}
