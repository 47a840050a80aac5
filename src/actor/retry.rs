//! When to try again: a policy is data.

use std::time::Duration;

use serde::Deserialize;

use crate::domain::span::Span;

/// Exponential backoff with full jitter on its upper half.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backoff {
    /// The delay after the first attempt.
    pub first: Span,
    /// No delay is longer.
    pub longest: Span,
}

impl Backoff {
    /// The delay after `attempts` attempts (1 or more): `first` doubled each time, at most `longest`, of which a random
    /// half is taken off so that those who failed together do not come back together.
    #[must_use]
    pub fn delay(&self, attempts: u32) -> Duration {
        let doubled = self.first.0.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1).min(20)));
        let whole = doubled.min(self.longest.0);
        let half = whole / 2;
        let jitter_ms = fastrand::u64(0..=u64::try_from(half.as_millis()).unwrap_or(u64::MAX));
        whole.saturating_sub(Duration::from_millis(jitter_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_keep_at_least_half() {
        let backoff = Backoff { first: Span(Duration::from_millis(100)), longest: Span(Duration::from_secs(5)) };
        for (attempts, whole_ms) in [(1, 100), (2, 200), (3, 400), (6, 3_200), (7, 5_000), (4_000_000_000, 5_000)] {
            let delay = backoff.delay(attempts);
            assert!(
                delay <= Duration::from_millis(whole_ms) && delay >= Duration::from_millis(whole_ms / 2),
                "{attempts}"
            );
        }
    }
}
