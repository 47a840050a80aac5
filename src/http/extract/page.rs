//! Pagination of lists, newest first, by keyset cursors.

use serde::{Deserialize, Serialize};

use crate::domain::Invalid;
use crate::domain::id::Id;

/// The parameters of a page.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Number of items on the page.
    #[serde(default)]
    pub limit: Limit,
    /// Start of the page.
    #[serde(default)]
    pub cursor: Cursor,
}

/// Number of items on a page: 1 to 100, by default 20.
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

/// Position of the last item of the previous page; none for the first page. Its text is the item's id in hexadecimal,
/// so that clients do not use it as an id. If several items share an id, a point and the item's number (0 to 9) follow.
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
    /// The page starts after the item with this id.
    #[must_use]
    pub fn before<T: 'static>(&self) -> Option<Id<T>> {
        self.cursor.0.map(|(id, _)| Id::new(id))
    }

    /// Like [`Self::before`], for lists in which several items share an id.
    #[must_use]
    pub fn before_part<T: 'static>(&self) -> Option<(Id<T>, i32)> {
        self.cursor.0.map(|(id, part)| (Id::new(id), part))
    }

    /// Number of items to fetch: one more than the page has, to find out whether there is a next page.
    #[must_use]
    pub fn fetch_limit(&self) -> i64 {
        i64::from(self.limit.0) + 1
    }

    /// The response, from at most [`Self::fetch_limit`] items.
    #[must_use]
    pub fn list<I, T: 'static>(&self, items: Vec<I>, id: impl Fn(&I) -> Id<T>) -> List<I> {
        self.list_with(items, |item| format!("{:x}", id(item).get()))
    }

    /// Like [`Self::list`], for items that share an id.
    #[must_use]
    pub fn list_parts<I, T: 'static>(&self, items: Vec<I>, id: impl Fn(&I) -> (Id<T>, i32)) -> List<I> {
        self.list_with(items, |item| {
            let (id, part) = id(item);
            format!("{:x}.{part}", id.get())
        })
    }

    /// Like [`Self::list`], with `cursor` making the cursor of an item.
    #[must_use]
    pub fn list_with<I>(&self, mut items: Vec<I>, cursor: impl Fn(&I) -> String) -> List<I> {
        let limit = usize::from(self.limit.0);
        let has_more = items.len() > limit;
        items.truncate(limit);
        List { next_cursor: items.last().filter(|_| has_more).map(cursor), items }
    }
}

/// Response body of a page.
#[derive(Debug, Serialize)]
pub struct List<I> {
    /// The items, newest first.
    pub items: Vec<I>,
    /// Cursor of the next page; `None` on the last page.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::GoodsId;

    #[test]
    fn a_page_has_a_next_cursor_only_if_there_are_more_items() {
        let page = Page { limit: Limit(2), cursor: Cursor(None) };
        let list = |ids: &[i64]| page.list(ids.iter().map(|id| GoodsId::new(*id)).collect(), |id| *id);
        assert_eq!(list(&[40, 31]).next_cursor, None);
        let first = list(&[40, 31, 7]);
        assert_eq!((first.items.len(), first.next_cursor.as_deref()), (2, Some("1f")));
        assert_eq!(Cursor::try_from("1f".to_owned()).unwrap().0, Some((31, 0)));
        assert_eq!(Cursor::try_from("1f.2".to_owned()).unwrap().0, Some((31, 2)));
        for invalid in ["", "0", "-1", "+1", "ffffffffffffffff", "1_0", "1.", ".1", "1.10", "1.-1"] {
            assert!(Cursor::try_from(invalid.to_owned()).is_err(), "{invalid}");
        }
    }
}
