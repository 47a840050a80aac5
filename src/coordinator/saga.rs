//! The saga of one order after its pre-order, as a pure state machine: [`decide`] takes an event and returns effects.
//!
//! An unknown outcome is not a failure: the step is sent again. The saga compensates only after an explicit refusal, or
//! if the deadline passes before the pivot. Owners make the commands idempotent and reject reservations after a
//! release, so late replies can be ignored.

use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::domain::refusal::{Refusal, Refused};
use crate::order::message::Order;

/// A command to an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Goods takes the units.
    Stock,
    /// Coupon binds the coupon.
    Coupon,
    /// User takes the balance.
    Balance,
    /// Order confirms: the pivot.
    Confirm,
    /// Order cancels for this reason; messages release the reservations.
    Cancel(Refused),
}

/// The phase of a saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for the replies to these reservations.
    Reserving(Vec<Step>),
    /// All reservations are made; the pivot has been sent.
    Confirming,
    /// The order is being cancelled for this reason.
    Cancelling(Refused),
    /// The order is confirmed or cancelled.
    Ended,
}

/// The state of a saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saga {
    /// The current phase.
    pub phase: Phase,
    /// The time from which the order is cancelled instead of retried, unless the pivot has succeeded.
    pub deadline: Timestamp,
}

/// The reply of an owner to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A reservation is made.
    Reserved(Step),
    /// A reservation is refused.
    Refused(Step, Refused),
    /// A step has no reply: it may or may not have taken effect.
    Unknown(Step),
    /// The order is confirmed.
    Confirmed(Box<Order>),
    /// The order is cancelled.
    Cancelled(Refused, Box<Order>),
    /// The order was not confirmed because its deadline has passed.
    DeadlinePassed,
}

/// An action that the saga requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send this command now.
    Send(Step),
    /// Send this command again after a delay.
    SendLater(Step),
    /// Reply to the caller that the order is confirmed.
    AnswerConfirmed(Box<Order>),
    /// Reply to the caller that the order is refused for this reason.
    AnswerRefused(Refused, Box<Order>),
}

/// The refusal of an order whose deadline has passed.
const LATE: Refused = Refused::of(Refusal::OrderDeadlinePassed);

/// Starts the saga of an order that has just been written. All reservations are requested concurrently.
#[must_use]
pub fn begin(order: &Order) -> (Saga, Vec<Effect>) {
    let balance = (order.money_paid > Money::ZERO).then_some(Step::Balance);
    let steps = [Some(Step::Stock), order.coupon_id.map(|_| Step::Coupon), balance];
    let steps: Vec<Step> = steps.into_iter().flatten().collect();
    let effects = steps.iter().cloned().map(Effect::Send).collect();
    (Saga { phase: Phase::Reserving(steps), deadline: order.deadline_time }, effects)
}

/// Resumes the saga of an unfinished order: from the start, or by cancelling it if its deadline has passed. A deadline
/// after `latest`, that of an order placed now, comes from another setting or another time of the clock; `latest` counts
/// then.
#[must_use]
pub fn recover(order: &Order, now: Timestamp, latest: Timestamp) -> (Saga, Vec<Effect>) {
    let (mut saga, effects) = begin(order);
    saga.deadline = saga.deadline.min(latest);
    if now >= saga.deadline {
        let effects = cancel(&mut saga, LATE);
        return (saga, effects);
    }
    (saga, effects)
}

/// Handles `event` and returns the new state and the effects to execute.
#[must_use]
pub fn decide(mut saga: Saga, event: Event, now: Timestamp) -> (Saga, Vec<Effect>) {
    let is_late = now >= saga.deadline;
    let effects = match (&mut saga.phase, event) {
        (Phase::Reserving(pending), Event::Reserved(step)) => {
            pending.retain(|other| *other != step);
            if pending.is_empty() {
                saga.phase = Phase::Confirming;
                vec![Effect::Send(Step::Confirm)]
            } else {
                Vec::new()
            }
        }
        (Phase::Reserving(_), Event::Refused(_, why)) => cancel(&mut saga, why),
        (Phase::Reserving(_) | Phase::Confirming, Event::Unknown(_)) if is_late => cancel(&mut saga, LATE),
        (Phase::Reserving(_) | Phase::Confirming, Event::Unknown(step)) => vec![Effect::SendLater(step)],
        (Phase::Confirming, Event::DeadlinePassed) => cancel(&mut saga, LATE),
        (Phase::Cancelling(why), Event::Unknown(Step::Cancel(_))) => vec![Effect::SendLater(Step::Cancel(why.clone()))],
        (Phase::Confirming | Phase::Cancelling(_), Event::Confirmed(order)) => {
            saga.phase = Phase::Ended;
            vec![Effect::AnswerConfirmed(order)]
        }
        (Phase::Confirming | Phase::Cancelling(_), Event::Cancelled(why, order)) => {
            saga.phase = Phase::Ended;
            vec![Effect::AnswerRefused(why, order)]
        }
        // Late replies to reservations: the cancellation releases them, and its tombstones refuse later ones.
        (Phase::Confirming | Phase::Cancelling(_), Event::Reserved(_) | Event::Refused(..)) => Vec::new(),
        (Phase::Cancelling(_), Event::Unknown(Step::Stock | Step::Coupon | Step::Balance | Step::Confirm)) => {
            Vec::new()
        }
        // A late reply to the pivot: the cancellation has been sent, and Order decides between the two.
        (Phase::Cancelling(_), Event::DeadlinePassed) => Vec::new(),
        // Neither Confirm nor Cancel has been sent in this phase.
        (Phase::Reserving(_), Event::Confirmed(_) | Event::Cancelled(..) | Event::DeadlinePassed) => Vec::new(),
        (Phase::Ended, _) => Vec::new(),
    };
    (saga, effects)
}

fn cancel(saga: &mut Saga, why: Refused) -> Vec<Effect> {
    saga.phase = Phase::Cancelling(why.clone());
    vec![Effect::Send(Step::Cancel(why))]
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
