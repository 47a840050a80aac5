//! How fast a platform answers: a pure state machine over monotonic time.

use std::collections::BTreeMap;
use std::time::Duration;

/// A call that takes longer is slow.
pub const SLOW_AFTER: Duration = Duration::from_secs(5);
/// Number of consecutive fast answers after which a platform is no longer slow.
const FAST_MIN: u32 = 5;
/// Time after which a slow answer no longer counts, for a platform that is hardly called.
const SLOW_FOR: Duration = Duration::from_secs(60);

/// The calls in progress, and whether the last ones were slow.
#[derive(Debug, Default)]
pub struct Pace {
    /// Start times of the calls in progress, by number.
    calls: BTreeMap<u64, Duration>,
    next_number: u64,
    /// Fast answers that are still missing until the platform is no longer slow; 0 if it is not.
    missing: u32,
    /// End of the last slow call.
    slow_at: Duration,
}

impl Pace {
    /// Records the start of a call; returns its number.
    pub fn begin(&mut self, now: Duration) -> u64 {
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        self.calls.insert(number, now);
        number
    }

    /// Records the end of a call.
    pub fn end(&mut self, number: u64, now: Duration) {
        let Some(started) = self.calls.remove(&number) else { return };
        if now.saturating_sub(started) > SLOW_AFTER {
            (self.missing, self.slow_at) = (FAST_MIN, now);
        } else {
            self.missing = self.missing.saturating_sub(1);
        }
    }

    /// Number of calls in progress.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.calls.len()
    }

    /// Whether the platform answers slowly: a call in progress is slow, or one of the last calls was.
    #[must_use]
    pub fn is_slow(&self, now: Duration) -> bool {
        // The calls are numbered in the order of their starts.
        let oldest = self.calls.first_key_value().map(|(_, started)| now.saturating_sub(*started));
        let was_slow = self.missing > 0 && now.saturating_sub(self.slow_at) < SLOW_FOR;
        was_slow || oldest.is_some_and(|age| age > SLOW_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_call_without_an_answer_is_noticed_before_it_ends() {
        let mut pace = Pace::default();
        let first = pace.begin(at(0));
        pace.begin(at(3));
        assert!(!pace.is_slow(at(5)) && pace.is_slow(at(6)));
        pace.end(first, at(4));
        assert!(!pace.is_slow(at(8)) && pace.is_slow(at(9)));
        assert_eq!(pace.in_flight(), 1);
    }

    #[test]
    fn a_slow_answer_counts_until_enough_fast_ones_have_followed() {
        let mut pace = Pace::default();
        let slow = pace.begin(at(0));
        pace.end(slow, at(9));
        for _ in 0..FAST_MIN {
            assert!(pace.is_slow(at(9)));
            let fast = pace.begin(at(9));
            pace.end(fast, at(10));
        }
        assert!(!pace.is_slow(at(10)));
    }

    #[test]
    fn a_slow_answer_is_forgotten_after_a_minute_without_calls() {
        let mut pace = Pace::default();
        let slow = pace.begin(at(0));
        pace.end(slow, at(9));
        assert!(pace.is_slow(at(68)) && !pace.is_slow(at(69)));
    }
}
