//! The journal of an order, the sequence of its times, and everyone it names.

use std::time::Duration;

use crate::audit::fact::{Act, Facts, OrderRow, RefundRequest};
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::domain::status::AuthorKind;

/// How far a clock may be ahead of the audit's before its times count as being in the future.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// Whether `time` is in the future, beyond what the clocks of two nodes may differ.
pub fn is_future(time: Timestamp, now: Timestamp) -> bool {
    time > now.plus(CLOCK_TOLERANCE)
}

/// The times of an order, of its payments and of their refunds follow each other, and none is in the future.
pub fn times_in_order(row: &OrderRow, facts: &Facts, now: Timestamp) -> Option<String> {
    let times = [Some(row.add_time), row.confirm_time, row.pay_time, facts.last_activity];
    if let Some(future) = times.into_iter().flatten().find(|time| is_future(*time, now)) {
        return Some(format!("something was done to it at {future}, in the future"));
    }
    if ![Some(row.add_time), row.confirm_time, row.pay_time].into_iter().flatten().is_sorted() {
        return Some("its times of adding, confirming and paying are not in this order".to_owned());
    }
    for payment in &facts.payments {
        let mut spans = vec![(payment.add_time, payment.pay_time), (payment.add_time, payment.close_time)];
        spans.extend(payment.refunds.iter().map(|refund| (refund.create_time, refund.done_time)));
        if spans.into_iter().any(|(start, end)| end.is_some_and(|end| end < start)) {
            return Some(format!("the times of its payment {} are not in order", payment.pay_id));
        }
    }
    None
}

/// Everyone whom the order names exists, and so do the products of its lines.
pub fn unknown_names(facts: &Facts) -> Option<String> {
    let user = facts.unknown_users.first().map(|id| format!("names user {id}, who does not exist"));
    user.or_else(|| facts.unknown_goods.first().map(|id| format!("names product {id}, which does not exist")))
}

/// The journal has one entry for each refund that was requested and for each payment that was sent back, and each entry
/// names an author who may do it.
pub fn complete(row: &OrderRow, facts: &Facts) -> Option<String> {
    let count = |wanted: &[&str]| facts.acts.iter().filter(|act| wanted.contains(&act.act.as_str())).count();
    let asked = count(&["refund_requested", "refunded_part"]) + refunded_at_once(row, facts);
    let requested = facts.refunds.iter().filter(|refund| !refund.is_foreign).count();
    if asked != requested {
        return Some(format!("its journal has {asked} refunds, and {requested} were requested"));
    }
    let found = count(&["refunded_by_platform"]);
    let foreign = facts.refunds.len().saturating_sub(requested);
    if found != foreign {
        return Some(format!("its journal has {found} refunds by the platform, and there are {foreign}"));
    }
    let sent_back = count(&["repaid"]);
    let unwanted = facts.payments.iter().filter(|payment| payment.is_paid() && row.pay_id != Some(payment.pay_id));
    // Rows of the first release do not name the payment that pays the order.
    let unnamed = usize::from(row.pay_id.is_none() && row.pay_time.is_some());
    let expected = unwanted.count().saturating_sub(unnamed);
    if sent_back != expected {
        return Some(format!("its journal has {sent_back} payments that were sent back, and there are {expected}"));
    }
    let wrong = facts.acts.iter().find(|act| !has_fitting_author(row, act))?;
    Some(format!("its journal says that {:?} did {:?}", wrong.user_id, wrong.act))
}

/// The number of entries "refunded" that stand for the request too: if nothing was to be paid on a platform, and in the
/// journals of earlier releases, which refunded an order when that was requested.
fn refunded_at_once(row: &OrderRow, facts: &Facts) -> usize {
    let has = |wanted: &str| facts.acts.iter().any(|act| act.act == wanted);
    let parts = facts.acts.iter().filter(|act| act.act == "refunded_part").count();
    let own = || facts.refunds.iter().filter(|refund| !refund.is_foreign);
    let is_early = |refund: &RefundRequest| refund.is_of_earlier_release() || !refund.counts();
    let is_at_once = row.pay_amount == Money::ZERO || own().any(is_early);
    usize::from(is_at_once && has("refunded") && !has("refund_requested") && own().count() > parts)
}

fn has_fitting_author(row: &OrderRow, act: &Act) -> bool {
    match act.by {
        AuthorKind::Shop => act.user_id.is_none(),
        AuthorKind::Customer => act.user_id == Some(row.user_id),
        AuthorKind::Admin => act.user_id.is_some(),
    }
}
