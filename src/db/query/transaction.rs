//! Transactions, on any engine.

use diesel::connection::{AnsiTransactionManager as Manager, TransactionManager};

use crate::db::{Class, Db, Error, Result, with_conn};

/// Runs `work` in one transaction: it either commits all or leaves nothing. SQLite takes its write lock first, so that a
/// snapshot is never too old to write.
///
/// An error of a statement inside must not be swallowed: PostgreSQL would answer the COMMIT of such a transaction with
/// a rollback, and diesel would call it a success. Propagate it, or run the statement in a [`savepoint`].
///
/// # Errors
/// What `work` or the commit fails with. After a failed commit the outcome may be unknown.
pub fn transaction<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    begin(db, "BEGIN IMMEDIATE", "BEGIN", "BEGIN")?;
    end(db, work)
}

/// Reads several tables as they were at one moment.
///
/// # Errors
/// What `read` fails with.
pub fn snapshot<T>(db: &mut Db, read: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    #[cfg(feature = "mysql")]
    if matches!(db, Db::Mysql(_)) {
        db.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
    }
    begin(db, "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT")?;
    end(db, read)
}

/// Runs `work` in a savepoint of the transaction that is open: its failure leaves the rest as it was.
///
/// # Errors
/// What `work` fails with.
pub fn savepoint<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    with_conn!(db, Manager::begin_transaction(db))?;
    end(db, work)
}

#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    expect(unused_variables, reason = "each engine has its own words, and not every build has every engine")
)]
fn begin(db: &mut Db, sqlite: &str, postgres: &str, mysql: &str) -> Result<()> {
    match db {
        #[cfg(feature = "sqlite")]
        Db::Sqlite(db) => Manager::begin_transaction_sql(db, sqlite)?,
        #[cfg(feature = "postgres")]
        Db::Postgres(db) => Manager::begin_transaction_sql(db, postgres)?,
        #[cfg(feature = "mysql")]
        Db::Mysql(db) => Manager::begin_transaction_sql(db, mysql)?,
    }
    Ok(())
}

fn rollback(db: &mut Db) -> diesel::QueryResult<()> {
    #[cfg(feature = "mysql")]
    if let Db::Mysql(db) = db {
        crate::db::engine::mysql::forget_statements(db);
    }
    with_conn!(db, Manager::rollback_transaction(db))
}

fn end<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    match work(db) {
        Ok(done) => {
            with_conn!(db, Manager::commit_transaction(db))?;
            Ok(done)
        }
        Err(error) => match rollback(db) {
            // What went wrong first tells more than that the connection is of no use any more.
            Ok(()) | Err(diesel::result::Error::BrokenTransactionManager) => Err(error),
            // A deadlock has ended the transaction already; else nobody knows what state this connection is in.
            Err(_) if error.class == Class::Conflict => Err(error),
            Err(_) => Err(Error { class: Class::Unreachable, ..error }),
        },
    }
}
