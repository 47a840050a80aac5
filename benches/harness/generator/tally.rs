//! What came back, counted while it comes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

const SLICE: Duration = Duration::from_millis(100);

/// What became of an order, or of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Good,
    /// 503: try again.
    Busy,
    /// Another answer, or none.
    Other(String),
}

/// When a request was meant to be sent, and when it was.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    meant: Instant,
    at: Instant,
}

impl Sent {
    /// Now, as was meant.
    pub fn now() -> Self {
        Self::late(Instant::now())
    }

    /// Now, though it was meant to be sent then.
    pub fn late(meant: Instant) -> Self {
        Self { meant, at: Instant::now() }
    }
}

/// Times in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// What came back within a stretch of time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Measured {
    pub seconds: f64,
    /// Good answers within the time …
    pub done: u64,
    /// … and those after it too.
    pub good: u64,
    /// Of the good answers: from the moment the request was meant to be sent …
    pub latency: Latency,
    /// … and from that at which it was.
    pub service: Latency,
    pub busy: u64,
    pub busy_latency: Latency,
    pub busy_service: Latency,
    /// What else was answered, and how often.
    pub errors: BTreeMap<String, u64>,
    /// Requests whose sender lost patience before there was a free connection.
    pub unsent: u64,
    /// The good answers of each tenth of a second.
    pub slices: Vec<u64>,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.done as f64 / self.seconds
    }

    /// Answers that are neither good nor busy.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }
}

struct Times {
    meant_us: Histogram<u64>,
    sent_us: Histogram<u64>,
}

impl Times {
    fn new() -> Self {
        let histogram = || Histogram::new_with_bounds(1, 120_000_000, 3).unwrap();
        Self { meant_us: histogram(), sent_us: histogram() }
    }

    fn record(&mut self, sent: Sent, now: Instant) {
        self.meant_us.saturating_record(now.duration_since(sent.meant).as_micros() as u64);
        self.sent_us.saturating_record(now.duration_since(sent.at).as_micros() as u64);
    }
}

/// Counts.
pub struct Tally {
    from: Instant,
    /// What is answered later than this is no part of the rate; none: everything is.
    to: Option<Instant>,
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
            to: length.map(|length| from + length),
            good: Times::new(),
            busy: Times::new(),
            done: 0,
            errors: BTreeMap::new(),
            unsent: 0,
            slices: Vec::new(),
        }
    }

    /// An answer came now.
    pub fn take(&mut self, sent: Sent, answer: Answer) {
        let now = Instant::now();
        if now < self.from {
            return;
        }
        match answer {
            Answer::Good => {
                self.good.record(sent, now);
                if self.to.is_none_or(|to| now < to) {
                    self.done += 1;
                    let at = (now.duration_since(self.from).as_millis() / SLICE.as_millis()) as usize;
                    self.slices.resize(self.slices.len().max(at + 1), 0);
                    self.slices[at] += 1;
                }
            }
            Answer::Busy => self.busy.record(sent, now),
            Answer::Other(told) => *self.errors.entry(told).or_default() += 1,
        }
    }

    pub fn measured(&self, seconds: f64) -> Measured {
        Measured {
            seconds,
            done: self.done,
            good: self.good.meant_us.len(),
            latency: latency(&self.good.meant_us),
            service: latency(&self.good.sent_us),
            busy: self.busy.meant_us.len(),
            busy_latency: latency(&self.busy.meant_us),
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
