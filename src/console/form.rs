//! The form of an act, which leads to its preview.

use maud::{Markup, html};

use crate::web::language::Words;

/// A form that is closed until it is wanted. `title` names the act, and `path` answers with its preview.
#[must_use]
pub fn act_form(words: &Words, title: &str, path: &str, fields: Markup) -> Markup {
    html! {
        details.card {
            summary { (title) " …" }
            form.fields method="post" action=(path) {
                (fields)
                button { (words.order.preview) }
            }
        }
    }
}
