//! Retry delays, as plain data.

use std::time::Duration;

use serde::Deserialize;

use crate::domain::horizon::Horizon;
use crate::domain::span::Span;

/// Exponential backoff with jitter over the upper half of each delay.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backoff {
    /// Delay after the first attempt.
    pub first: Span,
    /// Upper bound of any delay.
    pub longest: Span,
}

impl Backoff {
    /// The horizon of moments that are written with these delays. A first attempt may be delayed by `first`, uncapped.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        Horizon::of([self.first.0, self.longest.0])
    }

    /// The delay after `attempts` failed attempts (1 or more). The full delay starts at `first`, doubles with each
    /// attempt and is capped at `longest`. The result is random between half of the full delay and all of it, so that
    /// callers that failed together do not retry together.
    #[must_use]
    pub fn delay(&self, attempts: u32) -> Duration {
        let doubled = self.first.0.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1).min(20)));
        let full = doubled.min(self.longest.0);
        let half = full / 2;
        let jitter_ms = fastrand::u64(0..=u64::try_from(half.as_millis()).unwrap_or(u64::MAX));
        full.saturating_sub(Duration::from_millis(jitter_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_jitter_removes_at_most_half() {
        let backoff = Backoff { first: Span(Duration::from_millis(100)), longest: Span(Duration::from_secs(5)) };
        for (attempts, full_ms) in [(1, 100), (2, 200), (3, 400), (6, 3_200), (7, 5_000), (4_000_000_000, 5_000)] {
            let delay = backoff.delay(attempts);
            assert!(
                delay <= Duration::from_millis(full_ms) && delay >= Duration::from_millis(full_ms / 2),
                "{attempts}"
            );
        }
    }
}
