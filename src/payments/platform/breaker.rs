//! The circuit breaker of a platform: a pure state machine over monotonic time.
//!
//! It opens after a number of consecutive calls without an answer. While it is open, only probes are sent, one at a
//! time and at growing intervals. It closes with the first answer to a probe.

use std::time::Duration;

/// Number of consecutive calls without an answer after which the breaker opens.
pub const FAILURES_MAX: u32 = 5;
/// Time from the opening to the first probe.
pub const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest time between two probes.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The state of a breaker.
#[derive(Debug, Clone, Copy, Default)]
pub struct Breaker {
    /// Consecutive calls without an answer, while the breaker is closed.
    failures: u32,
    open: Option<Open>,
    /// Interval of the probes when the breaker was open last, and the time at which it closed.
    last: Option<(Duration, Duration)>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    since: Duration,
    wait: Duration,
    probe_at: Duration,
}

/// A change of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The breaker has opened.
    Opened,
    /// The breaker has closed after it was open for this time.
    Closed(Duration),
}

impl Breaker {
    /// The time until the next probe if the breaker is open; `None` if calls are allowed.
    #[must_use]
    pub fn refuses(&self, now: Duration) -> Option<Duration> {
        self.open.map(|open| open.probe_at.saturating_sub(now))
    }

    /// Whether a probe is due. If so, the next one is due an interval later.
    pub fn begin_probe(&mut self, now: Duration) -> bool {
        match &mut self.open {
            Some(open) if open.probe_at <= now => {
                open.probe_at = now.saturating_add(open.wait);
                true
            }
            _ => false,
        }
    }

    /// Records the end of a call. While the breaker is open, calls from before it opened change nothing.
    pub fn record(&mut self, now: Duration, is_probe: bool, is_answered: bool) -> Option<Change> {
        match (&mut self.open, is_answered) {
            (None, true) => self.failures = 0,
            (None, false) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= FAILURES_MAX {
                    return Some(self.trip(now));
                }
            }
            (Some(open), true) if is_probe => {
                let was_open = now.saturating_sub(open.since);
                self.last = Some((open.wait, now));
                (self.open, self.failures) = (None, 0);
                return Some(Change::Closed(was_open));
            }
            (Some(open), false) if is_probe => {
                open.wait = (open.wait * 2).min(LONGEST_WAIT);
                open.probe_at = now.saturating_add(open.wait);
            }
            (Some(_), _) => {}
        }
        None
    }

    /// Opens the breaker. If it was closed only for a short time, the probes continue at their last interval.
    fn trip(&mut self, now: Duration) -> Change {
        let recent = self.last.filter(|(_, closed_at)| now.saturating_sub(*closed_at) < LONGEST_WAIT);
        let wait = recent.map_or(FIRST_WAIT, |(wait, _)| (wait * 2).min(LONGEST_WAIT));
        self.open = Some(Open { since: now, wait, probe_at: now.saturating_add(wait) });
        Change::Opened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A breaker that opened at `now`.
    fn opened(breaker: &mut Breaker, now: Duration) {
        let changes: Vec<_> = (0..FAILURES_MAX).map(|_| breaker.record(now, false, false)).collect();
        assert_eq!(changes.last(), Some(&Some(Change::Opened)));
        assert!(changes[..changes.len() - 1].iter().all(Option::is_none));
    }

    #[test]
    fn it_opens_after_consecutive_failures_and_an_answer_in_between_starts_the_count_again() {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            for _ in 1..FAILURES_MAX {
                assert_eq!(breaker.record(at(1), false, false), None);
            }
            assert_eq!(breaker.record(at(1), false, true), None);
        }
        assert_eq!(breaker.refuses(at(1)), None);
        opened(&mut breaker, at(2));
        assert_eq!(breaker.refuses(at(3)), Some(at(4)));
    }

    #[test]
    fn an_outage_of_an_hour_costs_one_probe_a_minute() {
        let mut breaker = Breaker::default();
        opened(&mut breaker, at(0));
        let mut probes = Vec::new();
        for second in 0..3600 {
            if breaker.begin_probe(at(second)) {
                probes.push(second);
                assert!(!breaker.begin_probe(at(second)), "one at a time");
                assert_eq!(breaker.record(at(second), true, false), None);
            }
        }
        assert_eq!(probes[..6], [5, 15, 35, 75, 135, 195]);
        assert!(probes.windows(2).skip(3).all(|pair| pair[1] - pair[0] == 60), "{probes:?}");
    }

    #[test]
    fn only_the_answer_to_a_probe_closes_it() {
        let mut breaker = Breaker::default();
        opened(&mut breaker, at(0));
        assert_eq!(breaker.record(at(4), false, true), None);
        assert!(breaker.refuses(at(4)).is_some() && !breaker.begin_probe(at(4)));
        assert!(breaker.begin_probe(at(5)));
        assert_eq!(breaker.record(at(6), true, true), Some(Change::Closed(at(6))));
        assert_eq!(breaker.refuses(at(6)), None);
    }

    #[test]
    fn a_probe_that_never_ends_is_repeated() {
        let mut breaker = Breaker::default();
        opened(&mut breaker, at(0));
        assert!(breaker.begin_probe(at(5)));
        assert!(!breaker.begin_probe(at(9)));
        assert!(breaker.begin_probe(at(10)));
    }

    #[test]
    fn a_platform_that_fails_again_at_once_is_probed_at_the_interval_it_had() {
        let mut breaker = Breaker::default();
        opened(&mut breaker, at(0));
        assert!(breaker.begin_probe(at(5)));
        breaker.record(at(5), true, true);
        opened(&mut breaker, at(6));
        assert_eq!(breaker.refuses(at(6)), Some(FIRST_WAIT * 2));
        assert!(breaker.begin_probe(at(16)));
        breaker.record(at(16), true, true);
        opened(&mut breaker, at(16) + LONGEST_WAIT);
        assert_eq!(breaker.refuses(at(16) + LONGEST_WAIT), Some(FIRST_WAIT), "it was well for a minute");
    }
}
