//! Audits the books: checks every invariant over stock, money, coupons, points, payments and messages, and lists the
//! rows that violate it. The audit only reads, and may run while a server is running.

mod api_key;
mod chain;
mod fact;
#[cfg(feature = "sqlite")]
mod file;
mod key;
mod ledger;
mod message;
mod moment;
mod order;
mod overdue;
mod parked;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

pub use chain::{ChainHead, Expected, KeptHead};

use crate::db::{self, Store};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::horizon::Horizons;

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
    /// The time since which changes were checked; `None` if everything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The result per invariant, in the order of [`NAMES`].
    pub invariants: Vec<Invariant>,
    /// The heads of the owners' chains.
    pub heads: Vec<ChainHead>,
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
pub const NAMES: [&str; 26] = [
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
    "no_moment_ahead",
    "one_key_one_order",
    "status_legal",
    "notice_kept",
    "payment_matches",
    "payment_watched",
    "refund_made",
    "times_in_order",
    "journal_complete",
    "rows_have_owner",
    "files_intact",
    "chain_intact",
    "ledger_chained",
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

/// The extent and the rules of an audit.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Some invariants hold only after all work on an order or message is finished. Items with activity within this time
    /// before the start are not checked against those.
    pub grace: Duration,
    /// The furthest that stored moments may be ahead, apart from `grace`.
    pub horizons: &'a Horizons,
    /// Expectations of the chains.
    pub chains: Expected<'a>,
    /// Whether SQLite files are verified, which reads all of them.
    pub files: bool,
    /// If set, only what the chains have recorded since then is checked, and no whole table is read.
    pub since: Option<Timestamp>,
}

/// Checks the invariants as `plan` says. `progress` is called with the number of checked orders and the total number.
///
/// # Errors
/// If a store cannot be read.
pub fn run(
    stores: &OwnerStores,
    clock: &Clock,
    plan: &Plan<'_>,
    mut progress: impl FnMut(u64, u64),
) -> db::Result<Report> {
    let now = clock.now();
    let cutoff = now.minus(plan.grace);
    let mut findings = Findings::new();
    let heads = match plan.since {
        None => {
            let orders = key::check(stores, &mut findings)?;
            order::check(stores, clock, cutoff, &mut findings, &mut |done| progress(done, orders))?;
            ledger::check_stock(stores, &mut findings)?;
            ledger::check_users(stores, &mut findings)?;
            ledger::check_accounts(stores, &mut findings)?;
            api_key::check(stores, &mut findings)?;
            parked::check(stores, cutoff, &mut findings)?;
            message::check(stores, None, cutoff, &mut findings)?;
            #[cfg(feature = "sqlite")]
            if plan.files {
                file::check(stores, &mut findings)?;
            }
            chain::check(stores, plan.chains, &mut findings)?
        }
        Some(since) => {
            let (heads, changes) = chain::check_since(stores, plan.chains, since, &mut findings)?;
            let orders = changes.orders(stores)?;
            let total = u64::try_from(orders.len()).unwrap_or(0);
            order::check_some(stores, clock, cutoff, &orders, &mut findings, &mut |done| progress(done, total))?;
            ledger::check_some_users(stores, &changes.users(), &mut findings)?;
            parked::check(stores, cutoff, &mut findings)?;
            message::check(stores, Some(since), cutoff, &mut findings)?;
            heads
        }
    };
    moment::check(stores, plan.horizons, now.plus(plan.grace), &mut findings)?;
    let invariants: Vec<Invariant> = NAMES.iter().filter_map(|name| findings.0.remove(name)).collect();
    Ok(Report {
        ok: invariants.iter().all(|invariant| invariant.ok),
        checked_at: now,
        since: plan.since,
        invariants,
        heads,
    })
}
