//! Pages of a list, and the list as a file.

use maud::{Markup, html};

use super::filters::with;
use crate::web::language::Words;

/// Links to the first and to the next page of a list; none if all of it is shown.
#[must_use]
pub fn pager(words: &Words, path: &str, pairs: &[(String, String)], next_cursor: Option<&str>) -> Markup {
    let is_later = pairs.iter().any(|(name, _)| name == "cursor");
    html! {
        @if is_later || next_cursor.is_some() {
            nav.pager {
                @if is_later { a.button href=(with(path, pairs, "cursor", None)) { (words.common.first) } }
                @if let Some(cursor) = next_cursor {
                    a.button rel="next" href=(with(path, pairs, "cursor", Some(cursor))) { (words.common.next) }
                }
            }
        }
    }
}

/// A link to the list at `path` with the same filters as CSV: `path.csv`.
#[must_use]
pub fn csv_link(words: &Words, path: &str, pairs: &[(String, String)]) -> Markup {
    let address = with(&format!("{path}.csv"), pairs, "cursor", None);
    html! { a.button href=(address) download { (words.common.csv) } }
}
