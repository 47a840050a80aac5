//! Proves the stores: every invariant over stock, money, coupons, points, payments and messages, with the rows that break
//! it. It reads all owners' tables and writes nothing, beside a running server or without one.

mod fact;
mod key;
mod ledger;
mod message;
mod order;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::db::{self, Store};
use crate::domain::clock::Timestamp;

/// The stores of all owners.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is what its name says")]
pub struct OwnerStores {
    pub coupon: Store,
    pub goods: Store,
    pub user: Store,
    pub order: Store,
    pub pay: Store,
}

/// What an audit found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether every invariant holds.
    pub ok: bool,
    /// When it began.
    pub checked_at: Timestamp,
    /// The invariants.
    pub invariants: Vec<Invariant>,
}

/// One invariant.
#[derive(Debug, Clone, Serialize)]
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// How many things were looked at.
    pub checked: u64,
    /// What breaks it, a sentence each; the first hundred.
    pub violations: Vec<String>,
    /// How many break it.
    pub violated: u64,
}

/// Every invariant.
pub const NAMES: [&str; 16] = [
    "stock_ledger",
    "stock_order",
    "money_ledger",
    "money_order",
    "coupon_once",
    "order_arithmetic",
    "paid_exactly",
    "refund_bounded",
    "no_dead_money",
    "points_once",
    "outbox_effect",
    "inbox_settled",
    "no_order_stuck",
    "one_key_one_order",
    "status_legal",
    "notice_kept",
];
const VIOLATIONS_SHOWN: usize = 100;

/// Collects what is found, by invariant.
#[derive(Debug)]
struct Findings(BTreeMap<&'static str, Invariant>);

impl Findings {
    fn new() -> Self {
        let empty = |name| (name, Invariant { name, ok: true, checked: 0, violations: Vec::new(), violated: 0 });
        Self(NAMES.into_iter().map(empty).collect())
    }

    /// So many more things were looked at together, and nothing is wrong with them but what is told by itself.
    fn looked_at(&mut self, name: &'static str, count: u64) {
        if let Some(invariant) = self.0.get_mut(name) {
            invariant.checked += count;
        }
    }

    /// One more thing was looked at; `violation` says what is wrong with it.
    fn check(&mut self, name: &'static str, violation: Option<String>) {
        let Some(invariant) = self.0.get_mut(name) else { return };
        invariant.checked += 1;
        if let Some(violation) = violation {
            invariant.ok = false;
            invariant.violated += 1;
            if invariant.violations.len() < VIOLATIONS_SHOWN {
                invariant.violations.push(violation);
            }
        }
    }
}

/// Checks everything. What is younger than `grace` at the moment `now` may still be under way: such orders and messages
/// are not held against the invariants that only hold once work has settled. `progress` is told how many orders of how
/// many are checked.
///
/// # Errors
/// Where a store cannot be read.
pub fn run(
    stores: &OwnerStores,
    now: Timestamp,
    grace: Duration,
    mut progress: impl FnMut(u64, u64),
) -> db::Result<Report> {
    let cutoff = now.minus(grace);
    let mut findings = Findings::new();
    let orders = key::check(stores, &mut findings)?;
    order::check(stores, now, cutoff, &mut findings, &mut |done| progress(done, orders))?;
    ledger::check_stock(stores, &mut findings)?;
    ledger::check_users(stores, &mut findings)?;
    message::check(stores, cutoff, &mut findings)?;
    let invariants: Vec<Invariant> = NAMES.iter().filter_map(|name| findings.0.remove(name)).collect();
    Ok(Report { ok: invariants.iter().all(|invariant| invariant.ok), checked_at: now, invariants })
}
