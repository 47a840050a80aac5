//! Transactions, snapshots and savepoints, on any engine.

use diesel::connection::{AnsiTransactionManager as Manager, TransactionManager};

use crate::db::{Class, Connection, Db, Error, Result, halt, with_conn};

/// Runs `work` in one transaction, which either commits completely or changes nothing. SQLite takes its write lock at
/// the beginning, so that the transaction never reads a snapshot that is too old to write.
///
/// `work` must not swallow the error of a statement. PostgreSQL would roll back such a transaction on COMMIT, and
/// diesel would report success. Propagate the error, or run the statement in a [`savepoint`].
///
/// # Errors
/// The error of `work` or of the commit. After a failed commit the outcome may be unknown.
pub fn transaction<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    begin(db, "BEGIN IMMEDIATE", "BEGIN", "BEGIN")?;
    let (counted, put_off) = (db.counted.len(), db.after_commit.len());
    let result = end(db, work);
    if result.is_err() {
        db.counted.truncate(counted);
        db.after_commit.truncate(put_off);
    }
    result
}

/// Runs `read` on a consistent snapshot of all tables.
///
/// # Errors
/// The error of `read` or of the transaction.
pub fn snapshot<T>(db: &mut Db, read: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    #[cfg(feature = "mysql")]
    if matches!(db.connection, Connection::Mysql(_)) {
        db.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
    }
    begin(db, "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT")?;
    end(db, read)
}

/// Runs `work` in a savepoint of the open transaction. If `work` fails, only its own changes are rolled back.
///
/// # Errors
/// The error of `work` or of the savepoint.
pub fn savepoint<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    with_conn!(db, Manager::begin_transaction(db))?;
    let (recorded, counted, put_off) = (db.recorder.len(), db.counted.len(), db.after_commit.len());
    let result = end(db, work);
    if result.is_err() {
        db.recorder.truncate(recorded);
        db.counted.truncate(counted);
        db.after_commit.truncate(put_off);
    }
    result
}

#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    expect(unused_variables, reason = "each statement is for one engine, and not every build has every engine")
)]
fn begin(db: &mut Db, sqlite: &str, postgres: &str, mysql: &str) -> Result<()> {
    match &mut db.connection {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(db) => Manager::begin_transaction_sql(db, sqlite)?,
        #[cfg(feature = "postgres")]
        Connection::Postgres(db) => Manager::begin_transaction_sql(db, postgres)?,
        #[cfg(feature = "mysql")]
        Connection::Mysql(db) => Manager::begin_transaction_sql(db, mysql)?,
    }
    Ok(())
}

fn rollback(db: &mut Db) -> diesel::QueryResult<()> {
    #[cfg(feature = "mysql")]
    if let Connection::Mysql(db) = &mut db.connection {
        crate::db::engine::mysql::discard_statements(db);
    }
    with_conn!(db, Manager::rollback_transaction(db))
}

fn end<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    match work(db) {
        Ok(value) => {
            halt::expect_not_halted();
            with_conn!(db, Manager::commit_transaction(db))?;
            Ok(value)
        }
        Err(error) => match rollback(db) {
            // The original error is more informative than the broken connection.
            Ok(()) | Err(diesel::result::Error::BrokenTransactionManager) => Err(error),
            // After a deadlock, the failed rollback is expected because the database has already ended the transaction.
            // After any other error, the state of the connection is unknown.
            // After an I/O error, SQLite has ended the transaction too.
            Err(_) if matches!(error.class, Class::Conflict | Class::Damaged) => Err(error),
            Err(_) => Err(Error { class: Class::Unreachable, ..error }),
        },
    }
}
