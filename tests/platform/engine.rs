//! What the stand-ins have in common: books, a clock, a journal, and what is to go wrong.

use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::{Clock, Timestamp};

use super::book::{Course, Payment, Refund, RefundState, Stage, Trade};
use super::fault::{Act, How, Op, Plans};
use super::journal::{Call, Delivery, Kind, Letter, Post};
use super::server::{Asked, Whole};

/// What differs between platforms.
pub trait Front: Send + Sync + Sized + 'static {
    /// What can be wrong with a notification.
    type Wrong: Copy + Debug + Send;
    /// A request that was found good.
    type Order;

    /// How long the shop may take to answer a notification.
    const PATIENCE: Duration;
    /// What becomes of a refund, unless the test wants something else.
    const COURSE: Course;

    /// The platform's number of its `n`th trade or refund.
    fn number(&self, n: u64, now: Timestamp) -> String;

    /// The id of the `n`th event.
    fn event_id(&self, n: u64, now: Timestamp) -> String;

    /// How long it waits after each delivery that was not taken.
    fn gaps(&self, trade: &Trade) -> Vec<Duration>;

    /// Whether the platform tells of such an event.
    fn tells(&self, trade: &Trade, kind: &Kind) -> bool;

    /// What is told of an event; it stays the same however often it is told.
    fn content(&self, trade: &Trade, kind: &Kind, event_id: &str, now: Timestamp) -> Value;

    /// The content as it is sent now: signed, with this wrong with it.
    fn post(&self, letter: &Letter<Self::Wrong>, wrong: Option<Self::Wrong>, now: Timestamp) -> Post;

    /// Whether that is the reply of a shop that has taken the notification.
    fn is_taken(&self, status: u16, reply: &str) -> bool;

    /// Reads a request as strictly as the platform does.
    ///
    /// # Errors
    /// What the platform answers to one that is not good.
    fn read(&self, asked: &Asked, now: Timestamp) -> Result<Task<Self::Order>, Said>;

    /// Does what is asked for.
    fn work(engine: &Engine<Self>, state: &mut State<Self::Wrong>, order: &Self::Order, now: Timestamp) -> Said;

    /// Writes an answer: signed, unless it is to go wrong.
    fn answer(&self, asked: &Asked, said: &Said, how: Option<How>, now: Timestamp) -> Whole;
}

/// A good request.
pub struct Task<O> {
    pub op: Op,
    pub out_trade_no: String,
    pub order: O,
}

/// What the platform has to say to a request.
#[derive(Debug, Clone)]
pub struct Said {
    /// `ok`, or the code of the error.
    pub verdict: String,
    pub body: Value,
    /// Whether no shop should ask like this.
    pub is_wrong: bool,
    /// Whether it is said before the platform looked at what is asked, and so without a signature where that is its way.
    pub is_early: bool,
}

impl Said {
    pub fn ok(body: Value) -> Self {
        Self { verdict: "ok".to_owned(), body, is_wrong: false, is_early: false }
    }

    /// An error that happens to every shop.
    pub fn error(code: &str) -> Self {
        Self { verdict: code.to_owned(), body: Value::Null, is_wrong: false, is_early: false }
    }

    /// An error that is the shop's own, and why.
    pub fn wrong(code: &str, why: &str) -> Self {
        Self { body: why.into(), is_wrong: true, ..Self::error(code) }
    }

    /// The same, before anything else was looked at.
    pub fn early(code: &str, why: &str) -> Self {
        Self { is_early: true, ..Self::wrong(code, why) }
    }
}

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
            self.meanwhile(&task).await;
        }
        let works = upset.as_ref().is_none_or(|upset| upset.works);
        let said = match works {
            true => self.at(|state, now| F::work(self, state, &task.order, now)),
            false => Said::error("undone"),
        };
        self.write(asked, Some(&task), &said, works);
        if !is_before {
            self.meanwhile(&task).await;
        }
        (said, upset.map(|upset| upset.how))
    }

    async fn meanwhile(&self, task: &Task<F::Order>) {
        let Some(act) = self.at(|state, _| state.plans.act(task.op)) else { return };
        self.pay(&task.out_trade_no, Payment::default()).unwrap();
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
