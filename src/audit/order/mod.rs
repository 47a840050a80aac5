//! Audits each order: the records of all owners about it must agree.

mod journal;
mod payment;
mod reservation;
mod state;

use super::fact::{self, Facts, OrderRow};
use super::{Findings, OwnerStores};
use crate::db;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::OrderId;
use crate::domain::money::Money;
use crate::domain::status::{OrderStatus, ShippingStatus};

const PAGE_SIZE: i64 = 1_000;
/// How often an order that looks inconsistent is read again while it keeps changing.
const REREADS_MAX: usize = 10;
/// How many inconsistent orders are read again. When more are, the books are wrong and no server is to blame.
const REREAD_ORDERS_MAX: usize = 1_000;

/// The times by which an order is judged.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// The present time, taken after the order was read.
    now: Timestamp,
    /// Work with activity after this time may still be in progress.
    cutoff: Timestamp,
}

/// The results of one order, by invariant.
type Verdicts = Vec<(&'static str, Option<String>)>;

/// Checks every order, page by page. `progress` is called with the number of orders checked so far.
pub fn check(
    stores: &OwnerStores,
    clock: &Clock,
    cutoff: Timestamp,
    findings: &mut Findings,
    progress: &mut dyn FnMut(u64),
) -> db::Result<()> {
    let mut after = Some(OrderId::new(i64::MIN));
    let mut done = 0;
    let mut reread = 0;
    while let Some(from) = after {
        let (facts, next) = fact::page(stores, from, PAGE_SIZE, cutoff)?;
        done += u64::try_from(facts.len()).unwrap_or(0);
        progress(done);
        for (order_id, facts) in facts {
            check_one(stores, clock, cutoff, (order_id, facts), &mut reread, findings)?;
        }
        after = next;
    }
    Ok(())
}

/// Number of orders that [`check_some`] reads at a time, if they are close together.
const NEIGHBOURS: usize = 200;

/// Checks some orders, given in ascending order. Orders with few others between them are read together. `progress` is
/// called with the number of orders checked so far.
pub fn check_some(
    stores: &OwnerStores,
    clock: &Clock,
    cutoff: Timestamp,
    orders: &[OrderId],
    findings: &mut Findings,
    progress: &mut dyn FnMut(u64),
) -> db::Result<()> {
    let mut done = 0;
    let mut reread = 0;
    for ids in orders.chunks(NEIGHBOURS) {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { continue };
        let all = (fact::only(*first).0, *last);
        let ranges = match fact::count(stores, all)? {
            neighbours if neighbours <= 2 * NEIGHBOURS => vec![all],
            _ => ids.iter().map(|id| fact::only(*id)).collect(),
        };
        for range in ranges {
            for (order_id, facts) in fact::between(stores, range, cutoff)? {
                done += 1;
                check_one(stores, clock, cutoff, (order_id, facts), &mut reread, findings)?;
            }
        }
        progress(done);
    }
    Ok(())
}

/// Checks one order by its facts, and reads them again if they look inconsistent, unless `reread` orders were read again
/// already and that is too many.
fn check_one(
    stores: &OwnerStores,
    clock: &Clock,
    cutoff: Timestamp,
    (order_id, facts): (OrderId, Facts),
    reread: &mut usize,
    findings: &mut Findings,
) -> db::Result<()> {
    let mut verdicts = judge(order_id, &facts, Moment { now: clock.now(), cutoff });
    if is_violated(&verdicts) && *reread < REREAD_ORDERS_MAX {
        *reread += 1;
        verdicts = judge_again(stores, clock, cutoff, order_id, facts)?;
    }
    for (name, violation) in verdicts {
        findings.check(name, violation);
    }
    Ok(())
}

fn is_violated(verdicts: &Verdicts) -> bool {
    verdicts.iter().any(|(_, violation)| violation.is_some())
}

/// Judges an order that looks inconsistent by facts that were read twice without a difference. The owners are read one
/// after the other, so a server may have written between two of the reads; but what is the same in two reads was true
/// at one instant between them.
fn judge_again(
    stores: &OwnerStores,
    clock: &Clock,
    cutoff: Timestamp,
    order_id: OrderId,
    mut facts: Facts,
) -> db::Result<Verdicts> {
    for _ in 0..REREADS_MAX {
        let again = fact::one(stores, order_id, cutoff)?;
        if again == facts {
            break;
        }
        facts = again;
    }
    Ok(judge(order_id, &facts, Moment { now: clock.now(), cutoff }))
}

/// Judges one order. Invariants that hold only for a quiescent order are judged after [`is_quiescent`].
fn judge(order_id: OrderId, facts: &Facts, moment: Moment) -> Verdicts {
    let Some(row) = &facts.row else {
        let violation = format!("order {order_id}: somebody has log rows of it, Order does not know it");
        return vec![("stock_order", Some(violation))];
    };
    let of_order = |problem: Option<String>| problem.map(|problem| format!("order {order_id}: {problem}"));
    let mut verdicts = vec![
        ("order_arithmetic", of_order(state::arithmetic(row, facts))),
        ("no_order_stuck", of_order(state::stuck(row, moment))),
        ("status_legal", of_order(state::status_legal(row, facts))),
        ("refund_bounded", of_order(payment::refund_bounded(row, facts))),
        ("times_in_order", of_order(journal::times_in_order(row, facts, moment.now))),
        ("rows_have_owner", of_order(journal::unknown_names(facts))),
    ];
    for payment in &facts.payments {
        let of_payment = |problem: Option<String>| {
            problem.map(|problem| format!("payment {} of order {order_id}: {problem}", payment.pay_id))
        };
        verdicts.push(("notice_kept", of_payment(payment::notice_kept(payment))));
        verdicts.push(("payment_matches", of_payment(payment::matches(row, payment))));
        verdicts.push(("payment_watched", of_payment(payment::watched(payment, moment.now))));
    }
    if !is_quiescent(row, facts, moment) {
        return verdicts;
    }
    verdicts.extend([
        ("stock_order", of_order(reservation::stock(row, facts).or_else(|| reservation::returns(facts)))),
        ("money_order", of_order(reservation::money(row, facts))),
        ("coupon_once", of_order(reservation::coupon(row, facts))),
        ("paid_exactly", of_order(payment::paid(row, facts))),
        ("points_once", of_order(reservation::points(row, facts))),
        ("no_dead_money", of_order(payment::dead_money(row, facts))),
        ("refund_made", of_order(payment::refund_made(row, facts))),
        ("journal_complete", of_order(journal::complete(row, facts))),
    ]);
    verdicts
}

/// Whether no work on the order can still be in progress: its latest activity is not after the cutoff. A time in the
/// future is no activity; [`journal::times_in_order`] reports it.
fn is_quiescent(row: &OrderRow, facts: &Facts, moment: Moment) -> bool {
    let times = [Some(row.add_time), row.confirm_time, row.pay_time, facts.last_activity];
    let is_recent = |time: Timestamp| time > moment.cutoff && !journal::is_future(time, moment.now);
    row.order_status != OrderStatus::Unconfirmed && !times.into_iter().flatten().any(is_recent)
}

/// Whether the order is confirmed and keeps its reservations.
const fn is_active(row: &OrderRow) -> bool {
    matches!(row.order_status, OrderStatus::Confirmed)
}

/// Whether the order keeps its stock: it is active, or it was shipped before it was refunded.
fn keeps_goods(row: &OrderRow) -> bool {
    is_active(row) || row.shipping_status != ShippingStatus::Unshipped
}

/// The sum of `amounts`. On overflow it is the largest amount, which exceeds every valid amount.
fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    Money::checked_sum(amounts).unwrap_or(Money::LARGEST)
}
