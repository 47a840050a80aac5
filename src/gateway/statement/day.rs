//! The days of statements. They begin and end in China Standard Time, UTC+8 without daylight saving.

use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::Deserialize;

use crate::domain::Invalid;
use crate::domain::clock::Timestamp;

const UTC_OFFSET_HOURS: i8 = 8;
/// The formats of the platforms, and those that spreadsheets make of them.
const FORMATS: [&str; 4] = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"];

/// A day of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(Date);

impl Day {
    /// The day of a moment; `None` if it is out of the calendar's range.
    #[must_use]
    pub fn of(moment: Timestamp) -> Option<Self> {
        let moment = jiff::Timestamp::from_millisecond(moment.0).ok()?;
        Some(Self(jiff::tz::offset(UTC_OFFSET_HOURS).to_datetime(moment).date()))
    }

    /// The first millisecond of the day; `None` at the end of the calendar.
    #[must_use]
    pub fn first(self) -> Option<Timestamp> {
        moment(self.0.to_datetime(jiff::civil::Time::midnight()))
    }

    /// The last millisecond of the day; `None` at the end of the calendar.
    #[must_use]
    pub fn last(self) -> Option<Timestamp> {
        let next = Self(self.0.checked_add(1.day()).ok()?).first()?;
        Some(Timestamp(next.0.checked_sub(1)?))
    }
}

impl FromStr for Day {
    type Err = Invalid;

    /// Parses `2026-11-25`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let day = Date::strptime("%Y-%m-%d", text).ok().filter(|day| day.to_string() == text);
        day.map(Self).ok_or(Invalid("must be a day such as 2026-11-25"))
    }
}

impl TryFrom<String> for Day {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Reads a time of a statement.
#[must_use]
pub fn read_time(text: &str) -> Option<Timestamp> {
    FORMATS.iter().find_map(|format| DateTime::strptime(format, text).ok()).and_then(moment)
}

fn moment(local: DateTime) -> Option<Timestamp> {
    let moment = jiff::tz::offset(UTC_OFFSET_HOURS).to_timestamp(local).ok()?;
    Some(Timestamp(moment.as_millisecond()))
}

/// The whole days of these moments: the first millisecond of the earliest and the last of the latest; `None` if there
/// are none.
pub fn whole_days(moments: impl Iterator<Item = Timestamp> + Clone) -> Option<(Timestamp, Timestamp)> {
    let (earliest, latest) = (Day::of(moments.clone().min()?)?, Day::of(moments.max()?)?);
    Some((earliest.first()?, latest.last()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_in_china() {
        let day: Day = "2025-10-09".parse().unwrap();
        assert_eq!(day.first(), Some(Timestamp(1_759_939_200_000)));
        assert_eq!(day.last(), Some(Timestamp(1_760_025_599_999)));
        assert_eq!(Day::of(Timestamp(1_760_025_599_999)), Some(day));
        assert_eq!(Day::of(Timestamp(1_760_025_600_000)), "2025-10-10".parse().ok());
        assert_eq!(day.to_string(), "2025-10-09");
        for bad in ["", "2025-10-9", "20251009", "2025-02-30", "yesterday", "2025-10-09 "] {
            assert!(bad.parse::<Day>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_time_is_read_as_the_platform_or_a_spreadsheet_writes_it() {
        let at = Some(Timestamp(1_760_000_000_000));
        assert_eq!(read_time("2025-10-09 16:53:20"), at);
        assert_eq!(read_time("2025/10/9 16:53:20"), at);
        assert_eq!(read_time("2025/10/9 16:53"), Some(Timestamp(1_759_999_980_000)));
        assert_eq!(read_time("45939.7"), None);
    }
}
