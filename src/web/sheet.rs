//! A page of one card, such as that of a payment.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::asset;
use super::language::{Words, link};
use super::layout::{Document, respond};

/// A page of one card.
pub struct Sheet<'a> {
    /// Language of the page.
    pub words: &'static Words,
    /// Path of the page, to which the switch of the language returns.
    pub path: &'a str,
    /// Heading of the page.
    pub title: &'a str,
    /// Line above the heading.
    pub eyebrow: &'a str,
    /// Everything below the heading.
    pub content: Markup,
}

impl Sheet<'_> {
    /// The response with the page.
    #[must_use]
    pub fn respond(self, status: StatusCode) -> HttpResponse {
        let Self { words, path, title, eyebrow, content } = self;
        let body = html! {
            link rel="stylesheet" href=(asset::SHOP.path);
            div.sheet {
                main {
                    p.eyebrow { (eyebrow) }
                    h1 { (title) }
                    (content)
                }
                a href=(link(words.other(), path)) lang=(words.other().code) hreflang=(words.other().code) {
                    (words.other().name)
                }
            }
        };
        let scripts = [&*asset::HTMX, &*asset::PAY];
        respond(status, Document { words, title, scripts: &scripts, body }.markup())
    }
}
