//! Every pair of phase and event, in time and late.

use super::*;
use crate::domain::id::{CouponId, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};

pub const DEADLINE: Timestamp = Timestamp(1_000);
pub const IN_TIME: Timestamp = Timestamp(999);

/// An order that needs stock, and these too.
pub fn order(coupon: bool, balance: bool) -> Order {
    Order {
        order_id: OrderId::new(1),
        user_id: UserId::new(2),
        order_status: OrderStatus::Unconfirmed,
        pay_status: PayStatus::Unpaid,
        shipping_status: ShippingStatus::Unshipped,
        address: String::new(),
        consignee: String::new(),
        goods: Vec::new(),
        goods_amount: Money::from_minor(1_000),
        shipping_fee: Money::ZERO,
        order_amount: Money::from_minor(1_000),
        coupon_id: coupon.then_some(CouponId::new(3)),
        coupon_paid: Money::ZERO,
        money_paid: Money::from_minor(if balance { 100 } else { 0 }),
        pay_amount: Money::from_minor(900),
        add_time: Timestamp(0),
        confirm_time: None,
        pay_time: None,
        pay_id: None,
        refusal: None,
        deadline_time: DEADLINE,
        fingerprint: String::new(),
    }
}

fn boxed() -> Box<Order> {
    Box::new(order(true, true))
}

/// The reason the saga in the table is being cancelled for.
const WHY: Refusal = Refusal::CouponAlreadyUsed;
/// The reason the events of the table bring.
const NEW: Refusal = Refusal::InsufficientStock;
const LATE: Refusal = Refusal::OrderDeadlinePassed;

fn phases() -> [Phase; 5] {
    [
        Phase::Reserving(vec![Step::Stock, Step::Coupon]),
        Phase::Reserving(vec![Step::Stock]),
        Phase::Confirming,
        Phase::Cancelling(WHY),
        Phase::Ended,
    ]
}

/// What follows from `event` in `phase`, in the words of the table.
fn told(word: &str, phase: &Phase, event: &Event) -> (Phase, Vec<Effect>) {
    let cancel = |why| (Phase::Cancelling(why), vec![Effect::Send(Step::Cancel(why))]);
    match (word, event) {
        ("-", _) => (phase.clone(), Vec::new()),
        ("coupon left", _) => (Phase::Reserving(vec![Step::Coupon]), Vec::new()),
        ("stock left", _) => (Phase::Reserving(vec![Step::Stock]), Vec::new()),
        ("confirm", _) => (Phase::Confirming, vec![Effect::Send(Step::Confirm)]),
        ("cancel: new", _) => cancel(NEW),
        ("cancel: late", _) => cancel(LATE),
        ("again", Event::Unknown(step)) => (phase.clone(), vec![Effect::SendLater(*step)]),
        ("again: why", _) => (phase.clone(), vec![Effect::SendLater(Step::Cancel(WHY))]),
        ("confirmed", _) => (Phase::Ended, vec![Effect::AnswerConfirmed(boxed())]),
        ("refused", _) => (Phase::Ended, vec![Effect::AnswerRefused(NEW, boxed())]),
        _ => panic!("no such word: {word}"),
    }
}

fn check(event: &Event, now: Timestamp, row: [&str; 5]) {
    for (phase, word) in phases().into_iter().zip(row) {
        let saga = Saga { phase: phase.clone(), deadline: DEADLINE };
        let (after, effects) = decide(saga, event.clone(), now);
        assert_eq!(after.deadline, DEADLINE);
        assert_eq!((after.phase, effects), told(word, &phase, event), "{phase:?}, {event:?} at {now:?}");
    }
}

#[test]
fn every_event_in_every_phase_has_the_consequence_of_the_table() {
    let table = [
        // event, the phases: reserving two, reserving stock, confirming, cancelling, ended
        (Event::Reserved(Step::Stock), ["coupon left", "confirm", "-", "-", "-"]),
        (Event::Reserved(Step::Coupon), ["stock left", "-", "-", "-", "-"]),
        (Event::Reserved(Step::Balance), ["-", "-", "-", "-", "-"]),
        (Event::Refused(Step::Stock, NEW), ["cancel: new", "cancel: new", "-", "-", "-"]),
        (Event::Refused(Step::Balance, NEW), ["cancel: new", "cancel: new", "-", "-", "-"]),
        (Event::Confirmed(boxed()), ["-", "-", "confirmed", "confirmed", "-"]),
        (Event::Cancelled(NEW, boxed()), ["-", "-", "refused", "refused", "-"]),
        (Event::DeadlinePassed, ["-", "-", "cancel: late", "-", "-"]),
    ];
    for (event, row) in &table {
        check(event, IN_TIME, *row);
        check(event, DEADLINE, *row);
    }
}

#[test]
fn an_unknown_outcome_is_asked_for_again_until_the_deadline() {
    for step in [Step::Stock, Step::Coupon, Step::Balance, Step::Confirm] {
        check(&Event::Unknown(step), IN_TIME, ["again", "again", "again", "-", "-"]);
        check(&Event::Unknown(step), DEADLINE, ["cancel: late", "cancel: late", "cancel: late", "-", "-"]);
    }
}

#[test]
fn an_unknown_cancellation_is_sent_again_for_ever_and_for_its_own_reason() {
    // Nobody sends a cancellation before it is decided on: the first three phases are there for completeness.
    let event = Event::Unknown(Step::Cancel(NEW));
    check(&event, IN_TIME, ["again", "again", "again", "again: why", "-"]);
    check(&event, DEADLINE, ["cancel: late", "cancel: late", "cancel: late", "again: why", "-"]);
}

#[test]
fn an_order_reserves_exactly_what_it_needs() {
    for (coupon, balance, steps) in [
        (false, false, vec![Step::Stock]),
        (true, false, vec![Step::Stock, Step::Coupon]),
        (false, true, vec![Step::Stock, Step::Balance]),
        (true, true, vec![Step::Stock, Step::Coupon, Step::Balance]),
    ] {
        let (saga, effects) = begin(&order(coupon, balance));
        assert_eq!(effects, steps.iter().copied().map(Effect::Send).collect::<Vec<_>>());
        assert_eq!(saga, Saga { phase: Phase::Reserving(steps), deadline: DEADLINE });
    }
}

#[test]
fn a_recovered_order_is_driven_forward_in_time_and_given_up_after_its_deadline() {
    let order = order(true, true);
    assert_eq!(recover(&order, IN_TIME), begin(&order));
    for now in [DEADLINE, Timestamp(5_000)] {
        let (saga, effects) = recover(&order, now);
        assert_eq!(saga.phase, Phase::Cancelling(LATE));
        assert_eq!(effects, [Effect::Send(Step::Cancel(LATE))]);
    }
}
