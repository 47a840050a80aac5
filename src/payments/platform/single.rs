//! One platform: its limits, its breaker and its pace.

use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;

use super::breaker::{Breaker, Change};
use super::bulkhead::Bulkhead;
use super::pace::Pace;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::PayId;
use crate::domain::provider::Provider;
use crate::gateway::Outcome;

/// Maximum number of concurrent calls of one kind to one platform, apart from starts.
pub const CALLS_MAX: usize = 16;
/// Maximum number of payments that are being started at one platform at once.
const STARTS_MAX: usize = 256;
const WAITING_MAX: usize = 1_000;

/// The kind of a call. Each kind has its own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// Starts a payment.
    Start,
    /// Queries an open payment on a schedule.
    Sync,
    /// Makes or queries a refund on a schedule.
    Refund,
    /// Closes the payments of an order whose time to pay has passed.
    Expire,
    /// Closes payments at the request of a customer.
    Customer,
    /// Queries or closes payments at the request of an administrator. It is never refused, and its answer counts like
    /// that to a probe.
    Operator,
    /// Finds out whether a platform that did not answer does so again.
    Probe,
}

/// The state of a platform, as this node sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlatformState {
    /// It answers.
    Up,
    /// It answers slowly, or a call has had no answer for some seconds.
    Slow,
    /// It does not answer. Only probes are sent.
    Down,
    /// It is not configured, and payments or refunds are open there.
    Removed,
}

/// One platform, with one or several products.
pub struct Platform {
    name: String,
    providers: Vec<Provider>,
    clock: Clock,
    start: Bulkhead,
    sync: Bulkhead,
    refund: Bulkhead,
    expire: Bulkhead,
    request: Bulkhead,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    pace: Pace,
    /// Since when the platform is slow or down, by its last log line.
    trouble: Option<(PlatformState, Timestamp)>,
    /// The payment of the last call without an answer, with which the platform is probed.
    unanswered: Option<PayId>,
}

impl Platform {
    /// A platform with its first product.
    #[must_use]
    pub fn new(name: &str, provider: Provider, clock: Clock) -> Self {
        let bulkhead = || Bulkhead::new(CALLS_MAX, WAITING_MAX);
        Self {
            name: name.to_owned(),
            providers: vec![provider],
            clock,
            start: Bulkhead::new(STARTS_MAX, WAITING_MAX),
            sync: bulkhead(),
            refund: bulkhead(),
            expire: bulkhead(),
            request: bulkhead(),
            state: Mutex::default(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds a product.
    pub fn add(&mut self, provider: Provider) {
        self.providers.push(provider);
    }

    /// The names of its products.
    #[must_use]
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The time until the next probe if the platform does not answer; `None` if it is called.
    #[must_use]
    pub fn refuses(&self) -> Option<Duration> {
        self.state.lock().breaker.refuses(self.clock.monotonic())
    }

    /// The payment to probe the platform with, if a probe is due.
    pub fn begin_probe(&self) -> Option<PayId> {
        let mut state = self.state.lock();
        let pay_id = state.unanswered?;
        state.breaker.begin_probe(self.clock.monotonic()).then_some(pay_id)
    }

    /// The present state, since when, and the number of calls in progress. Logs when the platform becomes slow and when
    /// it is no longer slow.
    pub fn observe(&self) -> (PlatformState, Option<Timestamp>, usize) {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        let present = match (state.breaker.refuses(now), state.pace.is_slow(now)) {
            (Some(_), _) => PlatformState::Down,
            (None, true) => PlatformState::Slow,
            (None, false) => PlatformState::Up,
        };
        let former = state.trouble.map_or(PlatformState::Up, |(former, _)| former);
        if former != present {
            state.trouble = (present != PlatformState::Up).then(|| (present, self.clock.now()));
        }
        let (since, calls) = (state.trouble.map(|(_, since)| since), state.pace.in_flight());
        drop(state);
        match (former, present) {
            (PlatformState::Up, PlatformState::Slow) => tracing::warn!(
                platform = self.name,
                "the platform answers slowly; its payments and refunds may be late, those of other platforms are not"
            ),
            (PlatformState::Slow, PlatformState::Up) => {
                tracing::info!(platform = self.name, "the platform answers in time again");
            }
            _ => {}
        }
        (present, since, calls)
    }

    /// Makes a call about the payment `pay_id`, unless the platform does not answer or too many calls of this kind wait.
    ///
    /// The outcome of a call that is not made is unknown.
    pub(super) async fn call<T>(
        &self,
        kind: CallKind,
        pay_id: PayId,
        call: impl Future<Output = Outcome<T>>,
    ) -> Outcome<T> {
        let Some(_permit) = self.bulkhead(kind).enter().await else {
            return Outcome::Unknown("not called: too many calls wait for the platform".to_owned());
        };
        let is_probe = matches!(kind, CallKind::Operator | CallKind::Probe);
        if !is_probe && self.refuses().is_some() {
            return Outcome::Unknown("not called: the platform does not answer".to_owned());
        }
        let number = self.state.lock().pace.begin(self.clock.monotonic());
        let ended = EndOfCall { platform: self, number };
        let outcome = call.await;
        drop(ended);
        self.record(is_probe, pay_id, !matches!(outcome, Outcome::Unknown(_)));
        outcome
    }

    const fn bulkhead(&self, kind: CallKind) -> &Bulkhead {
        match kind {
            CallKind::Start => &self.start,
            CallKind::Sync => &self.sync,
            CallKind::Refund => &self.refund,
            CallKind::Expire => &self.expire,
            CallKind::Customer | CallKind::Operator | CallKind::Probe => &self.request,
        }
    }

    /// Records whether a call was answered, and logs a change of the breaker.
    fn record(&self, is_probe: bool, pay_id: PayId, is_answered: bool) {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        if !is_answered {
            state.unanswered = Some(pay_id);
        }
        let change = state.breaker.record(now, is_probe, is_answered);
        drop(state);
        match change {
            Some(Change::Opened) => tracing::warn!(
                platform = self.name,
                "the platform does not answer; until it does, its payments are not queried, closed or refunded, and no \
                 payment is started there that needs a call; it is tried at most once a minute"
            ),
            Some(Change::Closed(after)) => {
                tracing::info!(platform = self.name, down_s = after.as_secs(), "the platform answers again");
            }
            None => {}
        }
        self.observe();
    }
}

/// Records the end of a call when it is dropped, also if the call is abandoned.
struct EndOfCall<'a> {
    platform: &'a Platform,
    number: u64,
}

impl Drop for EndOfCall<'_> {
    fn drop(&mut self) {
        self.platform.state.lock().pace.end(self.number, self.platform.clock.monotonic());
    }
}
