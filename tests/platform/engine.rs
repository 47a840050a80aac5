//! What the stand-ins have in common: books, a clock, a journal, and what is to go wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tradepost::domain::clock::{Clock, Timestamp};

use super::book::{Payment, Refund, RefundState, Stage, Trade};
use super::fault::{Act, How, Op, Plans};
use super::front::{Front, Said, Task};
use super::journal::{Call, Delivery, Kind, Letter};
use super::server::Asked;

/// Everything that changes.
#[derive(Debug)]
pub struct State<W> {
    pub trades: Vec<Trade>,
    pub letters: Vec<Letter<W>>,
    pub calls: Vec<Call>,
    pub deliveries: Vec<Delivery>,
    pub plans: Plans<W>,
    count: u64,
}

impl<W> State<W> {
    /// The first trade with this number of the shop.
    pub fn find(&self, out_trade_no: &str) -> Option<usize> {
        self.trades.iter().position(|trade| trade.out_trade_no == out_trade_no)
    }

    /// A number nothing else has.
    pub fn count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

/// The common half of a stand-in.
pub struct Engine<F: Front> {
    pub front: F,
    clock: Mutex<Clock>,
    shop: Mutex<String>,
    state: Mutex<State<F::Wrong>>,
}

impl<F: Front> Engine<F> {
    pub fn new(front: F) -> Self {
        let (trades, letters, calls, deliveries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let state = State { trades, letters, calls, deliveries, plans: Plans::default(), count: 0 };
        Self { front, clock: Mutex::default(), shop: Mutex::default(), state: Mutex::new(state) }
    }

    pub fn follow(&self, clock: &Clock) {
        *lock(&self.clock) = clock.clone();
    }

    pub fn deliver_to(&self, url: &str) {
        url.clone_into(&mut lock(&self.shop));
    }

    /// Where the shop really is; empty while nobody knows.
    pub fn shop(&self) -> String {
        lock(&self.shop).clone()
    }

    pub fn clock(&self) -> Clock {
        lock(&self.clock).clone()
    }

    pub fn now(&self) -> Timestamp {
        lock(&self.clock).now()
    }

    /// Looks at everything, or changes it, after what happens by itself has happened.
    pub fn at<R>(&self, act: impl FnOnce(&mut State<F::Wrong>, Timestamp) -> R) -> R {
        let now = self.now();
        let mut state = lock(&self.state);
        self.turn(&mut state, now);
        act(&mut state, now)
    }

    /// Does what the time does: what nobody has paid by then ends, and refunds come to theirs.
    fn turn(&self, state: &mut State<F::Wrong>, now: Timestamp) {
        for at in 0..state.trades.len() {
            let trade = &mut state.trades[at];
            if trade.stage == Stage::Waiting && now >= trade.closes_at {
                trade.close(now);
                self.announce(state, at, Kind::Closed, now);
            }
            for refund in 0..state.trades[at].refunds.len() {
                let refund = &mut state.trades[at].refunds[refund];
                if let Some((_, end)) = refund.turns.filter(|(when, _)| now >= *when) {
                    refund.end(end, now);
                    let kind = Kind::Refund(refund.number.clone());
                    self.announce(state, at, kind, now);
                }
            }
        }
    }

    /// Something happened to a trade: tells of it, if the platform tells of that at all.
    pub fn announce(&self, state: &mut State<F::Wrong>, trade: usize, kind: Kind, now: Timestamp) {
        if self.front.tells(&state.trades[trade], &kind) {
            self.tell(state, trade, kind, now);
        }
    }

    /// Writes the notification that tells of an event, if the shop said where to.
    pub fn tell(&self, state: &mut State<F::Wrong>, trade: usize, kind: Kind, now: Timestamp) {
        let event_id = self.front.event_id(state.count(), now);
        let trade = &state.trades[trade];
        let content = self.front.content(trade, &kind, &event_id, now);
        let url = match &kind {
            Kind::Refund(number) => trade.refund(number).map(|refund| refund.notify_url.clone()).unwrap_or_default(),
            _ => trade.notify_url.clone(),
        };
        if url.is_empty() {
            return;
        }
        let out_trade_no = trade.out_trade_no.clone();
        let sending = state.plans.sending(&out_trade_no);
        let is_held = sending.is_held;
        let due = (!sending.is_lost && !is_held).then(|| now.plus(sending.delay));
        state.letters.push(Letter { event_id, out_trade_no, kind, url, content, sending, sent: 0, due, is_held });
    }

    /// A buyer pays.
    ///
    /// # Errors
    /// Why the platform does not let them.
    pub fn pay(&self, out_trade_no: &str, payment: Payment) -> Result<(), &'static str> {
        self.at(|state, now| {
            let at = state.find(out_trade_no).ok_or("there is no such trade")?;
            state.trades[at].pay(payment, now)?;
            self.announce(state, at, Kind::Paid, now);
            Ok(())
        })
    }

    /// Begins a refund, whoever asked for it.
    pub fn begin_refund(
        &self,
        state: &mut State<F::Wrong>,
        trade: usize,
        (number, amount, notify_url): (&str, i64, &str),
        now: Timestamp,
    ) {
        let course = state.plans.course().unwrap_or(F::COURSE);
        let id = self.front.number(state.count(), now);
        let refund = Refund {
            number: number.to_owned(),
            id,
            amount,
            state: RefundState::Processing,
            notify_url: notify_url.to_owned(),
            begun_at: now,
            turns: course.after.map(|after| (now.plus(after), course.end)),
            done_at: None,
        };
        let refunds = &mut state.trades[trade].refunds;
        refunds.retain(|old| old.number != number);
        refunds.push(refund);
        if course.after.is_none() {
            refunds.last_mut().unwrap().end(course.end, now);
            self.announce(state, trade, Kind::Refund(number.to_owned()), now);
        }
    }

    /// Takes a request, and says what the platform has to say to it, and how that goes wrong.
    pub async fn take(&self, asked: &Asked) -> (Said, Option<How>) {
        let task = match self.front.read(asked, self.now()) {
            Ok(task) => task,
            Err(said) => {
                self.write(asked, None, &said, false);
                return (said, None);
            }
        };
        let upset = self.at(|state, _| state.plans.upset(task.op, &task.out_trade_no));
        // What is to be made cannot be paid before it is.
        let is_before = task.op != Op::Create;
        if is_before {
            self.meanwhile(asked, &task).await;
        }
        let works = upset.as_ref().is_none_or(|upset| upset.works);
        let said = match works {
            true => self.at(|state, now| F::work(self, state, &task.order, now)),
            false => Said::error("undone"),
        };
        self.write(asked, Some(&task), &said, works);
        if !is_before {
            self.meanwhile(asked, &task).await;
        }
        (said, upset.map(|upset| upset.how))
    }

    async fn meanwhile(&self, asked: &Asked, task: &Task<F::Order>) {
        let Some(act) = self.at(|state, _| state.plans.act(task.op)) else { return };
        if let Err(why) = self.pay(&task.out_trade_no, Payment::default()) {
            // The test would wait for nothing: it finds this among the complaints.
            return self.write(asked, Some(task), &Said::wrong(why, "nobody could pay meanwhile"), false);
        }
        if act == Act::PaysAndTells {
            self.deliver_due(Some(&task.out_trade_no)).await;
        }
    }

    fn write(&self, asked: &Asked, task: Option<&Task<F::Order>>, said: &Said, worked: bool) {
        let call = Call {
            at: self.now(),
            op: task.map(|task| task.op),
            out_trade_no: task.map(|task| task.out_trade_no.clone()).unwrap_or_default(),
            verdict: said.verdict.clone(),
            is_wrong: said.is_wrong,
            worked,
            line: format!("{} {}", asked.method, asked.target),
            body: String::from_utf8_lossy(&asked.body).into_owned(),
        };
        self.at(|state, _| state.calls.push(call));
    }
}

impl Refund {
    fn end(&mut self, end: RefundState, now: Timestamp) {
        self.state = end;
        self.turns = None;
        self.done_at = (end == RefundState::Success).then_some(now);
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
