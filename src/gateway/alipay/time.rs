//! Formats times for Alipay: China Standard Time, UTC+8 without daylight saving.

use std::time::Duration;

use crate::domain::clock::Timestamp;

const UTC_OFFSET_HOURS: i8 = 8;
/// Alipay refuses an expiry more than fifteen days ahead of its own clock. One day is left for clock differences.
const EXPIRES_WITHIN: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Formats `moment` as `yyyy-MM-dd HH:mm:ss`; `None` if it is out of the calendar's range.
#[must_use]
pub fn write(moment: Timestamp) -> Option<String> {
    let moment = jiff::Timestamp::from_millisecond(moment.0).ok()?;
    let local = jiff::tz::offset(UTC_OFFSET_HOURS).to_datetime(moment);
    Some(local.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// The time at which a payment expires at Alipay: `closes_at`, or the latest time that Alipay accepts if that is
/// earlier.
#[must_use]
pub fn expiry(closes_at: Timestamp, now: Timestamp) -> Timestamp {
    closes_at.min(now.plus(EXPIRES_WITHIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_china_standard_time() {
        assert_eq!(write(Timestamp(1_760_000_000_999)).as_deref(), Some("2025-10-09 16:53:20"));
        assert_eq!(write(Timestamp(0)).as_deref(), Some("1970-01-01 08:00:00"));
        assert_eq!(write(Timestamp(i64::MAX)), None);
    }

    #[test]
    fn an_expiry_too_far_ahead_is_capped() {
        let now = Timestamp(1_760_000_000_000);
        let soon = now.plus(Duration::from_secs(1800));
        assert_eq!(expiry(soon, now), soon);
        assert_eq!(expiry(now.plus(EXPIRES_WITHIN * 2), now), now.plus(EXPIRES_WITHIN));
        assert!(write(expiry(Timestamp(i64::MAX), now)).is_some());
    }
}
