//! Every run of a saga against a small model of the owners: any order of the answers, each lost before or after its
//! effect, each doubled, the deadline at any point, a crash at any point.

use std::collections::{BTreeSet, HashSet};

use super::tests::{DEADLINE, IN_TIME, order};
use super::*;

const RESERVATIONS: [Step; 3] = [Step::Stock, Step::Coupon, Step::Balance];

/// What the owners hold: the reservations by their place in [`RESERVATIONS`].
#[derive(Debug, Clone, Default)]
struct World {
    refused: BTreeSet<usize>,
    taken: BTreeSet<usize>,
    tombstones: BTreeSet<usize>,
    messages: BTreeSet<usize>,
    confirmed: bool,
    cancelled: Option<Refusal>,
    late: bool,
}

/// How much may still go wrong.
#[derive(Debug, Clone, Copy)]
struct Luck {
    lost: u8,
    doubled: u8,
    crashes: u8,
}

#[derive(Debug, Clone)]
struct Run {
    saga: Saga,
    under_way: Vec<Step>,
    /// Commands of a saga that died: they may still be executed, and nobody hears the answer.
    ghosts: Vec<Step>,
    world: World,
    luck: Luck,
    answers: Vec<&'static str>,
    /// The caller's process died; nobody waits for an answer.
    orphaned: bool,
    saw_refusal: bool,
}

impl World {
    fn now(&self) -> Timestamp {
        if self.late { DEADLINE } else { IN_TIME }
    }

    /// What an owner does with a command, as idempotent as the real ones.
    fn execute(&mut self, step: Step) -> Event {
        let order = Box::new(order(true, true));
        match step {
            Step::Stock | Step::Coupon | Step::Balance => {
                let at = RESERVATIONS.iter().position(|other| *other == step).unwrap();
                if self.tombstones.contains(&at) {
                    return Event::Refused(step, Refusal::OrderDeadlinePassed);
                }
                if self.refused.contains(&at) {
                    return Event::Refused(step, Refusal::InsufficientStock);
                }
                self.taken.insert(at);
                Event::Reserved(step)
            }
            Step::Confirm | Step::Cancel(_) => {
                match step {
                    Step::Cancel(why) if !self.confirmed && self.cancelled.is_none() => {
                        self.cancelled = Some(why);
                        self.messages = (0..RESERVATIONS.len()).collect();
                    }
                    Step::Confirm if !self.late && self.cancelled.is_none() => self.confirmed = true,
                    _ => {}
                }
                match self.cancelled {
                    Some(why) => Event::Cancelled(why, order),
                    None if self.confirmed => Event::Confirmed(order),
                    None => Event::DeadlinePassed,
                }
            }
        }
    }
}

impl Run {
    fn new(refused: &[usize], luck: Luck) -> Self {
        let world = World { refused: refused.iter().copied().collect(), ..World::default() };
        let ended = Saga { phase: Phase::Ended, deadline: DEADLINE };
        let mut run = Self {
            saga: ended,
            under_way: vec![],
            ghosts: vec![],
            world,
            luck,
            answers: vec![],
            orphaned: false,
            saw_refusal: false,
        };
        run.take(begin(&order(true, true)));
        run
    }

    fn take(&mut self, (saga, effects): (Saga, Vec<Effect>)) {
        self.saga = saga;
        for effect in effects {
            match effect {
                Effect::Send(step) | Effect::SendLater(step) => self.under_way.push(step),
                Effect::AnswerConfirmed(_) => self.answers.push("confirmed"),
                Effect::AnswerRefused(..) => self.answers.push("refused"),
            }
        }
        self.under_way.sort_by_key(|step| format!("{step:?}"));
    }

    fn deliver(mut self, event: Event) -> Self {
        self.saw_refusal |= matches!(event, Event::Refused(..));
        let (saga, now) = (self.saga.clone(), self.world.now());
        self.take(decide(saga, event, now));
        self
    }

    /// Everything that can happen next.
    fn next(&self) -> Vec<Self> {
        let mut next = Vec::new();
        for at in 0..self.under_way.len() {
            let mut before = self.clone();
            let step = before.under_way.remove(at);
            let mut after = before.clone();
            let answer = after.world.execute(step);
            next.push(after.clone().deliver(answer.clone()));
            if self.luck.doubled > 0 {
                let mut twice = after.clone();
                twice.luck.doubled -= 1;
                let again = twice.world.execute(step);
                next.push(twice.deliver(answer).deliver(again));
            }
            if self.luck.lost > 0 {
                for mut lost in [before, after] {
                    lost.luck.lost -= 1;
                    next.push(lost.deliver(Event::Unknown(step)));
                }
            }
        }
        if !self.world.late {
            let mut late = self.clone();
            late.world.late = true;
            next.push(late);
        }
        for at in &self.world.messages {
            let mut released = self.clone();
            released.world.messages.remove(at);
            released.world.taken.remove(at);
            released.world.tombstones.insert(*at);
            next.push(released);
        }
        for at in 0..self.ghosts.len() {
            let mut haunted = self.clone();
            let step = haunted.ghosts.remove(at);
            haunted.world.execute(step);
            next.push(haunted);
        }
        if self.luck.crashes > 0 && self.saga.phase != Phase::Ended {
            next.push(self.clone().crash(false));
            next.push(self.clone().crash(true));
        }
        next
    }

    /// The saga dies, with all that is under way or without, and another finds the order if it is unfinished.
    fn crash(mut self, leaves_ghosts: bool) -> Self {
        self.luck.crashes -= 1;
        let left = std::mem::take(&mut self.under_way);
        self.ghosts.extend(left.into_iter().filter(|_| leaves_ghosts));
        self.saw_refusal = false;
        self.orphaned = true;
        self.saga.phase = Phase::Ended;
        if !self.world.confirmed && self.world.cancelled.is_none() {
            let now = self.world.now();
            self.take(recover(&order(true, true), now));
        }
        self
    }

    fn check(&self) {
        let has = |step: &Step| self.under_way.contains(step);
        match &self.saga.phase {
            Phase::Reserving(left) => assert!(!left.is_empty() && left.iter().all(has), "no wake-up: {self:?}"),
            Phase::Confirming => assert!(has(&Step::Confirm), "no wake-up: {self:?}"),
            Phase::Cancelling(why) => assert!(has(&Step::Cancel(*why)), "no wake-up: {self:?}"),
            Phase::Ended => {
                let truth = if self.world.confirmed { "confirmed" } else { "refused" };
                let answered = self.answers == [truth] || (self.orphaned && self.answers.is_empty());
                assert!(answered, "answered otherwise than it is, or not once: {self:?}");
            }
        }
        let open = self.saga.phase != Phase::Ended;
        assert!(!open || self.answers.is_empty(), "answered before the end: {self:?}");
        assert!(!(self.world.confirmed && self.world.cancelled.is_some()), "both: {self:?}");
        assert!(!(self.saw_refusal && self.world.confirmed && open), "confirms after a refusal: {self:?}");
        assert!(!self.world.confirmed || self.world.taken.len() == 3, "confirmed without all it needs: {self:?}");
    }
}

/// Visits every state that can be reached; returns the ends, each as confirmed or the reason it was cancelled for.
fn explore(refused: &[usize], luck: Luck) -> HashSet<Option<Refusal>> {
    let mut seen = HashSet::new();
    let mut open = vec![Run::new(refused, luck)];
    let mut ends = HashSet::new();
    while let Some(run) = open.pop() {
        if !seen.insert(format!("{run:?}")) {
            continue;
        }
        run.check();
        if run.under_way.is_empty() && run.ghosts.is_empty() && run.world.messages.is_empty() {
            assert_eq!(run.saga.phase, Phase::Ended, "nothing will ever happen again: {run:?}");
            assert!(run.world.confirmed || run.world.taken.is_empty(), "something is kept: {run:?}");
            ends.insert(run.world.cancelled);
        }
        open.extend(run.next());
    }
    ends
}

const STOCK: usize = 0;
const COUPON: usize = 1;
const BALANCE: usize = 2;

#[test]
fn in_every_order_of_answers_with_some_lost_and_doubled_a_saga_ends_once_and_rightly() {
    let ends = explore(&[], Luck { lost: 2, doubled: 1, crashes: 0 });
    assert_eq!(ends, HashSet::from([None, Some(Refusal::OrderDeadlinePassed)]));
}

#[test]
fn a_step_may_be_unknown_many_times() {
    let ends = explore(&[], Luck { lost: 5, doubled: 0, crashes: 0 });
    assert_eq!(ends, HashSet::from([None, Some(Refusal::OrderDeadlinePassed)]));
}

#[test]
fn whichever_steps_are_refused_the_order_is_never_confirmed_and_all_is_given_back() {
    for refused in [&[STOCK][..], &[COUPON], &[BALANCE], &[STOCK, COUPON], &[STOCK, COUPON, BALANCE]] {
        let ends = explore(refused, Luck { lost: 2, doubled: 1, crashes: 0 });
        assert_eq!(
            ends,
            HashSet::from([Some(Refusal::InsufficientStock), Some(Refusal::OrderDeadlinePassed)]),
            "{refused:?}"
        );
    }
}

#[test]
fn a_saga_that_crashed_anywhere_once_or_twice_is_driven_to_its_end() {
    for luck in [Luck { lost: 1, doubled: 0, crashes: 1 }, Luck { lost: 0, doubled: 0, crashes: 2 }] {
        let ends = explore(&[], luck);
        assert_eq!(ends, HashSet::from([None, Some(Refusal::OrderDeadlinePassed)]));
        let ends = explore(&[COUPON], luck);
        assert!(!ends.contains(&None), "{ends:?}");
    }
}
