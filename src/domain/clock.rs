//! The time source. All code reads the time through [`Clock`], so a test can move it forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::BigInt;
use serde::{Serialize, Serializer};

/// A UTC timestamp in milliseconds since the Unix epoch. It is serialised as RFC 3339 text with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Creates a timestamp from its stored form, milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_integer(ms: i64) -> Self {
        Self(ms)
    }

    /// The stored form, by reference.
    #[must_use]
    pub const fn as_integer(&self) -> &i64 {
        &self.0
    }

    /// Adds `duration`; saturates at the largest timestamp.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// Subtracts `duration`; saturates at the smallest timestamp.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// The time elapsed between `earlier` and `self`; zero if `earlier` is later than `self`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => f.write_str("out of range"),
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = super::Invalid;

    fn from_str(text: &str) -> Result<Self, super::Invalid> {
        let parsed: Result<jiff::Timestamp, _> = text.parse();
        parsed.map(|parsed| Self(parsed.as_millisecond())).map_err(|_| super::Invalid("must be a time as in RFC 3339"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The system time plus an offset that all clones share. The offset is zero until [`Clock::advance`] is called.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The current time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the only place that reads the system clock")]
    pub fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(millis(since_epoch).saturating_add(self.offset_ms.load(Ordering::Relaxed)))
    }

    /// Moves this clock and all its clones forward by `duration`.
    pub fn advance(&self, duration: Duration) {
        self.offset_ms.fetch_add(millis(duration), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_rfc_3339_in_utc() {
        assert_eq!(Timestamp(1_760_000_000_123).to_string(), "2025-10-09T08:53:20.123Z");
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn advancing_a_clock_advances_its_clones() {
        let clock = Clock::default();
        let clone = clock.clone();
        let before = clone.now();
        clock.advance(Duration::from_secs(3600));
        assert!(clone.now().since(before) >= Duration::from_secs(3600));
    }
}
