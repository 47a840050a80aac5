//! `/problems/{code}`: the page that the `type` of a problem points to.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::html::{document, escaped, page};
use crate::http::problem::Code;

/// The documentation, whose table of problems says when each code is used.
const DOCUMENTATION: &str = include_str!("../../../docs/http.md");

/// `GET /problems/{code}`
pub async fn show(code: web::Path<String>) -> HttpResponse {
    match Code::ALL.iter().find(|known| known.name() == code.as_str()) {
        Some(code) => page(StatusCode::OK, render(*code)),
        None => {
            let text = "<h1>No such problem</h1>\n<p>The shop has no problem with this code.</p>";
            page(StatusCode::NOT_FOUND, document("No such problem", text))
        }
    }
}

fn render(code: Code) -> String {
    let (title, name, status) = (escaped(code.title()), code.name(), code.status().as_u16());
    let when = when(code).map(|when| format!("\n<p class=\"note\">{}</p>", marked_up(when)));
    let body = format!(
        "<p class=\"eyebrow\">HTTP {status} · <code>{name}</code></p>\n<h1>{title}</h1>{when}",
        when = when.unwrap_or_default()
    );
    document(&title, &body)
}

/// The text of the documentation on when a code is used; `None` if it says no more than the title.
fn when(code: Code) -> Option<&'static str> {
    let row = format!("| `{}` | {} | ", code.name(), code.status().as_u16());
    let when = DOCUMENTATION.lines().find_map(|line| line.strip_prefix(&row))?;
    Some(when.trim_end_matches('|').trim()).filter(|when| !when.is_empty())
}

/// `text` as HTML: words in backticks are code.
fn marked_up(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_when_its_code_is_used() {
        let page = render(Code::InsufficientBalance);
        assert!(page.contains("HTTP 409 · <code>insufficient_balance</code>"), "{page}");
        assert!(page.contains("the balance is smaller than <code>money_paid</code>"), "{page}");
        let documented = Code::ALL.iter().filter(|code| when(**code).is_some()).count();
        assert!(documented > Code::ALL.len() / 2, "the table of the documentation is not read");
    }
}
