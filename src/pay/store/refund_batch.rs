//! The refunds that a batch of tasks works on: locked after their payments, changed in memory, written at the end
//! together with the messages that report the changes to Order.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use diesel::prelude::*;
use serde::Serialize;

use super::refund_row::RefundRow;
use super::row::PaymentRow;
use crate::db::ledger::{self, Entry, Line};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::pay_refund;
use crate::db::{self, Db, any_of, for_update, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::occurrence::Occurrence;
use crate::domain::status::RefundState;
use crate::messaging::contract::{PAYMENT_REFUND, RefundReported};
use crate::messaging::outbox;
use crate::pay::Pay;

/// The reason of a refund that a platform made by itself.
const BY_PLATFORM: &str = "made at the platform";

/// The refunds of some payments.
pub struct RefundBatch {
    now: Timestamp,
    rows: Vec<RefundRow>,
    /// Amount that was paid, by payment.
    paid: HashMap<PayId, Money>,
    new: HashSet<RefundId>,
    changed: HashSet<RefundId>,
    /// The refunds that have become done.
    finished: HashSet<RefundId>,
    /// The refunds that have become parked.
    parked: HashSet<RefundId>,
}

/// A refund that a platform has made by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRefund {
    /// The platform's number of the refund, or a number made from the platform's sum.
    pub number: String,
    /// Amount of the refund.
    pub amount: Money,
    /// Whether the refund was found in the platform's sum, so that notices with the real numbers may still arrive.
    pub is_unnamed: bool,
}

impl RefundBatch {
    /// Locks the refunds of the payments `ids`. `payments` are those of them that exist here, which the caller has
    /// locked.
    pub fn lock(owner: &Pay, payments: &HashMap<PayId, PaymentRow>, ids: &[PayId], db: &mut Db) -> db::Result<Self> {
        let rows = db::load_by(ids, |ids| {
            let refunds = pay_refund::table.filter(any_of(pay_refund::pay_id, ids)).order(pay_refund::refund_id);
            with_conn!(db, for_update(refunds).load(db))
        })?;
        let paid = payments.values().map(|row| (row.pay_id, row.pay_amount)).collect();
        let now = owner.context.clock.now();
        let none = HashSet::new;
        Ok(Self { now, rows, paid, new: none(), changed: none(), finished: none(), parked: none() })
    }

    /// The refunds in their present state.
    pub fn rows(&self) -> &[RefundRow] {
        &self.rows
    }

    /// Adds a refund that was requested.
    pub fn add(&mut self, row: RefundRow) {
        let is_parked = row.is_parked();
        self.new.insert(row.refund_id);
        if is_parked {
            self.changed.insert(row.refund_id);
            self.parked.insert(row.refund_id);
        }
        let pay_id = row.pay_id;
        self.rows.push(row);
        self.dismiss_moot(pay_id);
    }

    /// Records that the platform has made a refund. A refund that is done never changes.
    pub fn finish(&mut self, refund_id: RefundId) {
        let now = self.now;
        let pay_id = self.change(refund_id, |row| {
            row.status = RefundState::Done;
            row.done_time = Some(now.max(row.create_time));
            (row.remark, row.dismiss_time) = (None, None);
        });
        if let Some(pay_id) = pay_id {
            self.finished.insert(refund_id);
            self.dismiss_moot(pay_id);
        }
    }

    /// Records why a refund cannot be made. A refund that is done or dismissed does not change.
    pub fn park(&mut self, refund_id: RefundId, why: &str) {
        let is_settled = |row: &RefundRow| {
            let is_repeated = row.is_parked() && row.remark.as_deref() == Some(why);
            row.refund_id == refund_id && (is_repeated || row.state() == RefundState::Dismissed)
        };
        if self.rows.iter().any(is_settled) {
            return;
        }
        let was_parked = self.rows.iter().any(|row| row.refund_id == refund_id && row.is_parked());
        let pay_id = self.change(refund_id, |row| {
            row.status = RefundState::Parked;
            row.remark = Some(why.to_owned());
        });
        if pay_id.is_some() && !was_parked {
            self.parked.insert(refund_id);
        }
        pay_id.into_iter().for_each(|pay_id| self.dismiss_moot(pay_id));
    }

    /// Books a refund that the platform has made by itself.
    pub fn book(&mut self, owner: &Pay, payment: &PaymentRow, foreign: ForeignRefund) {
        let refund_id = owner.context.ids.next();
        let at = self.now.max(payment.add_time);
        tracing::warn!(
            pay_id = %payment.pay_id, amount = %foreign.amount, number = foreign.number,
            "the platform has made a refund that the shop did not ask for; it is booked"
        );
        self.rows.push(RefundRow {
            refund_id,
            pay_id: payment.pay_id,
            order_id: payment.order_id,
            amount: foreign.amount,
            reason: BY_PLATFORM.to_owned(),
            status: RefundState::Done,
            attempts: 0,
            due_time: at,
            create_time: at,
            done_time: Some(at),
            remark: None,
            provider: payment.provider.clone(),
            foreign_no: Some(foreign.number),
            unnamed: if foreign.is_unnamed { foreign.amount } else { Money::ZERO },
            revision: 1,
            dismiss_time: None,
            parked_id: None,
            message: Some(BY_PLATFORM.to_owned()),
        });
        self.new.insert(refund_id);
        self.changed.insert(refund_id);
        self.finished.insert(refund_id);
        self.dismiss_moot(payment.pay_id);
    }

    /// Records that a notice has named `amount` of a refund that was found in the platform's sum.
    pub fn name(&mut self, refund_id: RefundId, number: &str, amount: Money) {
        let found = self.rows.iter_mut().find(|row| row.refund_id == refund_id);
        let Some(row) = found else { return };
        row.unnamed = row.unnamed.checked_sub(amount).unwrap_or_default();
        if row.amount == amount {
            row.foreign_no = Some(number.to_owned());
        }
        row.revision = row.revision.saturating_add(1);
        self.changed.insert(refund_id);
    }

    /// Changes a refund that is not done. Returns its payment; `None` if there is no such refund.
    fn change(&mut self, refund_id: RefundId, change: impl FnOnce(&mut RefundRow)) -> Option<PayId> {
        let is_open = |row: &&mut RefundRow| row.refund_id == refund_id && row.status != RefundState::Done;
        let row = self.rows.iter_mut().find(is_open)?;
        change(row);
        row.revision = row.revision.saturating_add(1);
        self.changed.insert(refund_id);
        Some(row.pay_id)
    }

    /// Dismisses the parked refunds of a payment that has been given back in full: nothing is left that they could give
    /// back.
    fn dismiss_moot(&mut self, pay_id: PayId) {
        let given_back = Money::checked_sum(done(&self.rows, pay_id).map(|row| row.amount)).unwrap_or(Money::LARGEST);
        if self.paid.get(&pay_id).is_none_or(|paid| given_back < *paid) {
            return;
        }
        let is_moot = |row: &&RefundRow| row.pay_id == pay_id && row.is_parked() && row.parked_id.is_none();
        let moot: Vec<RefundId> = self.rows.iter().filter(is_moot).map(|row| row.refund_id).collect();
        let now = self.now;
        for refund_id in moot {
            self.change(refund_id, |row| row.dismiss_time = Some(now.max(row.create_time)));
        }
    }

    /// Applies an operator's decision to a parked refund: it is pending again, done by other means, or dismissed.
    pub fn decide(&mut self, refund_id: RefundId, state: RefundState) {
        let now = self.now;
        match state {
            RefundState::Done => self.finish(refund_id),
            RefundState::Pending => {
                self.change(refund_id, |row| {
                    // The remark stays: it shows that the refund was parked, and that an operator wants it.
                    (row.status, row.due_time) = (RefundState::Pending, now);
                    // The platform is asked first: it may have made the refund since.
                    row.attempts = row.attempts.max(1);
                });
            }
            RefundState::Parked | RefundState::Dismissed => {
                self.change(refund_id, |row| row.dismiss_time = Some(now.max(row.create_time)));
            }
        }
    }

    /// Counts the refunds that were requested, made and parked.
    fn count(&self, db: &mut Db, new: &[RefundRow]) {
        let requested = new.iter().filter(|row| row.foreign_no.is_none());
        requested.for_each(|row| db.count(Occurrence::RefundRequested, &row.provider));
        for row in &self.rows {
            if self.finished.contains(&row.refund_id) {
                db.count(Occurrence::RefundDone, &row.provider);
            } else if self.parked.contains(&row.refund_id) {
                db.count(Occurrence::RefundParked, &row.provider);
            }
        }
    }

    /// Writes the new and the changed refunds, and reports each new status to Order.
    pub fn write(self, owner: &Pay, db: &mut Db) -> db::Result<()> {
        let (new, known): (Vec<RefundRow>, Vec<&RefundRow>) = {
            let (new, known): (Vec<&RefundRow>, Vec<&RefundRow>) =
                self.rows.iter().partition(|row| self.new.contains(&row.refund_id));
            (new.into_iter().cloned().collect(), known)
        };
        ledger::record(db, &new);
        insert_all!(db, pay_refund::table, &new)?;
        self.count(db, &new);
        let done: Vec<Refunded> = self.finished.iter().filter_map(|id| Refunded::of(&self.rows, *id)).collect();
        ledger::record(db, &done);
        let known: Vec<StoredState<'_>> =
            known.into_iter().filter(|row| self.changed.contains(&row.refund_id)).map(StoredState::of).collect();
        db::expect_rows(change::<SetState, _>(db, &known)?, known.len())?;
        let reported: Vec<(PayId, RefundReported)> =
            self.rows.iter().filter(|row| self.changed.contains(&row.refund_id)).filter_map(report).collect();
        outbox::write(db, &owner.context, PAYMENT_REFUND, Duration::ZERO, &reported)
    }
}

/// The refunds of what was paid for a payment that are done.
fn done(rows: &[RefundRow], pay_id: PayId) -> impl Iterator<Item = &RefundRow> {
    rows.iter().filter(move |row| row.pay_id == pay_id && row.counts() && row.status == RefundState::Done)
}

/// The report to Order; `None` if the refund gives back a parked charge, which no order knows.
fn report(row: &RefundRow) -> Option<(PayId, RefundReported)> {
    if row.parked_id.is_some() {
        return None;
    }
    let reported = RefundReported {
        refund_id: row.refund_id,
        pay_id: row.pay_id,
        order_id: row.order_id,
        amount: row.amount,
        status: row.state(),
        revision: row.revision,
        foreign_no: row.foreign_no.clone(),
    };
    Some((row.pay_id, reported))
}

/// A refund that has become done, as the ledger has it.
struct Refunded {
    id: i64,
    at: i64,
}

impl Refunded {
    fn of(rows: &[RefundRow], refund_id: RefundId) -> Option<Self> {
        let row = rows.iter().find(|row| row.refund_id == refund_id)?;
        row.done_time.map(|at| Self { id: refund_id.get(), at: at.0 })
    }
}

impl Entry for Refunded {
    const LEDGER: &'static str = "refunded";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.id).integer(self.at);
    }
}

/// Parameters of [`SetState`] for one refund.
#[derive(Serialize)]
struct StoredState<'a> {
    id: i64,
    state: i32,
    still_unnamed: i64,
    version: i32,
    due: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<i64>,
    tries: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dismissed: Option<i64>,
}

impl<'a> StoredState<'a> {
    fn of(row: &'a RefundRow) -> Self {
        Self {
            id: row.refund_id.get(),
            state: row.status.number(),
            still_unnamed: row.unnamed.minor(),
            version: row.revision,
            due: row.due_time.0,
            done: row.done_time.map(|at| at.0),
            tries: row.attempts,
            why: row.remark.as_deref(),
            number: row.foreign_no.as_deref(),
            dismissed: row.dismiss_time.map(|at| at.0),
        }
    }
}

/// Writes the state of refunds that have not changed since they were locked.
struct SetState;

impl Change for SetState {
    const UPDATE: Update = Update {
        table: "pay_refund",
        given: &[
            ("id", Kind::Integer),
            ("state", Kind::Integer),
            ("still_unnamed", Kind::Integer),
            ("version", Kind::Integer),
            ("due", Kind::Integer),
            ("done", Kind::Integer),
            ("tries", Kind::Integer),
            ("why", Kind::Text),
            ("number", Kind::Text),
            ("dismissed", Kind::Integer),
        ],
        condition: "refund_id = given.id AND revision < given.version",
        set: "status = given.state, unnamed = given.still_unnamed, revision = given.version, due_time = given.due, attempts = given.tries, \
              done_time = given.done, remark = given.why, foreign_no = given.number, dismiss_time = given.dismissed",
    };
}
