//! MySQL and MariaDB: how a connection is opened, and that it is what we asked for. Each owner has a database of its own.

use diesel::connection::CacheSize;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::limits::{Limits, Mode};

/// Opens a connection to `database` on `server` (`mysql://user@host`).
pub fn open(
    server: &str,
    database: &str,
    options: &str,
    mode: Mode,
    limits: Limits,
) -> Result<MysqlConnection, String> {
    let mut db = match MysqlConnection::establish(&format!("{server}/{database}{options}")) {
        Err(error) if mode == Mode::Migrator && error.to_string().contains("Unknown database") => {
            make(&format!("{server}/{options}"), database)?
        }
        opened => opened.map_err(|error| error.to_string())?,
    };
    let version = value(&mut db, "version()")?;
    prepare(&mut db, &version, mode, limits).map_err(|error| error.to_string())?;
    if mode == Mode::Migrator {
        check_server(&mut db, database, &version)?;
    }
    Ok(db)
}

fn make(url: &str, database: &str) -> Result<MysqlConnection, String> {
    use diesel::connection::SimpleConnection;
    let mut db = MysqlConnection::establish(url).map_err(|error| error.to_string())?;
    db.batch_execute(&format!("CREATE DATABASE IF NOT EXISTS `{database}`; USE `{database}`"))
        .map_err(|error| format!("cannot make the database {database}: {error}"))?;
    Ok(db)
}

fn is_mariadb(version: &str) -> bool {
    version.contains("MariaDB")
}

fn prepare(db: &mut MysqlConnection, version: &str, mode: Mode, limits: Limits) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    let statement = if mode == Mode::Migrator { std::time::Duration::ZERO } else { limits.statement_within };
    let statement_limit = if is_mariadb(version) {
        format!("max_statement_time = {}", statement.as_secs_f64())
    } else {
        // It bounds queries only.
        format!("max_execution_time = {}", statement.as_millis())
    };
    let lock_s = limits.lock_within.as_secs().max(1);
    let access = if mode == Mode::Reader { "READ ONLY" } else { "READ WRITE" };
    db.batch_execute(&format!(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,\
         PIPES_AS_CONCAT'; SET SESSION {statement_limit}; SET SESSION innodb_lock_wait_timeout = {lock_s}; \
         SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; SET SESSION TRANSACTION {access}"
    ))
}

/// Takes the lock of those who make tables, and sees to the collation: text is compared byte by byte, as on the other
/// engines, where two keys that differ in case are two keys.
fn check_server(db: &mut MysqlConnection, database: &str, version: &str) -> Result<(), String> {
    use diesel::connection::SimpleConnection;
    // Other processes that want to make tables wait until this connection ends.
    if value(db, &format!("GET_LOCK('{database}', 60)"))? != "1" {
        return Err("another process has been making tables for 60 s".to_owned());
    }
    let wanted = if is_mariadb(version) { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" };
    if value(db, "@@collation_database")? != wanted {
        db.batch_execute(&format!("ALTER DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE {wanted}"))
            .map_err(|error| format!("the database {database} must have the collation {wanted}: {error}"))?;
    }
    if value(db, "@@innodb_flush_log_at_trx_commit")? != "1" {
        tracing::warn!(
            setting = "innodb_flush_log_at_trx_commit",
            "this MySQL server may lose what it acknowledged when its machine fails"
        );
    }
    Ok(())
}

/// Has every statement prepared anew. One that failed while it was run (a deadlock, a lock that was not given) is not to be
/// run again as it is prepared: MariaDB leaves out of a result the columns it has told before, its client waits for those
/// that it has never got, and both wait for each other for ever, the locks held.
pub fn forget_statements(db: &mut MysqlConnection) {
    db.set_prepared_statement_cache_size(CacheSize::Disabled);
    db.set_prepared_statement_cache_size(CacheSize::Unbounded);
}

fn value(db: &mut MysqlConnection, name: &str) -> Result<String, String> {
    let value = diesel::dsl::sql::<Text>(&format!("CAST({name} AS CHAR)"));
    diesel::select(value).get_result(db).map_err(|error| error.to_string())
}
