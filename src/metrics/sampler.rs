//! The last 15 minutes: once a second, the counters that change quickly are sampled. A sample reads no store; the backlog
//! of messages is the one that the relay has read last.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rust_decimal::Decimal;
use serde::Serialize;

use super::Sources;
use crate::domain::clock::Timestamp;

/// Interval of the samples.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// Number of samples that are kept: 15 minutes.
pub const SAMPLES_MAX: usize = 900;

/// One sample. The values are in the order of [`Names`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Time of the sample.
    pub at: Timestamp,
    /// One entry per actor.
    pub actors: Vec<ActorSample>,
    /// Number of messages on each edge since the start.
    pub edges: Vec<u64>,
    /// Number of pending messages of each consumer group.
    pub pending: Vec<i64>,
    /// Number of orders confirmed since the start.
    pub orders: u64,
}

/// One actor in a [`Sample`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActorSample {
    /// Number of tasks with an outcome since the start.
    pub processed: u64,
    /// The 99th percentile of the latency in milliseconds.
    pub p99_ms: Decimal,
    /// Number of tasks in the queue.
    pub depth: usize,
}

/// Names for the values of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Names {
    /// Names of the actors.
    pub actors: Vec<&'static str>,
    /// Sender and receiver of each edge.
    pub edges: Vec<(&'static str, &'static str)>,
    /// Producer and consumer group of each route.
    pub groups: Vec<(&'static str, &'static str)>,
}

/// Samples the figures of this process. Clones share the samples.
#[derive(Clone)]
pub struct Sampler {
    sources: Arc<Sources>,
    samples: Arc<Mutex<VecDeque<Sample>>>,
}

impl Sampler {
    /// A sampler without samples.
    #[must_use]
    pub fn new(sources: Arc<Sources>) -> Self {
        Self { sources, samples: Arc::default() }
    }

    /// The sources of the samples.
    #[must_use]
    pub const fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// Takes a sample each [`SAMPLE_EVERY`], for ever.
    pub async fn run(self) {
        let mut every = tokio::time::interval(SAMPLE_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            every.tick().await;
            self.take();
        }
    }

    /// Takes a sample now, and drops the oldest one if there are too many.
    pub fn take(&self) {
        let sample = self.sample();
        let mut samples = self.samples.lock();
        // After the clock was set back, the older samples would be in the future.
        if samples.back().is_some_and(|last| last.at > sample.at) {
            samples.clear();
        }
        if samples.len() == SAMPLES_MAX {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    fn sample(&self) -> Sample {
        let sources = &self.sources;
        let actor = |report: crate::actor::health::ActorReport| ActorSample {
            processed: report.processed,
            p99_ms: report.latency_ms.p99,
            depth: report.mailbox.depth,
        };
        let confirmed = sources.order_counts.orders().into_iter().find(|(outcome, _)| *outcome == "confirmed");
        Sample {
            at: sources.clock.now(),
            actors: sources.health.iter().map(|health| actor(health.report())).collect(),
            edges: sources.edges().into_iter().map(|edge| edge.sent).collect(),
            pending: sources.routes.iter().map(|route| self.pending(route.producer, route.group)).collect(),
            orders: confirmed.map_or(0, |(_, number)| number),
        }
    }

    fn pending(&self, producer: &str, group: &str) -> i64 {
        let outbox = self.sources.outboxes.iter().find(|outbox| outbox.producer == producer);
        outbox.and_then(|outbox| Some(outbox.last.lock().as_ref()?.groups.get(group)?.pending)).unwrap_or(0)
    }

    /// Names for the values of the samples.
    #[must_use]
    pub fn names(&self) -> Names {
        Names {
            actors: self.sources.health.iter().map(|health| health.name).collect(),
            edges: self.sources.edges().into_iter().map(|edge| (edge.from, edge.to)).collect(),
            groups: self.sources.routes.iter().map(|route| (route.producer, route.group)).collect(),
        }
    }

    /// The samples of the last 15 minutes, oldest first.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        self.samples.lock().iter().cloned().collect()
    }

    /// The last two samples, the earlier one first; `None` in the first second.
    #[must_use]
    pub fn latest(&self) -> Option<(Sample, Sample)> {
        let samples = self.samples.lock();
        let last = samples.back()?;
        let before = samples.get(samples.len().checked_sub(2)?)?;
        Some((before.clone(), last.clone()))
    }
}

/// Growth of a counter per second between two times. A counter that became smaller has no rate.
#[must_use]
pub fn rate(before: (Timestamp, u64), after: (Timestamp, u64)) -> Decimal {
    let ms = after.0.0.saturating_sub(before.0.0);
    let grown = Decimal::from(after.1.saturating_sub(before.1)) * Decimal::ONE_THOUSAND;
    if ms <= 0 { Decimal::ZERO } else { grown.checked_div(Decimal::from(ms)).unwrap_or_default().round_dp(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Clock;

    #[tokio::test]
    async fn the_samples_of_the_last_fifteen_minutes_are_kept() {
        let clock = Clock::default();
        let sources = Arc::new(Sources::without_actors(&clock));
        let sampler = Sampler::new(Arc::clone(&sources));
        assert!(sampler.latest().is_none());
        for second in 0..=SAMPLES_MAX {
            clock.advance(SAMPLE_EVERY);
            sources.health.iter().for_each(|health| health.record_replies(2, 0, 0));
            sampler.take();
            assert_eq!(sampler.samples().len(), (second + 1).min(SAMPLES_MAX));
        }
        let (before, after) = sampler.latest().unwrap();
        let processed = |sample: &Sample| sample.actors.first().unwrap().processed;
        assert_eq!(rate((Timestamp(0), processed(&before)), (Timestamp(1_000), processed(&after))), Decimal::TWO);
        let times: Vec<Timestamp> = sampler.samples().iter().map(|sample| sample.at).collect();
        assert!(times.is_sorted() && times.last() == Some(&after.at));
    }

    #[test]
    fn a_rate_is_per_second_and_never_negative() {
        let at = |ms| Timestamp(ms);
        assert_eq!(rate((at(0), 10), (at(2_000), 25)), Decimal::new(75, 1));
        assert_eq!(rate((at(0), 10), (at(2_000), 5)), Decimal::ZERO);
        assert_eq!(rate((at(5), 10), (at(5), 20)), Decimal::ZERO);
    }
}
