//! Audits the books: checks every invariant over stock, money, coupons, points, payments and messages, and lists the
//! rows that violate it. The audit only reads, and may run while a server is running.

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
#[expect(missing_docs, reason = "the field names are self-explanatory")]
pub struct OwnerStores {
    pub coupon: Store,
    pub goods: Store,
    pub user: Store,
    pub order: Store,
    pub pay: Store,
}

/// The result of an audit.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether every invariant holds.
    pub ok: bool,
    /// Start time of the audit.
    pub checked_at: Timestamp,
    /// The result per invariant, in the order of [`NAMES`].
    pub invariants: Vec<Invariant>,
}

/// The result for one invariant.
#[derive(Debug, Clone, Serialize)]
pub struct Invariant {
    /// Name of the invariant, one of [`NAMES`].
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// Number of checked items.
    pub checked: u64,
    /// Descriptions of the first 100 violations.
    pub violations: Vec<String>,
    /// Total number of violations.
    pub violated: u64,
}

/// The names of all invariants.
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

/// Collects results by invariant.
#[derive(Debug)]
struct Findings(BTreeMap<&'static str, Invariant>);

impl Findings {
    fn new() -> Self {
        let empty = |name| (name, Invariant { name, ok: true, checked: 0, violations: Vec::new(), violated: 0 });
        Self(NAMES.into_iter().map(empty).collect())
    }

    /// Counts `count` items as checked without a violation. Violations are added by [`Findings::check`].
    fn add_valid(&mut self, name: &'static str, count: u64) {
        if let Some(invariant) = self.0.get_mut(name) {
            invariant.checked += count;
        }
    }

    /// Counts one checked item, with its violation if there is one.
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

/// Checks all invariants. Some hold only after all work on an order or message is finished; items with activity within
/// `grace` before `now` are not checked against those. `progress` is called with the number of checked orders and the
/// total number of orders.
///
/// # Errors
/// If a store cannot be read.
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
