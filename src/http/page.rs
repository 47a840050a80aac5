//! Lists come in pages, newest first.

use serde::{Deserialize, Serialize};

use crate::domain::Invalid;
use crate::domain::id::Id;

/// Which page of a list.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Limit(u8);

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<String> for Limit {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(limit @ 1..=100) if digits => Ok(Self(limit)),
            _ => Err(Invalid("must be an integer from 1 to 100")),
        }
    }
}

/// Where the last page ended: an id, in hexadecimal so that nobody takes it for one.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
struct Cursor(Option<i64>);

impl TryFrom<String> for Cursor {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        match i64::from_str_radix(&text, 16) {
            Ok(id) if id > 0 && text.bytes().all(|b| b.is_ascii_hexdigit()) => Ok(Self(Some(id))),
            _ => Err(Invalid("must be the next_cursor of an earlier answer")),
        }
    }
}

impl Page {
    /// The page begins with what is older than this.
    #[must_use]
    pub fn before<T: 'static>(&self) -> Option<Id<T>> {
        self.cursor.0.map(Id::new)
    }

    /// How many to ask for: one more than the page has, which tells whether there is another.
    #[must_use]
    pub fn ask_for(&self) -> i64 {
        i64::from(self.limit.0) + 1
    }

    /// The answer, from [`Self::ask_for`] items or fewer.
    #[must_use]
    pub fn of<I, T: 'static>(&self, mut items: Vec<I>, id: impl Fn(&I) -> Id<T>) -> List<I> {
        let limit = usize::from(self.limit.0);
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        List { next_cursor: last.map(|item| format!("{:x}", id(item).get())), items }
    }
}

/// A page as it goes out.
#[derive(Debug, Serialize)]
pub struct List<I> {
    /// What is on it.
    pub items: Vec<I>,
    /// Asks for the next one, where there is more.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::GoodsId;

    #[test]
    fn there_is_a_cursor_only_where_there_is_more() {
        let page = Page { limit: Limit(2), cursor: Cursor(None) };
        let of = |ids: &[i64]| page.of(ids.iter().map(|id| GoodsId::new(*id)).collect(), |id| *id);
        assert_eq!(of(&[40, 31]).next_cursor, None);
        let first = of(&[40, 31, 7]);
        assert_eq!((first.items.len(), first.next_cursor.as_deref()), (2, Some("1f")));
        assert_eq!(Cursor::try_from("1f".to_owned()).unwrap().0, Some(31));
        for bad in ["", "0", "-1", "+1", "ffffffffffffffff", "1_0"] {
            assert!(Cursor::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
