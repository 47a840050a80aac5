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
    /// Good answers within the time.
    pub done: u64,
    /// Of the good answers: from the moment the request was meant to be sent.
    pub latency: Latency,
    pub busy: u64,
    pub busy_latency: Latency,
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

/// Counts.
pub struct Tally {
    from: Instant,
    /// What is answered later than this is no part of the rate; none: everything is.
    to: Option<Instant>,
    latency_us: Histogram<u64>,
    busy_us: Histogram<u64>,
    done: u64,
    errors: BTreeMap<String, u64>,
    pub unsent: u64,
    slices: Vec<u64>,
}

impl Tally {
    pub fn new(from: Instant, length: Option<Duration>) -> Self {
        let histogram = || Histogram::new_with_bounds(1, 120_000_000, 3).unwrap();
        Self {
            from,
            to: length.map(|length| from + length),
            latency_us: histogram(),
            busy_us: histogram(),
            done: 0,
            errors: BTreeMap::new(),
            unsent: 0,
            slices: Vec::new(),
        }
    }

    /// An answer came now, to what was meant to be sent at `sent`.
    pub fn take(&mut self, sent: Instant, answer: Answer) {
        let now = Instant::now();
        if now < self.from {
            return;
        }
        let micros = now.duration_since(sent).as_micros() as u64;
        match answer {
            Answer::Good => {
                self.latency_us.saturating_record(micros);
                if self.to.is_none_or(|to| now < to) {
                    self.done += 1;
                    let at = (now.duration_since(self.from).as_millis() / SLICE.as_millis()) as usize;
                    self.slices.resize(self.slices.len().max(at + 1), 0);
                    self.slices[at] += 1;
                }
            }
            Answer::Busy => self.busy_us.saturating_record(micros),
            Answer::Other(told) => *self.errors.entry(told).or_default() += 1,
        }
    }

    pub fn measured(&self, seconds: f64) -> Measured {
        Measured {
            seconds,
            done: self.done,
            latency: latency(&self.latency_us),
            busy: self.busy_us.len(),
            busy_latency: latency(&self.busy_us),
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
