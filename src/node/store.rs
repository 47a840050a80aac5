//! The table of the nodes, in the store of Order.

use diesel::prelude::*;

use super::{Identity, Row};
use crate::db::schema::node;
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::NodeId;

/// All rows, by number.
pub fn read_all(db: &mut Db) -> db::Result<Vec<Row>> {
    Ok(with_conn!(db, node::table.order(node::node_number).load(db))?)
}

/// Stores the lease `row` in place of `seen`, the row of that number as it was read; `None` if there was none. Returns
/// false if it has changed since. Nothing is locked in between: a process that is stopped here holds up no other node.
///
/// # Errors
/// [`db::Class::Constraint`] if another node has inserted a row for the number.
pub fn take(db: &mut Db, seen: Option<&Row>, row: &Row) -> db::Result<bool> {
    let taken = match seen {
        None => with_conn!(db, diesel::insert_into(node::table).values(row).execute(db))?,
        Some(seen) => {
            let unchanged = node::node_number
                .eq(seen.node_number)
                .and(node::boot_id.eq(&seen.boot_id))
                .and(node::heartbeat_time.eq(seen.heartbeat_time));
            with_conn!(db, diesel::update(node::table.filter(unchanged)).set(row).execute(db))?
        }
    };
    Ok(taken > 0)
}

/// Records a heartbeat. Returns whether the row still belongs to this process.
pub fn renew(
    db: &mut Db,
    number: NodeId,
    identity: &Identity,
    now: Timestamp,
    clock_difference_ms: i64,
) -> db::Result<bool> {
    let own = node::node_number.eq(number.get()).and(node::boot_id.eq(&identity.boot_id));
    let times = (node::heartbeat_time.eq(now), node::clock_difference_ms.eq(clock_difference_ms));
    Ok(with_conn!(db, diesel::update(node::table.filter(own)).set(times).execute(db))? > 0)
}

/// Gives the number back.
pub fn release(db: &mut Db, number: NodeId, identity: &Identity) -> db::Result<()> {
    let own = node::node_number.eq(number.get()).and(node::boot_id.eq(&identity.boot_id));
    with_conn!(db, diesel::delete(node::table.filter(own)).execute(db))?;
    Ok(())
}
