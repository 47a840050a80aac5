//! Building blocks of HTML pages: plain HTML with one inline style sheet.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};

const STYLE: &str = include_str!("style.css");

/// Content security policy of a page without scripts: an inline style, forms to this server, nothing else.
pub const PLAIN: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/// The response with `page`; `policy` is its content security policy.
#[must_use]
pub fn page(status: StatusCode, policy: &'static str, page: String) -> HttpResponse {
    HttpResponseBuilder::new(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(page)
}

/// A whole document. `head` is markup for its head, besides title and style; `body` is the visible markup.
#[must_use]
pub fn document(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{head}\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
}

/// A line with the outcome of a payment; the CSS class `class` gives it its colour.
#[must_use]
pub fn outcome(class: &str, text: &str) -> String {
    format!("<p class=\"outcome {class}\" role=\"status\">{text}</p>")
}

/// `text` escaped for HTML, also inside quoted attributes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
