//! How far ahead a stored moment can be.

use std::time::Duration;

use super::clock::Timestamp;

/// The longest time that the present settings allow between now and a stored moment of one kind.
///
/// A moment beyond its horizon was written under another setting, or before the clock was set back. Its row would be
/// found too late, so it is brought forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon(Duration);

/// Moments of nodes whose clocks differ by less than this are not brought forward.
const TOLERANCE: Duration = Duration::from_secs(5);

impl Horizon {
    /// The horizon of moments that are written with one of `delays`.
    #[must_use]
    pub fn of<const N: usize>(delays: [Duration; N]) -> Self {
        Self(delays.into_iter().max().unwrap_or_default())
    }

    /// The latest moment that is not beyond the horizon.
    #[must_use]
    pub fn latest(self, now: Timestamp) -> Timestamp {
        now.plus(self.0).plus(TOLERANCE)
    }
}

/// The horizons of all stored moments at which something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizons {
    /// The deadline of an unconfirmed order.
    pub deadline: Horizon,
    /// The wake-up of an order that waits for its payment.
    pub payment: Horizon,
    /// The next attempt to deliver a message.
    pub message: Horizon,
    /// The next status query of an open payment.
    pub sync: Horizon,
    /// The next attempt to make a refund.
    pub refund: Horizon,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_is_the_longest_delay_and_a_tolerance_for_the_clocks_of_other_nodes() {
        let horizon = Horizon::of([Duration::from_secs(30), Duration::from_secs(300)]);
        assert_eq!(horizon.latest(Timestamp(1_000)), Timestamp(306_000));
        assert_eq!(Horizon::of([Duration::MAX]).latest(Timestamp(1_000)), Timestamp(i64::MAX));
    }
}
