//! Explores every run of a saga against a small model of the owners: replies in any order, requests and replies lost,
//! commands duplicated, and the deadline or a crash at any point.

use std::collections::{BTreeSet, HashSet};

use super::tests::{BEFORE_DEADLINE, DEADLINE, order};
use super::*;

const RESERVATIONS: [Step; 3] = [Step::Stock, Step::Coupon, Step::Balance];

/// The state of all owners. Sets hold indices into [`RESERVATIONS`].
#[derive(Debug, Clone, Default)]
struct Owners {
    /// Reservations that the owner refuses.
    refused: BTreeSet<usize>,
    reserved: BTreeSet<usize>,
    tombstones: BTreeSet<usize>,
    /// Reservations whose release message is not delivered yet.
    release_messages: BTreeSet<usize>,
    confirmed: bool,
    cancelled: Option<Refusal>,
    deadline_passed: bool,
}

/// The number of faults of each kind that may still occur.
#[derive(Debug, Clone, Copy)]
struct FaultBudget {
    lost: u8,
    duplicated: u8,
    crashes: u8,
}

/// A state of the simulation.
#[derive(Debug, Clone)]
struct Run {
    saga: Saga,
    in_flight: Vec<Step>,
    /// Commands that a crashed saga had in flight. They may still be executed; their replies are discarded.
    detached: Vec<Step>,
    owners: Owners,
    faults: FaultBudget,
    replies: Vec<&'static str>,
    /// Whether the process of the caller has crashed, so that no reply can be delivered.
    caller_lost: bool,
    saw_refusal: bool,
}

impl Owners {
    fn now(&self) -> Timestamp {
        if self.deadline_passed { DEADLINE } else { BEFORE_DEADLINE }
    }

    /// Executes a command. It is idempotent, as in the real owners.
    fn execute(&mut self, step: Step) -> Event {
        let order = Box::new(order(true, true));
        match step {
            Step::Stock | Step::Coupon | Step::Balance => {
                let index = RESERVATIONS.iter().position(|other| *other == step).unwrap();
                if self.tombstones.contains(&index) {
                    return Event::Refused(step, LATE);
                }
                if self.refused.contains(&index) {
                    return Event::Refused(step, Refused::of(Refusal::InsufficientStock));
                }
                self.reserved.insert(index);
                Event::Reserved(step)
            }
            Step::Confirm | Step::Cancel(_) => {
                match step {
                    Step::Cancel(why) if !self.confirmed && self.cancelled.is_none() => {
                        self.cancelled = Some(why.refusal);
                        self.release_messages = (0..RESERVATIONS.len()).collect();
                    }
                    Step::Confirm if !self.deadline_passed && self.cancelled.is_none() => self.confirmed = true,
                    _ => {}
                }
                match self.cancelled {
                    Some(why) => Event::Cancelled(Refused::of(why), order),
                    None if self.confirmed => Event::Confirmed(order),
                    None => Event::DeadlinePassed,
                }
            }
        }
    }
}

impl Run {
    fn new(refused: &[usize], faults: FaultBudget) -> Self {
        let owners = Owners { refused: refused.iter().copied().collect(), ..Owners::default() };
        let ended = Saga { phase: Phase::Ended, deadline: DEADLINE };
        let mut run = Self {
            saga: ended,
            in_flight: vec![],
            detached: vec![],
            owners,
            faults,
            replies: vec![],
            caller_lost: false,
            saw_refusal: false,
        };
        run.apply(begin(&order(true, true)));
        run
    }

    /// Enters the state of the saga and executes its effects.
    fn apply(&mut self, (saga, effects): (Saga, Vec<Effect>)) {
        self.saga = saga;
        for effect in effects {
            match effect {
                Effect::Send(step) | Effect::SendLater(step) => self.in_flight.push(step),
                Effect::AnswerConfirmed(_) => self.replies.push("confirmed"),
                Effect::AnswerRefused(..) => self.replies.push("refused"),
            }
        }
        // Any command may be executed next, so their sequence is irrelevant. Sorting reduces the number of states.
        self.in_flight.sort_by_key(|step| format!("{step:?}"));
    }

    /// Delivers an event to the saga.
    fn deliver(mut self, event: Event) -> Self {
        self.saw_refusal |= matches!(event, Event::Refused(..));
        let (saga, now) = (self.saga.clone(), self.owners.now());
        self.apply(decide(saga, event, now));
        self
    }

    /// All possible successor states.
    fn next(&self) -> Vec<Self> {
        let mut next = Vec::new();
        for index in 0..self.in_flight.len() {
            let mut before = self.clone();
            let step = before.in_flight.remove(index);
            let mut after = before.clone();
            let reply = after.owners.execute(step.clone());
            next.push(after.clone().deliver(reply.clone()));
            if self.faults.duplicated > 0 {
                let mut twice = after.clone();
                twice.faults.duplicated -= 1;
                let second_reply = twice.owners.execute(step.clone());
                next.push(twice.deliver(reply).deliver(second_reply));
            }
            if self.faults.lost > 0 {
                // Either the request is lost before its effect, or the reply after it.
                for mut lost in [before, after] {
                    lost.faults.lost -= 1;
                    next.push(lost.deliver(Event::Unknown(step.clone())));
                }
            }
        }
        if !self.owners.deadline_passed {
            let mut late = self.clone();
            late.owners.deadline_passed = true;
            next.push(late);
        }
        for index in &self.owners.release_messages {
            let mut released = self.clone();
            released.owners.release_messages.remove(index);
            released.owners.reserved.remove(index);
            released.owners.tombstones.insert(*index);
            next.push(released);
        }
        for index in 0..self.detached.len() {
            let mut executed = self.clone();
            let step = executed.detached.remove(index);
            executed.owners.execute(step);
            next.push(executed);
        }
        if self.faults.crashes > 0 && self.saga.phase != Phase::Ended {
            next.push(self.clone().crash(false));
            next.push(self.clone().crash(true));
        }
        next
    }

    /// Crashes the saga and recovers the order if it is unfinished. If `keep_in_flight`, the owners may still execute
    /// the commands in flight; otherwise these are lost.
    fn crash(mut self, keep_in_flight: bool) -> Self {
        self.faults.crashes -= 1;
        let in_flight = std::mem::take(&mut self.in_flight);
        self.detached.extend(in_flight.into_iter().filter(|_| keep_in_flight));
        self.saw_refusal = false;
        self.caller_lost = true;
        self.saga.phase = Phase::Ended;
        if !self.owners.confirmed && self.owners.cancelled.is_none() {
            let now = self.owners.now();
            self.apply(recover(&order(true, true), now, DEADLINE));
        }
        self
    }

    /// Asserts the invariants of a state.
    fn check(&self) {
        let in_flight = |step: &Step| self.in_flight.contains(step);
        match &self.saga.phase {
            Phase::Reserving(pending) => {
                assert!(!pending.is_empty() && pending.iter().all(in_flight), "no step in flight: {self:?}");
            }
            Phase::Confirming => assert!(in_flight(&Step::Confirm), "no step in flight: {self:?}"),
            Phase::Cancelling(why) => assert!(in_flight(&Step::Cancel(why.clone())), "no step in flight: {self:?}"),
            Phase::Ended => {
                let expected = if self.owners.confirmed { "confirmed" } else { "refused" };
                let is_replied = self.replies == [expected] || (self.caller_lost && self.replies.is_empty());
                assert!(is_replied, "not exactly one correct reply: {self:?}");
            }
        }
        let is_running = self.saga.phase != Phase::Ended;
        assert!(!is_running || self.replies.is_empty(), "replied before the end: {self:?}");
        assert!(!(self.owners.confirmed && self.owners.cancelled.is_some()), "confirmed and cancelled: {self:?}");
        assert!(!(self.saw_refusal && self.owners.confirmed && is_running), "confirmed after a refusal: {self:?}");
        assert!(!self.owners.confirmed || self.owners.reserved.len() == 3, "confirmed without reservations: {self:?}");
    }
}

/// Visits all reachable states and returns the outcomes of the final ones: `None` for a confirmed order, otherwise the
/// reason for its cancellation.
fn explore(refused: &[usize], faults: FaultBudget) -> HashSet<Option<Refusal>> {
    let mut seen = HashSet::new();
    let mut unvisited = vec![Run::new(refused, faults)];
    let mut outcomes = HashSet::new();
    while let Some(run) = unvisited.pop() {
        if !seen.insert(format!("{run:?}")) {
            continue;
        }
        run.check();
        if run.in_flight.is_empty() && run.detached.is_empty() && run.owners.release_messages.is_empty() {
            assert_eq!(run.saga.phase, Phase::Ended, "the saga is stuck: {run:?}");
            assert!(run.owners.confirmed || run.owners.reserved.is_empty(), "a reservation leaked: {run:?}");
            outcomes.insert(run.owners.cancelled);
        }
        unvisited.extend(run.next());
    }
    outcomes
}

const STOCK: usize = 0;
const COUPON: usize = 1;
const BALANCE: usize = 2;

#[test]
fn a_saga_ends_correctly_in_every_order_of_replies_with_losses_and_duplicates() {
    let outcomes = explore(&[], FaultBudget { lost: 2, duplicated: 1, crashes: 0 });
    assert_eq!(outcomes, HashSet::from([None, Some(Refusal::OrderDeadlinePassed)]));
}

#[test]
fn a_saga_ends_correctly_when_outcomes_are_unknown_repeatedly() {
    let outcomes = explore(&[], FaultBudget { lost: 5, duplicated: 0, crashes: 0 });
    assert_eq!(outcomes, HashSet::from([None, Some(Refusal::OrderDeadlinePassed)]));
}

#[test]
fn an_order_with_any_refused_step_is_cancelled_and_its_reservations_are_released() {
    for refused in [&[STOCK][..], &[COUPON], &[BALANCE], &[STOCK, COUPON], &[STOCK, COUPON, BALANCE]] {
        let outcomes = explore(refused, FaultBudget { lost: 2, duplicated: 1, crashes: 0 });
        assert_eq!(
            outcomes,
            HashSet::from([Some(Refusal::InsufficientStock), Some(Refusal::OrderDeadlinePassed)]),
            "{refused:?}"
        );
    }
}

#[test]
fn a_saga_that_crashes_once_or_twice_at_any_point_is_recovered_to_its_end() {
    for faults in
        [FaultBudget { lost: 1, duplicated: 0, crashes: 1 }, FaultBudget { lost: 0, duplicated: 0, crashes: 2 }]
    {
        let outcomes = explore(&[], faults);
        assert_eq!(outcomes, HashSet::from([None, Some(Refusal::OrderDeadlinePassed)]));
        let outcomes = explore(&[COUPON], faults);
        assert!(!outcomes.contains(&None), "{outcomes:?}");
    }
}
