//! The fields of `biz_content`, each with its rule.

use std::time::Duration;

use serde_json::{Map, Value};
use tradepost::domain::clock::Timestamp;

use crate::platform::china::{read_wall, read_yuan, wall};
use crate::platform::front::Said;

const INVALID: &str = "ACQ.INVALID_PARAMETER";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// 100,000,000.00
const LARGEST: i64 = 10_000_000_000;

pub struct Biz<'a>(pub &'a Map<String, Value>);

pub fn invalid(why: &str) -> Said {
    Said::wrong(INVALID, why)
}

impl<'a> Biz<'a> {
    /// Only these fields are there: a misspelt one would be ignored by the gateway, and missed by nobody.
    pub fn only(&self, names: &[&str]) -> Result<(), Said> {
        match self.0.keys().find(|name| !names.contains(&name.as_str())) {
            Some(name) => Err(invalid(&format!("nobody knows {name}"))),
            None => Ok(()),
        }
    }

    /// A text of 1 to `longest` characters, if it is there.
    pub fn text(&self, name: &str, longest: usize) -> Result<Option<&'a str>, Said> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let text = value.as_str().filter(|text| (1..=longest).contains(&text.chars().count()));
        text.map(Some).ok_or_else(|| invalid(&format!("{name} is {value}")))
    }

    pub fn must(&self, name: &str, longest: usize) -> Result<&'a str, Said> {
        self.text(name, longest)?.ok_or_else(|| invalid(&format!("no {name}")))
    }

    /// A number of the shop.
    pub fn number(&self, name: &str) -> Result<Option<&'a str>, Said> {
        let text = self.text(name, 64)?;
        match text {
            Some(text) if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
                Err(invalid(&format!("{name} is {text}")))
            }
            text => Ok(text),
        }
    }

    /// An amount in yuan, as fen.
    pub fn amount(&self, name: &str) -> Result<i64, Said> {
        let text = self.must(name, 12)?;
        let fen = read_yuan(text).filter(|fen| (1..=LARGEST).contains(fen));
        fen.ok_or_else(|| invalid(&format!("{name} is {text}")))
    }

    /// When the trade ends: an absolute time or a relative one.
    pub fn ends(&self, usual: Duration, now: Timestamp) -> Result<Timestamp, Said> {
        let (at, within) = (self.text("time_expire", 32)?, self.text("timeout_express", 6)?);
        let at = match (at, within) {
            (None, None) => Some(now.plus(usual)),
            (Some(at), None) => read_wall(at).filter(|at| *at > now),
            (None, Some(within)) => read_within(within, now),
            (Some(_), Some(_)) => None,
        };
        at.ok_or_else(|| invalid("it ends at no time that is yet to come"))
    }
}

/// `1m` to `15d`; `1c` is the end of the day.
fn read_within(text: &str, now: Timestamp) -> Option<Timestamp> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u32 = count.parse().ok().filter(|count| *count > 0)?;
    let unit = match unit {
        "m" => Duration::from_secs(60),
        "h" => Duration::from_secs(60 * 60),
        "d" => DAY,
        "c" if count == 1 => {
            return read_wall(&format!("{} 00:00:00", &wall(now.plus(DAY))[..10]));
        }
        _ => return None,
    };
    let within = unit.checked_mul(count).filter(|within| *within <= DAY * 15)?;
    Some(now.plus(within))
}
