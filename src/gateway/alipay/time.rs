//! Times as Alipay writes them: in China, which is eight hours ahead of UTC the whole year.

use std::time::Duration;

use crate::domain::clock::Timestamp;

const HOURS_AHEAD: i8 = 8;
/// Alipay refuses an end that is more than fifteen days away, by its own clock.
const END_WITHIN: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// `yyyy-MM-dd HH:mm:ss`; none for a moment no calendar has.
#[must_use]
pub fn write(moment: Timestamp) -> Option<String> {
    let moment = jiff::Timestamp::from_millisecond(moment.0).ok()?;
    let there = jiff::tz::offset(HOURS_AHEAD).to_datetime(moment);
    Some(there.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// When a payment ends at Alipay: at `closes_at`, or as late before that as can be told.
#[must_use]
pub fn end(closes_at: Timestamp, now: Timestamp) -> Timestamp {
    closes_at.min(now.plus(END_WITHIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_chinas() {
        assert_eq!(write(Timestamp(1_760_000_000_999)).as_deref(), Some("2025-10-09 16:53:20"));
        assert_eq!(write(Timestamp(0)).as_deref(), Some("1970-01-01 08:00:00"));
        assert_eq!(write(Timestamp(i64::MAX)), None);
    }

    #[test]
    fn an_end_too_far_away_comes_earlier_and_never_later() {
        let now = Timestamp(1_760_000_000_000);
        let soon = now.plus(Duration::from_secs(1800));
        assert_eq!(end(soon, now), soon);
        assert_eq!(end(now.plus(END_WITHIN * 2), now), now.plus(END_WITHIN));
        assert!(write(end(Timestamp(i64::MAX), now)).is_some());
    }
}
