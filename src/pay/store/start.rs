//! Turns of the requests that start a payment at its platform. A turn is a lease in the payment's row of `pay_open`, so
//! that it holds among all nodes.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;

use super::{row, view};
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::pay_open;
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::PayId;
use crate::pay::Pay;
use crate::pay::message::Status;
use crate::pay::message::turn::{EndTurn, EndTurnsOfEarlierRun, START_LEASE, TakeTurn, Turn};

/// Parameters of [`SetLease`] for one payment.
#[derive(Serialize)]
struct Lease {
    id: i64,
    lease_end: i64,
    node: i32,
}

struct SetLease;

impl Change for SetLease {
    const UPDATE: Update = Update {
        table: "pay_open",
        given: &[("id", Kind::Integer), ("lease_end", Kind::Integer), ("node", Kind::Integer)],
        condition: "pay_id = given.id",
        set: "start_until = given.lease_end, start_node = given.node",
    };
}

/// Gives each payment's turn to one request. The payment is locked, so that only one node decides.
impl Task<Pay> for TakeTurn {
    type Outcome = Turn;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Turn>> {
        let (now, node) = (owner.context.clock.now(), owner.context.node.get());
        let ids: Vec<PayId> = batch.iter().map(|task| task.0).collect();
        let rows = row::lock(db, &ids)?;
        let payments = view::payments(db, rows.into_values())?;
        let leases: Vec<(PayId, Option<Timestamp>)> = db::load_by(&ids, |ids| {
            let leases = pay_open::table.filter(any_of(pay_open::pay_id, ids));
            with_conn!(db, leases.select((pay_open::pay_id, pay_open::start_until)).load(db))
        })?;
        let mut leases: HashMap<PayId, Option<Timestamp>> = leases.into_iter().collect();
        let mut taken = Vec::new();
        let mut turn = |task: &Self| {
            let payment = payments.get(&task.0).ok_or_else(|| db::Error::bug("there is no such payment"))?;
            match leases.get_mut(&task.0) {
                Some(lease) if payment.status == Status::Unpaid && payment.checkout.is_none() => {
                    if lease.is_some_and(|until| until > now) {
                        return Ok(Turn::OfAnother);
                    }
                    let until = now.plus(START_LEASE);
                    *lease = Some(until);
                    taken.push(Lease { id: task.0.get(), lease_end: until.0, node });
                    Ok(Turn::Taken)
                }
                _ => Ok(Turn::Over(Box::new(payment.clone()))),
            }
        };
        let turns = batch.iter().map(&mut turn).collect::<db::Result<Vec<Turn>>>()?;
        db::expect_rows(change::<SetLease, _>(db, &taken)?, taken.len())?;
        Ok(turns)
    }
}

/// Ends turns early, so that the next request need not wait for the end of the lease.
impl Task<Pay> for EndTurn {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let mut ids: Vec<PayId> = batch.iter().map(|task| task.0).collect();
        ids.sort_unstable();
        for ids in ids.chunks(db::ROWS_PER_INSERT) {
            let rows = pay_open::table.filter(any_of(pay_open::pay_id, ids));
            with_conn!(db, diesel::update(rows).set(pay_open::start_until.eq(None::<Timestamp>)).execute(db))?;
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// Ends the turns of an earlier run of this node.
impl Task<Pay> for EndTurnsOfEarlierRun {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let own = pay_open::start_node.eq(Some(owner.context.node.get()));
        let rows = pay_open::table.filter(own.and(pay_open::start_until.is_not_null()));
        with_conn!(db, diesel::update(rows).set(pay_open::start_until.eq(None::<Timestamp>)).execute(db))?;
        Ok(batch.iter().map(|_| ()).collect())
    }
}
