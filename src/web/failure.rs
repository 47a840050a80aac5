//! Errors as pages.

use actix_web::HttpResponse;
use actix_web::http::header;
use maud::{Markup, html};

use super::language::Words;
use super::layout::{Document, respond};
use super::session::Area;
use crate::http::problem::{Code, Problem};

/// The page of a problem in `area`.
#[must_use]
pub fn page(words: &'static Words, area: &Area, problem: &Problem) -> HttpResponse {
    let title = title(words, problem.code);
    let document = Document { words, title, scripts: &[], body: body(words, area, title, problem) };
    let mut response = respond(problem.code.status(), document.markup());
    if let Some(seconds) = problem.retry_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn title(words: &Words, code: Code) -> &'static str {
    let failure = &words.failure;
    match code.status().as_u16() {
        401 => failure.signed_out,
        403 => failure.forbidden,
        404 => failure.not_found,
        503 => failure.busy,
        500.. => failure.internal,
        409 | 412 => failure.conflict,
        _ => failure.invalid,
    }
}

fn body(words: &Words, area: &Area, title: &str, problem: &Problem) -> Markup {
    html! {
        main.alone {
            section.card {
                p.eyebrow { (problem.code.status().as_u16()) " · " code { (problem.code.name()) } }
                h1 { (title) }
                @if problem.errors().is_empty() {
                    p { (problem.detail()) }
                } @else {
                    ul { @for error in problem.errors() { li { b { (error.field) } " " (error.detail) } } }
                }
                p.soft { (words.failure.back) }
                p { a.button href=(area.home) { (words.failure.home) } }
            }
        }
    }
}
