//! The saga of one order after its pre-order, as a pure state machine: an event in, effects out.
//!
//! Unknown is not failed: a step without an answer is sent again. Only an explicit refusal, or the deadline before the
//! pivot, compensates. The commands are idempotent and guarded by their owners, so a late answer can be ignored.

use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::domain::refusal::Refusal;
use crate::order::message::Order;

/// A command to an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Goods takes the units.
    Stock,
    /// Coupon binds the coupon.
    Coupon,
    /// User takes the balance.
    Balance,
    /// Order confirms: the pivot.
    Confirm,
    /// Order cancels, for this reason, and everything is given back by messages.
    Cancel(Refusal),
}

/// Where a saga stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// These reservations are not answered yet.
    Reserving(Vec<Step>),
    /// All is reserved; the pivot is under way.
    Confirming,
    /// It is being given up, for this reason.
    Cancelling(Refusal),
    /// The order is confirmed or cancelled.
    Ended,
}

/// A saga: its phase, and the moment after which it is given up unless it is past the pivot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saga {
    /// Where it stands.
    pub phase: Phase,
    /// Its deadline.
    pub deadline: Timestamp,
}

/// What an owner answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A reservation is made.
    Reserved(Step),
    /// A reservation is refused.
    Refused(Step, Refusal),
    /// A step has no answer: it may or may not have happened.
    Unknown(Step),
    /// The order is confirmed.
    Confirmed(Box<Order>),
    /// The order is cancelled.
    Cancelled(Refusal, Box<Order>),
    /// The order was not confirmed, because its deadline has passed.
    DeadlinePassed,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send this command now.
    Send(Step),
    /// Send this command again after a while.
    SendLater(Step),
    /// The order is confirmed: tell the caller.
    AnswerConfirmed(Box<Order>),
    /// The order is cancelled: tell the caller why.
    AnswerRefused(Refusal, Box<Order>),
}

/// The saga of an order that has just been written: everything is reserved at once.
#[must_use]
pub fn begin(order: &Order) -> (Saga, Vec<Effect>) {
    let mut steps = vec![Step::Stock];
    steps.extend(order.coupon_id.map(|_| Step::Coupon));
    steps.extend((order.money_paid > Money::ZERO).then_some(Step::Balance));
    let effects = steps.iter().copied().map(Effect::Send).collect();
    (Saga { phase: Phase::Reserving(steps), deadline: order.deadline_time }, effects)
}

/// The saga of an order found unfinished: driven forward again, or given up where its deadline has passed.
#[must_use]
pub fn recover(order: &Order, now: Timestamp) -> (Saga, Vec<Effect>) {
    let (mut saga, effects) = begin(order);
    if now >= saga.deadline {
        let effects = cancel(&mut saga, Refusal::OrderDeadlinePassed);
        return (saga, effects);
    }
    (saga, effects)
}

/// What follows from an event.
#[must_use]
pub fn decide(mut saga: Saga, event: Event, now: Timestamp) -> (Saga, Vec<Effect>) {
    let late = now >= saga.deadline;
    let effects = match (&mut saga.phase, event) {
        (Phase::Reserving(left), Event::Reserved(step)) => {
            left.retain(|other| *other != step);
            if left.is_empty() {
                saga.phase = Phase::Confirming;
                vec![Effect::Send(Step::Confirm)]
            } else {
                Vec::new()
            }
        }
        (Phase::Reserving(_), Event::Refused(_, why)) => cancel(&mut saga, why),
        (Phase::Reserving(_) | Phase::Confirming, Event::Unknown(_)) if late => {
            cancel(&mut saga, Refusal::OrderDeadlinePassed)
        }
        (Phase::Reserving(_) | Phase::Confirming, Event::Unknown(step)) => vec![Effect::SendLater(step)],
        (Phase::Confirming, Event::DeadlinePassed) => cancel(&mut saga, Refusal::OrderDeadlinePassed),
        (Phase::Cancelling(why), Event::Unknown(Step::Cancel(_))) => vec![Effect::SendLater(Step::Cancel(*why))],
        (Phase::Confirming | Phase::Cancelling(_), Event::Confirmed(order)) => {
            saga.phase = Phase::Ended;
            vec![Effect::AnswerConfirmed(order)]
        }
        (Phase::Confirming | Phase::Cancelling(_), Event::Cancelled(why, order)) => {
            saga.phase = Phase::Ended;
            vec![Effect::AnswerRefused(why, order)]
        }
        // Late answers of reservations: the cancellation speaks for them, and their tombstones refuse them.
        (Phase::Confirming | Phase::Cancelling(_), Event::Reserved(_) | Event::Refused(..)) => Vec::new(),
        (Phase::Cancelling(_), Event::Unknown(Step::Stock | Step::Coupon | Step::Balance | Step::Confirm)) => {
            Vec::new()
        }
        // A late answer of the pivot: the cancellation has been sent, and Order decides between the two.
        (Phase::Cancelling(_), Event::DeadlinePassed) => Vec::new(),
        // Nobody was asked to confirm or cancel yet.
        (Phase::Reserving(_), Event::Confirmed(_) | Event::Cancelled(..) | Event::DeadlinePassed) => Vec::new(),
        (Phase::Ended, _) => Vec::new(),
    };
    (saga, effects)
}

fn cancel(saga: &mut Saga, why: Refusal) -> Vec<Effect> {
    saga.phase = Phase::Cancelling(why);
    vec![Effect::Send(Step::Cancel(why))]
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
