//! Watches a payment that is closed here until it can no longer be paid at its platform.
//!
//! A platform may not know a payment yet when it is asked to close it: an Alipay trade exists only once the customer has
//! scanned the code. The code stays payable until the time at which the payment expires there.

use std::time::Duration;

use super::Context;
use super::close::close;
use super::outcome::{SyncOutcome, expire_time, find_gateway, record_paid, unknown_outcome};
use super::platform::single::CallKind;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::gateway::{Outcome, PaymentStatus};
use crate::pay::message::{Payment, StopSync};

/// How long after its expiry a payment is watched. It covers the margin that some platforms are given, a customer who is
/// entering a password at that time, and the difference of the clocks.
const AFTER_EXPIRY: Duration = Duration::from_secs(10 * 60);
/// How long after its expiry a payment is watched if its platform never answers.
pub const UNANSWERED_AFTER_EXPIRY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Queries the platform for a closed payment, and closes it there if it is open there. The watch ends with the first
/// answer after the payment can no longer be paid.
pub async fn watch(context: &Context, payment: &Payment) -> Reply<()> {
    let expired = expire_time(context, payment);
    // Read before the platform is asked, so that its answer is of a later time.
    let now = context.clock.now_for_deadlines(context.pay_within);
    let answered = query(context, payment).await;
    if is_over(expired, now, answered.is_ok()) {
        if answered.is_err() {
            let (pay_id, provider) = (payment.pay_id, &payment.provider);
            tracing::warn!(
                %pay_id, provider,
                "the platform has not answered since the payment expired there, {expired}; it is not asked any more: \
                 check its statement with tradepost reconcile"
            );
        }
        return ask(&context.pay, StopSync { pay_id: payment.pay_id }).await;
    }
    answered.map(drop)
}

/// Whether a watch ends at `now` with a query that the platform has answered or not.
fn is_over(expired: Timestamp, now: Timestamp, is_answered: bool) -> bool {
    let watched_for = if is_answered { AFTER_EXPIRY } else { UNANSWERED_AFTER_EXPIRY };
    now >= expired.plus(watched_for)
}

async fn query(context: &Context, payment: &Payment) -> Reply<SyncOutcome> {
    let gateway = find_gateway(context, payment)?;
    match gateway.query(CallKind::Sync, payment.pay_id).await {
        Outcome::Known(PaymentStatus::Closed | PaymentStatus::NotFound) => Ok(SyncOutcome::Closed),
        Outcome::Known(PaymentStatus::Unpaid) => close(context, CallKind::Sync, payment).await,
        Outcome::Known(PaymentStatus::Paid(charge)) => record_paid(context, gateway, payment, charge).await,
        Outcome::Unknown(why) | Outcome::Undecided(why) => Err(unknown_outcome(payment, &why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_ends_with_an_answer_ten_minutes_after_the_expiry_or_without_one_after_thirty_days() {
        let (expired, minutes) = (Timestamp(1_000), |minutes: i64| Timestamp(1_000 + minutes * 60_000));
        assert!(!is_over(expired, minutes(9), true));
        assert!(is_over(expired, minutes(10), true));
        assert!(!is_over(expired, minutes(10), false));
        assert!(!is_over(expired, minutes(30 * 24 * 60 - 1), false));
        assert!(is_over(expired, minutes(30 * 24 * 60), false));
    }
}
