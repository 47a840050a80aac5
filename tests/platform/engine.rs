//! The common part of the stand-ins: trades, a clock, records, and planned faults.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tradepost::domain::clock::{Clock, Timestamp};

use super::book::{Payment, Refund, RefundState, Stage, Trade};
use super::fault::{AnswerFault, BuyerAction, Op, Plans};
use super::front::{Answer, Front, Task};
use super::journal::{Call, Delivery, Kind, Notice};
use super::server::RawRequest;

/// The mutable state.
#[derive(Debug)]
pub struct State<W> {
    pub trades: Vec<Trade>,
    pub notices: Vec<Notice<W>>,
    pub calls: Vec<Call>,
    pub deliveries: Vec<Delivery>,
    pub plans: Plans<W>,
    count: u64,
}

impl<W> State<W> {
    /// The index of the first trade with this number of the shop.
    pub fn find(&self, out_trade_no: &str) -> Option<usize> {
        self.trades.iter().position(|trade| trade.out_trade_no == out_trade_no)
    }

    /// The next value of the counter for numbers and event ids.
    pub fn count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

/// The common part of a stand-in.
pub struct Engine<F: Front> {
    pub front: F,
    clock: Mutex<Clock>,
    shop: Mutex<String>,
    state: Mutex<State<F::Wrong>>,
    requests: Requests,
}

/// Numbers of concurrent requests.
#[derive(Debug, Default)]
struct Requests {
    in_progress: AtomicUsize,
    most: AtomicUsize,
}

/// Counts a request until it is answered or abandoned.
pub struct Busy<'a>(&'a Requests);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.in_progress.fetch_sub(1, SeqCst);
    }
}

impl<F: Front> Engine<F> {
    pub fn new(front: F) -> Self {
        let (trades, notices, calls, deliveries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let state = State { trades, notices, calls, deliveries, plans: Plans::default(), count: 0 };
        Self {
            front,
            clock: Mutex::default(),
            shop: Mutex::default(),
            state: Mutex::new(state),
            requests: Requests::default(),
        }
    }

    /// Counts a request.
    pub fn begin(&self) -> Busy<'_> {
        let in_progress = self.requests.in_progress.fetch_add(1, SeqCst) + 1;
        self.requests.most.fetch_max(in_progress, SeqCst);
        Busy(&self.requests)
    }

    /// The largest number of concurrent requests since the last call.
    pub fn take_most_requests(&self) -> usize {
        self.requests.most.swap(0, SeqCst)
    }

    pub fn follow(&self, clock: &Clock) {
        *lock(&self.clock) = clock.clone();
    }

    pub fn deliver_to(&self, url: &str) {
        url.clone_into(&mut lock(&self.shop));
    }

    /// The real base URL of the shop; empty until it is set.
    pub fn shop(&self) -> String {
        lock(&self.shop).clone()
    }

    pub fn clock(&self) -> Clock {
        lock(&self.clock).clone()
    }

    pub fn now(&self) -> Timestamp {
        lock(&self.clock).now()
    }

    /// Runs `access` with the state, after all events that are due by now.
    pub fn with_state<R>(&self, access: impl FnOnce(&mut State<F::Wrong>, Timestamp) -> R) -> R {
        let now = self.now();
        let mut state = lock(&self.state);
        self.run_due_events(&mut state, now);
        access(&mut state, now)
    }

    /// Closes the trades whose time to pay is over, and ends the refunds that are due.
    fn run_due_events(&self, state: &mut State<F::Wrong>, now: Timestamp) {
        for index in 0..state.trades.len() {
            let trade = &mut state.trades[index];
            if trade.stage == Stage::Waiting && now >= trade.closes_at {
                trade.close(now);
                self.announce(state, index, Kind::Closed, now);
            }
            for refund in 0..state.trades[index].refunds.len() {
                let refund = &mut state.trades[index].refunds[refund];
                if let Some((_, end)) = refund.next_state.filter(|(due, _)| now >= *due) {
                    refund.end(end, now);
                    let kind = Kind::Refund(refund.number.clone());
                    self.announce(state, index, kind, now);
                }
            }
        }
    }

    /// Creates a notice of an event, if the platform sends notices of this kind.
    pub fn announce(&self, state: &mut State<F::Wrong>, trade: usize, kind: Kind, now: Timestamp) {
        if self.front.notifies(&state.trades[trade], &kind) {
            self.notify(state, trade, kind, now);
        }
    }

    /// Creates a notice of an event, unless the shop gave no address for it.
    pub fn notify(&self, state: &mut State<F::Wrong>, trade: usize, kind: Kind, now: Timestamp) {
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
        state.notices.push(Notice { event_id, out_trade_no, kind, url, content, sending, sent: 0, due, is_held });
    }

    /// Pays a trade.
    ///
    /// # Errors
    /// The reason why the platform refuses the payment.
    pub fn pay(&self, out_trade_no: &str, payment: Payment) -> Result<(), &'static str> {
        self.with_state(|state, now| {
            let index = state.find(out_trade_no).ok_or("there is no such trade")?;
            state.trades[index].pay(payment, now)?;
            self.announce(state, index, Kind::Paid, now);
            Ok(())
        })
    }

    /// Starts a refund, for the shop or for an operator of the platform.
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
            started_at: now,
            next_state: course.after.map(|after| (now.plus(after), course.end)),
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

    /// Handles a request. Returns the answer and the planned fault of its transfer.
    pub async fn handle(&self, request: &RawRequest) -> (Answer, Option<AnswerFault>) {
        let task = match self.front.read(request, self.now()) {
            Ok(task) => task,
            Err(answer) => {
                self.record(request, None, &answer, false);
                return (answer, None);
            }
        };
        let fault = self.with_state(|state, _| state.plans.take_fault(task.op, &task.out_trade_no));
        // A buyer can pay a trade only after its creation.
        let is_before = task.op != Op::Create;
        if is_before {
            self.act_as_buyer(request, &task).await;
        }
        let takes_effect = fault.as_ref().is_none_or(|fault| fault.takes_effect);
        let answer = match takes_effect {
            true => self.with_state(|state, now| F::execute(self, state, &task.order, now)),
            false => Answer::error("undone"),
        };
        self.record(request, Some(&task), &answer, takes_effect);
        if !is_before {
            self.act_as_buyer(request, &task).await;
        }
        (answer, fault.map(|fault| fault.how))
    }

    async fn act_as_buyer(&self, request: &RawRequest, task: &Task<F::Order>) {
        let Some(action) = self.with_state(|state, _| state.plans.take_action(task.op)) else { return };
        if let Err(why) = self.pay(&task.out_trade_no, Payment::default()) {
            // The test would wait in vain, so the failure is recorded as a complaint.
            return self.record(request, Some(task), &Answer::wrong(why, "no buyer could pay"), false);
        }
        if action == BuyerAction::PaysAndNotifies {
            self.deliver_due(Some(&task.out_trade_no)).await;
        }
    }

    fn record(&self, request: &RawRequest, task: Option<&Task<F::Order>>, answer: &Answer, took_effect: bool) {
        let call = Call {
            at: self.now(),
            op: task.map(|task| task.op),
            out_trade_no: task.map(|task| task.out_trade_no.clone()).unwrap_or_default(),
            verdict: answer.verdict.clone(),
            is_wrong: answer.is_wrong,
            took_effect,
            line: format!("{} {}", request.method, request.target),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        };
        self.with_state(|state, _| state.calls.push(call));
    }
}

impl Refund {
    fn end(&mut self, end: RefundState, now: Timestamp) {
        self.state = end;
        self.next_state = None;
        self.done_at = (end == RefundState::Success).then_some(now);
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
