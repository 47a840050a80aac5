//! The clock of the database.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::{Connection, Db, Result, with_conn};
use crate::domain::clock::Timestamp;

/// The time of the database's clock. An embedded database has the clock of this machine.
///
/// # Errors
/// The database does not answer.
pub fn database_time(db: &mut Db) -> Result<Timestamp> {
    // Expressions that depend neither on the time zone of the session nor on the start of the transaction.
    let expression = match db.connection {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(_) => "CAST(unixepoch('subsec') * 1000 AS BIGINT)",
        #[cfg(feature = "postgres")]
        Connection::Postgres(_) => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
        #[cfg(feature = "mysql")]
        Connection::Mysql(_) => "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000",
    };
    let expression = diesel::dsl::sql::<BigInt>(expression);
    Ok(Timestamp(with_conn!(db, diesel::select(expression).get_result(db))?))
}
