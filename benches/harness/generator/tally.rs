//! Counts responses and records their latencies.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Resolution of [`Measured::slices`].
const SLICE: Duration = Duration::from_millis(100);

/// Outcome of an order or a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Good,
    /// 503: the request may be sent again.
    Busy,
    /// Any other response, or none.
    Other(String),
}

/// The scheduled time of a request, and the time it was sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    scheduled: Instant,
    at: Instant,
}

impl Sent {
    /// Scheduled for now, and sent now.
    pub fn now() -> Self {
        Self::scheduled(Instant::now())
    }

    /// Scheduled for `scheduled`, and sent now.
    pub fn scheduled(scheduled: Instant) -> Self {
        Self { scheduled, at: Instant::now() }
    }
}

/// Quantiles of latencies, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// Responses of a phase.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Measured {
    pub seconds: f64,
    /// Successful responses that arrived within the phase.
    pub done: u64,
    /// All successful responses, including those that arrived after the phase.
    pub good: u64,
    /// Latency of the successful responses, from the scheduled time of the request.
    pub latency: Latency,
    /// Latency of the successful responses, from the time the request was sent.
    pub service: Latency,
    /// Number of 503 responses.
    pub busy: u64,
    /// Latency of the 503 responses, from the scheduled time of the request.
    pub busy_latency: Latency,
    /// Latency of the 503 responses, from the time the request was sent.
    pub busy_service: Latency,
    /// Number of other responses, by description.
    pub errors: BTreeMap<String, u64>,
    /// Requests that were dropped because no connection was free in time.
    pub unsent: u64,
    /// Successful responses in each tenth of a second of the phase.
    pub slices: Vec<u64>,
}

impl Measured {
    /// Successful responses per second.
    pub fn per_second(&self) -> f64 {
        self.done as f64 / self.seconds
    }

    /// Number of responses that are neither successful nor 503.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// Latencies in microseconds, from the scheduled and from the actual time of sending.
struct Times {
    scheduled_us: Histogram<u64>,
    sent_us: Histogram<u64>,
}

impl Times {
    fn new() -> Self {
        let histogram = || Histogram::new_with_bounds(1, 120_000_000, 3).unwrap();
        Self { scheduled_us: histogram(), sent_us: histogram() }
    }

    fn record(&mut self, sent: Sent, now: Instant) {
        self.scheduled_us.saturating_record(now.duration_since(sent.scheduled).as_micros() as u64);
        self.sent_us.saturating_record(now.duration_since(sent.at).as_micros() as u64);
    }
}

/// Counters of one phase.
pub struct Tally {
    from: Instant,
    /// End of the phase. Later responses do not count for the rate. `None`: all responses count.
    end: Option<Instant>,
    good: Times,
    busy: Times,
    done: u64,
    errors: BTreeMap<String, u64>,
    pub unsent: u64,
    slices: Vec<u64>,
}

impl Tally {
    pub fn new(from: Instant, length: Option<Duration>) -> Self {
        Self {
            from,
            end: length.map(|length| from + length),
            good: Times::new(),
            busy: Times::new(),
            done: 0,
            errors: BTreeMap::new(),
            unsent: 0,
            slices: Vec::new(),
        }
    }

    /// Records a response that arrived now.
    pub fn record(&mut self, sent: Sent, answer: Answer) {
        let now = Instant::now();
        if now < self.from {
            return;
        }
        match answer {
            Answer::Good => {
                self.good.record(sent, now);
                if self.end.is_none_or(|end| now < end) {
                    self.done += 1;
                    let at = (now.duration_since(self.from).as_millis() / SLICE.as_millis()) as usize;
                    self.slices.resize(self.slices.len().max(at + 1), 0);
                    self.slices[at] += 1;
                }
            }
            Answer::Busy => self.busy.record(sent, now),
            Answer::Other(description) => *self.errors.entry(description).or_default() += 1,
        }
    }

    pub fn measured(&self, seconds: f64) -> Measured {
        Measured {
            seconds,
            done: self.done,
            good: self.good.scheduled_us.len(),
            latency: latency(&self.good.scheduled_us),
            service: latency(&self.good.sent_us),
            busy: self.busy.scheduled_us.len(),
            busy_latency: latency(&self.busy.scheduled_us),
            busy_service: latency(&self.busy.sent_us),
            errors: self.errors.clone(),
            unsent: self.unsent,
            slices: self.slices.clone(),
        }
    }
}

fn latency(micros: &Histogram<u64>) -> Latency {
    let at = |quantile| micros.value_at_quantile(quantile) as f64 / 1_000.0;
    Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) }
}
