//! Times and amounts in the formats of the platforms: China's time zone, yuan with two decimals.

use jiff::civil::DateTime;
use jiff::tz::{TimeZone, offset};
use rust_decimal::Decimal;
use tradepost::domain::clock::Timestamp;

const WALL: &str = "%Y-%m-%d %H:%M:%S";

fn zone() -> TimeZone {
    TimeZone::fixed(offset(8))
}

fn written(at: Timestamp, format: &str) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap().to_zoned(zone()).strftime(format).to_string()
}

/// `2025-10-09 16:53:20`
pub fn wall(at: Timestamp) -> String {
    written(at, WALL)
}

/// `2025-10-09`
pub fn date(at: Timestamp) -> String {
    written(at, "%Y-%m-%d")
}

/// `20251009`
pub fn day(at: Timestamp) -> String {
    written(at, "%Y%m%d")
}

/// `2025-10-09T16:53:20+08:00`
pub fn rfc3339(at: Timestamp) -> String {
    written(at, "%Y-%m-%dT%H:%M:%S+08:00")
}

/// Reads the format of [`wall`] only.
pub fn read_wall(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime(WALL, text).ok()?.to_zoned(zone()).ok()?;
    let at = Timestamp(time.timestamp().as_millisecond());
    (wall(at) == text).then_some(at)
}

/// Reads a time of RFC 3339 with China's offset.
pub fn read_rfc3339(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.strip_suffix("+08:00").and(Some(text))?.parse().ok()?;
    Some(Timestamp(time.as_millisecond()))
}

/// Fen in yuan: `88.88`.
pub fn yuan(fen: i64) -> String {
    format!("{:.2}", Decimal::new(fen, 2))
}

/// Reads yuan as fen: digits without a leading zero, and at most two decimals.
pub fn read_yuan(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, longest| (1..=longest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_plain = whole == "0" || !whole.starts_with('0');
    if !is_plain || !digits(whole, 9) || !digits(fraction, 2) {
        return None;
    }
    let fen = Decimal::from_str_exact(text).ok()? * Decimal::ONE_HUNDRED;
    i64::try_from(fen).ok()
}
