//! Tables. On a phone, a table scrolls inside its card.

use maud::{Markup, html};

use super::value::empty;
use crate::web::language::Words;

/// The heading of a column.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// A column of text.
    Text(&'a str),
    /// A column of numbers, which end at the right.
    Number(&'a str),
}

impl<'a> Column<'a> {
    const fn heading(self) -> &'a str {
        match self {
            Self::Text(heading) | Self::Number(heading) => heading,
        }
    }

    const fn class(self) -> Option<&'static str> {
        match self {
            Self::Text(_) => None,
            Self::Number(_) => Some("r"),
        }
    }
}

/// A table with a row for each item, or a text if there are none. A row has a cell for each column.
#[must_use]
pub fn table(words: &Words, columns: &[Column<'_>], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return empty(words);
    }
    html! {
        div.scroll tabindex="0" {
            table {
                thead { tr { @for column in columns { th scope="col" class=[column.class()] { (column.heading()) } } } }
                tbody {
                    @for row in rows {
                        tr { @for (column, cell) in columns.iter().zip(row) { td class=[column.class()] { (cell) } } }
                    }
                }
            }
        }
    }
}
