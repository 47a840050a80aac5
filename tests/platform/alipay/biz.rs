//! The rules of the fields of `biz_content`.

use std::time::Duration;

use serde_json::{Map, Value};
use tradepost::domain::clock::Timestamp;

use crate::platform::china::{read_wall, read_yuan, wall};
use crate::platform::front::Answer;

const INVALID: &str = "ACQ.INVALID_PARAMETER";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The largest amount: 100,000,000.00 in fen.
const LARGEST: i64 = 10_000_000_000;

pub struct Biz<'a>(pub &'a Map<String, Value>);

pub fn invalid(why: &str) -> Answer {
    Answer::wrong(INVALID, why)
}

impl<'a> Biz<'a> {
    /// Only these fields are allowed. The gateway ignores others, which would hide a misspelt name.
    pub fn only(&self, names: &[&str]) -> Result<(), Answer> {
        match self.0.keys().find(|name| !names.contains(&name.as_str())) {
            Some(name) => Err(invalid(&format!("unknown field {name}"))),
            None => Ok(()),
        }
    }

    /// An optional text of 1 to `longest` characters.
    pub fn text(&self, name: &str, longest: usize) -> Result<Option<&'a str>, Answer> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let text = value.as_str().filter(|text| (1..=longest).contains(&text.chars().count()));
        text.map(Some).ok_or_else(|| invalid(&format!("{name} is {value}")))
    }

    pub fn must(&self, name: &str, longest: usize) -> Result<&'a str, Answer> {
        self.text(name, longest)?.ok_or_else(|| invalid(&format!("no {name}")))
    }

    /// An optional number of the shop.
    pub fn number(&self, name: &str) -> Result<Option<&'a str>, Answer> {
        let text = self.text(name, 64)?;
        match text {
            Some(text) if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
                Err(invalid(&format!("{name} is {text}")))
            }
            text => Ok(text),
        }
    }

    /// An amount in yuan, returned in fen.
    pub fn amount(&self, name: &str) -> Result<i64, Answer> {
        let text = self.must(name, 12)?;
        let fen = read_yuan(text).filter(|fen| (1..=LARGEST).contains(fen));
        fen.ok_or_else(|| invalid(&format!("{name} is {text}")))
    }

    /// The time at which the trade ends, given absolutely or relatively; `usual` from now if it is not given.
    pub fn ends(&self, usual: Duration, now: Timestamp) -> Result<Timestamp, Answer> {
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

/// Reads `1m` to `15d`, or `1c` for the end of the day.
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
