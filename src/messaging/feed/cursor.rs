//! The cursor of the events: a position in the chain of each owner that has some.

use std::fmt;

use serde::Deserialize;

use super::Position;
use crate::domain::Invalid;

/// Positions in the chains of Order, Goods and Coupon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FeedCursor {
    /// Position in the chain of Order.
    pub order: Position,
    /// Position in the chain of Goods.
    pub goods: Position,
    /// Position in the chain of Coupon.
    pub coupon: Position,
}

impl FeedCursor {
    /// The cursors as a regular expression.
    #[must_use]
    pub fn pattern() -> String {
        let position = Position::PATTERN;
        format!("{position}-{position}-{position}")
    }
}

impl fmt::Display for FeedCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.order, self.goods, self.coupon)
    }
}

impl TryFrom<String> for FeedCursor {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let parse = || {
            let mut positions = text.split('-').map(|part| part.parse().ok());
            let cursor = Self { order: positions.next()??, goods: positions.next()??, coupon: positions.next()?? };
            positions.next().is_none().then_some(cursor)
        };
        parse().ok_or(Invalid("must be a cursor of an earlier answer"))
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let pattern = Regex::new(&format!("^{}$", FeedCursor::pattern())).unwrap();
        let position = |link, line| Position { link, line };
        let cursor = FeedCursor { order: position(31, 2), goods: position(0, 0), coupon: position(5, 10) };
        for (cursor, text) in [(cursor, "1f.2-0.0-5.a"), (FeedCursor::default(), "0.0-0.0-0.0")] {
            assert_eq!((cursor.to_string().as_str(), FeedCursor::try_from(text.to_owned())), (text, Ok(cursor)));
            assert!(pattern.is_match(text), "{text}");
        }
        for bad in ["", "0.0", "0.0-0.0", "0.0-0.0-0.0-0.0", "0.0-0.0-0.00", "a-b-c", "0.0-0.0-0.0 "] {
            assert!(FeedCursor::try_from(bad.to_owned()).is_err() && !pattern.is_match(bad), "{bad:?}");
        }
    }
}
