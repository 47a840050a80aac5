//! The document around every page, and the headers that a page is sent with.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use maud::{DOCTYPE, Markup, html};

use super::asset::{self, Asset};
use super::language::Words;

/// Content security policy of all pages: everything comes from this server, and no page is shown inside another one.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Settings of htmx: no style of its own, no part in the history of the browser, and no error inside a page.
const HTMX_SETTINGS: &str = r#"{"includeIndicatorCSS":false,"history":false,"noSwap":[204,304,"4xx","5xx"]}"#;

/// A whole document.
pub struct Document<'a> {
    /// Language of the page.
    pub words: &'static Words,
    /// Title in the browser, before the name of the program.
    pub title: &'a str,
    /// Scripts besides that of the keys.
    pub scripts: &'a [&'a Asset],
    /// The visible part.
    pub body: Markup,
}

impl Document<'_> {
    /// The document as markup.
    #[must_use]
    pub fn markup(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.words.code) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Tradepost" }
                    link rel="stylesheet" href=(asset::STYLE.path);
                    link rel="icon" href="data:,";
                    @if !self.scripts.is_empty() {
                        meta name="htmx-config" content=(HTMX_SETTINGS);
                    }
                    script src=(asset::KEYS.path) defer {}
                    @for script in self.scripts { script src=(script.path) defer {} }
                }
                body { (self.body) }
            }
        }
    }
}

/// The headers that every page is sent with. The policy "no-referrer" would make browsers send the origin "null" with forms.
#[must_use]
pub fn headers() -> [(HeaderName, HeaderValue); 4] {
    [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    ]
}

/// The response with a page.
#[must_use]
pub fn respond(status: StatusCode, page: Markup) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(status);
    response.content_type("text/html; charset=utf-8");
    for header in headers() {
        response.insert_header(header);
    }
    response.body(page.into_string())
}
