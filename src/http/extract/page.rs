//! Pagination of lists, newest first, by keyset cursors.

use serde::{Deserialize, Serialize};

use crate::domain::Invalid;
use crate::domain::clock::Timestamp;
use crate::domain::id::Id;
use crate::http::problem::Problem;

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

impl Limit {
    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

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
/// so that clients do not use it as an id.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Cursor(Option<i64>);

impl TryFrom<String> for Cursor {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        positive_hexadecimal(&text).map(|id| Self(Some(id))).ok_or(NO_CURSOR)
    }
}

const NO_CURSOR: Invalid = Invalid("must be the next_cursor of an earlier answer");

/// Parses a positive number in hexadecimal digits, as it is written here: in lower case, without leading zeros.
#[must_use]
pub fn positive_hexadecimal(text: &str) -> Option<i64> {
    i64::from_str_radix(text, 16).ok().filter(|number| *number > 0 && format!("{number:x}") == text)
}

/// The positive numbers in hexadecimal digits as a regular expression.
const HEXADECIMAL: &str = "(?:[1-7][0-9a-f]{0,15}|[89a-f][0-9a-f]{0,14})";

/// The form of a cursor, as a regular expression for the OpenAPI document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorForm {
    /// A [`Cursor`].
    Id,
    /// A [`TimedCursor`] of entries: time, id and number.
    Entry,
    /// A [`TimedCursor`] of events: time, platform and event.
    Event,
}

impl CursorForm {
    /// The regular expression.
    #[must_use]
    pub fn pattern(self) -> String {
        match self {
            Self::Id => format!("^{HEXADECIMAL}$"),
            Self::Entry => format!("^{HEXADECIMAL}\\.{HEXADECIMAL}\\.(?:0|[1-9][0-9]{{0,8}})$"),
            Self::Event => format!("^{HEXADECIMAL}\\.[a-z0-9_]{{1,32}}\\.[!-~]{{1,64}}$"),
        }
    }
}

/// The parameters of a page of a list that is sorted by time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedPage {
    /// Number of items on the page.
    #[serde(default)]
    pub limit: Limit,
    /// Start of the page.
    #[serde(default)]
    pub cursor: TimedCursor,
}

/// Position of the last item of the previous page by its time; items of the same millisecond differ by a second part.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct TimedCursor(Option<(Timestamp, String)>);

/// The longest second part of a cursor: a platform's name, a full stop and the id of an event.
const TIE_LENGTH_MAX: usize = 32 + 1 + 64;

impl TryFrom<String> for TimedCursor {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let (at, tie) = text.split_once('.').ok_or(NO_CURSOR)?;
        let is_tie = (1..=TIE_LENGTH_MAX).contains(&tie.len()) && tie.bytes().all(|b| b.is_ascii_graphic());
        let at = positive_hexadecimal(at).filter(|_| is_tie).ok_or(NO_CURSOR)?;
        Ok(Self(Some((Timestamp(at), tie.to_owned()))))
    }
}

impl TimedPage {
    /// The position after which the page starts: the time of an item, and what `parse` makes of the second part.
    ///
    /// # Errors
    /// 422 if `parse` makes nothing of it.
    pub fn before<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<(Timestamp, T)>, Problem> {
        let invalid = || Problem::field("cursor", NO_CURSOR.0);
        let before = self.cursor.0.as_ref();
        before.map(|(at, tie)| parse(tie).map(|tie| (*at, tie)).ok_or_else(invalid)).transpose()
    }

    /// Number of items to fetch: one more than the page has, to find out whether there is a next page.
    #[must_use]
    pub fn fetch_limit(&self) -> i64 {
        i64::from(self.limit.0) + 1
    }

    /// The response, from at most [`Self::fetch_limit`] items. `position` is the time of an item and the second part.
    #[must_use]
    pub fn list<I>(&self, items: Vec<I>, position: impl Fn(&I) -> (Timestamp, String)) -> List<I> {
        let page = Page { limit: self.limit, cursor: Cursor::default() };
        page.list_with(items, |item| {
            let (at, tie) = position(item);
            format!("{:x}.{tie}", at.0)
        })
    }
}

impl Page {
    /// The page starts after the item with this id.
    #[must_use]
    pub fn before<T: 'static>(&self) -> Option<Id<T>> {
        self.cursor.0.map(Id::new)
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
    use regex::Regex;

    use super::*;
    use crate::domain::id::GoodsId;

    #[test]
    fn a_page_has_a_next_cursor_only_if_there_are_more_items() {
        let page = Page { limit: Limit(2), cursor: Cursor(None) };
        let list = |ids: &[i64]| page.list(ids.iter().map(|id| GoodsId::new(*id)).collect(), |id| *id);
        assert_eq!(list(&[40, 31]).next_cursor, None);
        let first = list(&[40, 31, 7]);
        assert_eq!((first.items.len(), first.next_cursor.as_deref()), (2, Some("1f")));
        assert_eq!(Cursor::try_from("1f".to_owned()).unwrap().0, Some(31));
        let pattern = Regex::new(&CursorForm::Id.pattern()).unwrap();
        for valid in ["1", "1f", "8", "fffffffffffffff", "7fffffffffffffff"] {
            assert!(Cursor::try_from(valid.to_owned()).is_ok() && pattern.is_match(valid), "{valid}");
        }
        for invalid in
            ["", "0", "-1", "+1", "ffffffffffffffff", "8000000000000000", "1_0", "1.", ".1", "1.2", "1F", "01", " 1"]
        {
            assert!(Cursor::try_from(invalid.to_owned()).is_err() && !pattern.is_match(invalid), "{invalid}");
        }
        assert_eq!(TimedCursor::try_from("1f.a.b".to_owned()).unwrap().0, Some((Timestamp(31), "a.b".to_owned())));
        for invalid in ["", "1f", "0.a", ".a", "1f.", "1f.a b", "1f.\n", "x.a"] {
            assert!(TimedCursor::try_from(invalid.to_owned()).is_err(), "{invalid}");
        }
    }
}
