//! Positions in the chain of an owner.

use std::fmt;
use std::str::FromStr;

use crate::domain::Invalid;

/// The largest number of a line. A link has at most 60,000 bytes.
const LINE_MAX: i64 = 0xffff;

/// A position in the chain of an owner: the next line to read. Links are appended one after the other, under a lock, and
/// never changed, so that no line ever appears before a position that was read once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Number of the link, from 0.
    pub link: i64,
    /// Number of the line in its link, from 0.
    pub line: i64,
}

impl Position {
    /// The positions as a regular expression.
    pub const PATTERN: &'static str = "(?:0|[1-7][0-9a-f]{0,15}|[89a-f][0-9a-f]{0,14})\\.(?:0|[1-9a-f][0-9a-f]{0,3})";
}

/// Link and line in hexadecimal digits.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}", self.link, self.line)
    }
}

impl FromStr for Position {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parse = || {
            let (link, line) = text.split_once('.')?;
            let (link, line) = (i64::from_str_radix(link, 16).ok()?, i64::from_str_radix(line, 16).ok()?);
            // Each position has one spelling.
            let position = Self { link, line };
            (link >= 0 && (0..=LINE_MAX).contains(&line) && position.to_string() == text).then_some(position)
        };
        parse().ok_or(Invalid("is not a position in a chain"))
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn a_position_has_one_spelling() {
        let pattern = Regex::new(&format!("^{}$", Position::PATTERN)).unwrap();
        for (text, link, line) in [("0.0", 0, 0), ("1f.a", 31, 10), ("7fffffffffffffff.ffff", i64::MAX, 0xffff)] {
            let position = Position { link, line };
            assert_eq!((text.parse(), position.to_string().as_str()), (Ok(position), text));
            assert!(pattern.is_match(text), "{text}");
        }
        for bad in ["", "0", ".", "00.0", "1F.0", "1.-1", "+1.0", "1.0.0", "1.10000", "8000000000000000.0", " 1.0"] {
            assert!(bad.parse::<Position>().is_err() && !pattern.is_match(bad), "{bad:?}");
        }
    }
}
