//! Tests every pair of phase and event, before and after the deadline.

use std::sync::Arc;

use super::*;
use crate::domain::id::{CouponId, OrderId, UserId};
use crate::domain::idempotency::Fingerprint;
use crate::domain::money::Money;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};

pub const DEADLINE: Timestamp = Timestamp(1_000);
pub const BEFORE_DEADLINE: Timestamp = Timestamp(999);

/// An order that needs stock and, depending on the arguments, a coupon and balance.
pub fn order(coupon: bool, balance: bool) -> Order {
    Order {
        order_id: OrderId::new(1),
        user_id: UserId::new(2),
        order_status: OrderStatus::Unconfirmed,
        pay_status: PayStatus::Unpaid,
        shipping_status: ShippingStatus::Unshipped,
        address: Arc::default(),
        consignee: Arc::default(),
        carrier: None,
        tracking_no: None,
        goods: Arc::default(),
        goods_amount: Money::from_minor(1_000),
        shipping_fee: Money::ZERO,
        order_amount: Money::from_minor(1_000),
        coupon_id: coupon.then_some(CouponId::new(3)),
        coupon_paid: Money::ZERO,
        money_paid: Money::from_minor(if balance { 100 } else { 0 }),
        pay_amount: Money::from_minor(900),
        currency: "CNY",
        pay_before: None,
        add_time: Timestamp(0),
        confirm_time: None,
        pay_time: None,
        pay_id: None,
        refunded_amount: Money::ZERO,
        refunds: Vec::new(),
        refusal: None,
        refusal_data: Vec::new(),
        deadline_time: DEADLINE,
        fingerprint: Fingerprint::stored(String::new()),
    }
}

fn boxed() -> Box<Order> {
    Box::new(order(true, true))
}

/// The reason for which the `Cancelling` saga of the tables is being cancelled.
const FIRST: Refused = Refused::of(Refusal::CouponAlreadyUsed);
/// The reason in the events of the tables.
const NEW: Refused = Refused::of(Refusal::InsufficientStock);

fn phases() -> [Phase; 5] {
    [
        Phase::Reserving(vec![Step::Stock, Step::Coupon]),
        Phase::Reserving(vec![Step::Stock]),
        Phase::Confirming,
        Phase::Cancelling(FIRST),
        Phase::Ended,
    ]
}

/// The expected phase and effects after `event` in `phase`; `outcome` is a cell of a table.
fn expected(outcome: &str, phase: &Phase, event: &Event) -> (Phase, Vec<Effect>) {
    let cancel = |why: Refused| (Phase::Cancelling(why.clone()), vec![Effect::Send(Step::Cancel(why))]);
    match (outcome, event) {
        ("-", _) => (phase.clone(), Vec::new()),
        ("coupon pending", _) => (Phase::Reserving(vec![Step::Coupon]), Vec::new()),
        ("stock pending", _) => (Phase::Reserving(vec![Step::Stock]), Vec::new()),
        ("confirm", _) => (Phase::Confirming, vec![Effect::Send(Step::Confirm)]),
        ("cancel new", _) => cancel(NEW),
        ("cancel late", _) => cancel(LATE),
        ("retry", Event::Unknown(step)) => (phase.clone(), vec![Effect::SendLater(step.clone())]),
        ("retry first", _) => (phase.clone(), vec![Effect::SendLater(Step::Cancel(FIRST))]),
        ("confirmed", _) => (Phase::Ended, vec![Effect::AnswerConfirmed(boxed())]),
        ("refused", _) => (Phase::Ended, vec![Effect::AnswerRefused(NEW, boxed())]),
        _ => panic!("unknown outcome: {outcome}"),
    }
}

fn check(event: &Event, now: Timestamp, row: [&str; 5]) {
    for (phase, outcome) in phases().into_iter().zip(row) {
        let saga = Saga { phase: phase.clone(), deadline: DEADLINE };
        let (after, effects) = decide(saga, event.clone(), now);
        assert_eq!(after.deadline, DEADLINE);
        assert_eq!((after.phase, effects), expected(outcome, &phase, event), "{phase:?}, {event:?} at {now:?}");
    }
}

#[test]
fn every_event_in_every_phase_has_the_outcome_in_the_table() {
    let table = [
        // Columns: the event, then the outcome in each of `phases()`.
        (Event::Reserved(Step::Stock), ["coupon pending", "confirm", "-", "-", "-"]),
        (Event::Reserved(Step::Coupon), ["stock pending", "-", "-", "-", "-"]),
        (Event::Reserved(Step::Balance), ["-", "-", "-", "-", "-"]),
        (Event::Refused(Step::Stock, NEW), ["cancel new", "cancel new", "-", "-", "-"]),
        (Event::Refused(Step::Balance, NEW), ["cancel new", "cancel new", "-", "-", "-"]),
        (Event::Confirmed(boxed()), ["-", "-", "confirmed", "confirmed", "-"]),
        (Event::Cancelled(NEW, boxed()), ["-", "-", "refused", "refused", "-"]),
        (Event::DeadlinePassed, ["-", "-", "cancel late", "-", "-"]),
    ];
    for (event, row) in &table {
        check(event, BEFORE_DEADLINE, *row);
        check(event, DEADLINE, *row);
    }
}

#[test]
fn a_step_with_an_unknown_outcome_is_retried_until_the_deadline() {
    for step in [Step::Stock, Step::Coupon, Step::Balance, Step::Confirm] {
        check(&Event::Unknown(step.clone()), BEFORE_DEADLINE, ["retry", "retry", "retry", "-", "-"]);
        check(&Event::Unknown(step), DEADLINE, ["cancel late", "cancel late", "cancel late", "-", "-"]);
    }
}

#[test]
fn a_cancellation_with_an_unknown_outcome_is_retried_without_limit_and_keeps_its_reason() {
    // The first three phases never have a cancellation in flight; they are tested for completeness.
    let event = Event::Unknown(Step::Cancel(NEW));
    check(&event, BEFORE_DEADLINE, ["retry", "retry", "retry", "retry first", "-"]);
    check(&event, DEADLINE, ["cancel late", "cancel late", "cancel late", "retry first", "-"]);
}

#[test]
fn a_saga_requests_exactly_the_reservations_that_the_order_needs() {
    for (coupon, balance, steps) in [
        (false, false, vec![Step::Stock]),
        (true, false, vec![Step::Stock, Step::Coupon]),
        (false, true, vec![Step::Stock, Step::Balance]),
        (true, true, vec![Step::Stock, Step::Coupon, Step::Balance]),
    ] {
        let (saga, effects) = begin(&order(coupon, balance));
        assert_eq!(effects, steps.iter().cloned().map(Effect::Send).collect::<Vec<_>>());
        assert_eq!(saga, Saga { phase: Phase::Reserving(steps), deadline: DEADLINE });
    }
}

#[test]
fn recovery_restarts_an_order_before_its_deadline_and_cancels_it_afterwards() {
    let order = order(true, true);
    assert_eq!(recover(&order, BEFORE_DEADLINE, DEADLINE), begin(&order));
    for now in [DEADLINE, Timestamp(5_000)] {
        let (saga, effects) = recover(&order, now, now);
        assert_eq!(saga.phase, Phase::Cancelling(LATE));
        assert_eq!(effects, [Effect::Send(Step::Cancel(LATE))]);
    }
}

#[test]
fn recovery_shortens_a_deadline_that_is_later_than_that_of_a_new_order() {
    let (saga, effects) = recover(&order(true, true), Timestamp(100), Timestamp(500));
    assert_eq!(saga.deadline, Timestamp(500));
    assert_eq!(effects, begin(&order(true, true)).1);
    assert_eq!(recover(&order(true, true), Timestamp(100), Timestamp(5_000)).0.deadline, DEADLINE);
}
