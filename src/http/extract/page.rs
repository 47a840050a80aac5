//! Lists come in pages, newest first.

use serde::{Deserialize, Serialize};

use crate::domain::Invalid;
use crate::domain::id::Id;

/// Which page of a list.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// How many are on it.
    #[serde(default)]
    pub limit: Limit,
    /// Where it begins.
    #[serde(default)]
    pub cursor: Cursor,
}

/// How many are on a page: 1 to 100.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct Limit(u8);

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

/// Where the last page ended: an id, in hexadecimal so that nobody takes it for one; where several items have the same id,
/// a point and the number of the item.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Cursor(Option<(i64, i32)>);

impl TryFrom<String> for Cursor {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let (id, part) = text.split_once('.').unwrap_or((&text, "0"));
        let hexadecimal = id.bytes().all(|b| b.is_ascii_hexdigit());
        match (i64::from_str_radix(id, 16), part.parse()) {
            (Ok(id), Ok(part @ 0..=9)) if id > 0 && hexadecimal => Ok(Self(Some((id, part)))),
            _ => Err(Invalid("must be the next_cursor of an earlier answer")),
        }
    }
}

impl Page {
    /// The page begins with what is older than this.
    #[must_use]
    pub fn before<T: 'static>(&self) -> Option<Id<T>> {
        self.cursor.0.map(|(id, _)| Id::new(id))
    }

    /// The same, where several items have the same id.
    #[must_use]
    pub fn before_part<T: 'static>(&self) -> Option<(Id<T>, i32)> {
        self.cursor.0.map(|(id, part)| (Id::new(id), part))
    }

    /// How many to ask for: one more than the page has, which tells whether there is another.
    #[must_use]
    pub fn ask_for(&self) -> i64 {
        i64::from(self.limit.0) + 1
    }

    /// The answer, from [`Self::ask_for`] items or fewer.
    #[must_use]
    pub fn of<I, T: 'static>(&self, items: Vec<I>, id: impl Fn(&I) -> Id<T>) -> List<I> {
        self.ending(items, |item| format!("{:x}", id(item).get()))
    }

    /// The same, where several items have the same id.
    #[must_use]
    pub fn of_parts<I, T: 'static>(&self, items: Vec<I>, id: impl Fn(&I) -> (Id<T>, i32)) -> List<I> {
        self.ending(items, |item| {
            let (id, part) = id(item);
            format!("{:x}.{part}", id.get())
        })
    }

    /// The same, with a cursor of another form.
    #[must_use]
    pub fn ending<I>(&self, mut items: Vec<I>, cursor: impl Fn(&I) -> String) -> List<I> {
        let limit = usize::from(self.limit.0);
        let more = items.len() > limit;
        items.truncate(limit);
        List { next_cursor: items.last().filter(|_| more).map(cursor), items }
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
        assert_eq!(Cursor::try_from("1f".to_owned()).unwrap().0, Some((31, 0)));
        assert_eq!(Cursor::try_from("1f.2".to_owned()).unwrap().0, Some((31, 2)));
        for bad in ["", "0", "-1", "+1", "ffffffffffffffff", "1_0", "1.", ".1", "1.10", "1.-1"] {
            assert!(Cursor::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
