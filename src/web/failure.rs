//! Errors as pages.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use maud::{Markup, html};

use super::language::{ENGLISH, Words};
use super::layout::{Document, headers};
use super::session::Area;
use crate::http::page_failure::PageFailure;
use crate::http::problem::{Code, FieldError, Problem};

/// The response with the page of a problem in `area`.
#[must_use]
pub fn page(words: &'static Words, area: &Area, problem: &Problem) -> HttpResponse {
    failure(words, area, problem).error_response()
}

/// The page of a problem in `area`, as an error.
#[must_use]
pub fn failure(words: &'static Words, area: &Area, problem: &Problem) -> PageFailure {
    let title = title(words, problem.code);
    let document = Document { words, title, scripts: &[], body: body(words, area, title, problem) };
    let mut headers = headers().to_vec();
    headers.extend(problem.retry_seconds().map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
    PageFailure { status: problem.code.status(), headers, document: document.markup().into_string() }
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
                    (detail(words, problem))
                } @else {
                    ul { @for error in problem.errors() { li { b { (error.field) } " " (of_field(words, error)) } } }
                }
                p.soft { (words.failure.back) }
                p { a.button href=(area.home) { (words.failure.home) } }
            }
        }
    }
}

/// The sentence about a problem. The details that handlers give are English; in another language, the page says what the code
/// means, and adds a detail that says more than the code.
fn detail(words: &Words, problem: &Problem) -> Markup {
    let (own, english) = (&words.failure.reasons, &ENGLISH.failure.reasons);
    let known = english.all().into_iter().zip(own.all()).find(|(english, _)| *english == problem.detail());
    html! {
        @if let Some((_, sentence)) = known {
            p { (sentence) }
        } @else if words.code == ENGLISH.code {
            p { (problem.detail()) }
        } @else {
            p { ((words.failure.refusal)(problem.code)) }
            @if problem.detail() != problem.code.detail() { p.soft lang=(ENGLISH.code) { (problem.detail()) } }
        }
    }
}

/// The sentence about a field, in the same way.
fn of_field(words: &Words, error: &FieldError) -> Markup {
    match (words.failure.field)(error) {
        Some((sentence, true)) => html! { (sentence) },
        Some((sentence, false)) => html! { (sentence) " " span.soft lang=(ENGLISH.code) { (error.detail) } },
        None => html! { (error.detail) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::field_code;
    use crate::web::language::CHINESE;
    use crate::web::session::CONSOLE;

    fn text(words: &'static Words, problem: &Problem) -> String {
        failure(words, &CONSOLE, problem).document
    }

    #[test]
    fn every_code_has_a_sentence_in_chinese() {
        for code in Code::ALL {
            let page = text(&CHINESE, &Problem::new(*code));
            assert!(!page.contains("lang=\"en\""), "{code:?}: {page}");
            assert!(!(CHINESE.failure.refusal)(*code).is_ascii(), "{code:?}");
        }
    }

    #[test]
    fn a_detail_that_says_more_than_the_code_is_kept() {
        let problem = Problem::with(Code::AlreadyDecided, "It was dismissed by 7");
        let page = text(&CHINESE, &problem);
        assert!(page.contains("lang=\"en\">It was dismissed by 7<"), "{page}");
        assert!(text(&ENGLISH, &problem).contains("<p>It was dismissed by 7</p>"));
    }

    #[test]
    fn the_errors_of_fields_are_chinese_with_the_values_that_would_be_right() {
        let too_high = FieldError::new("amount", field_code::TOO_HIGH, "must be at most 5.00").with("max", "5.00");
        let word = FieldError::unknown_word("pay_status", &["unpaid", "paid"]);
        let refused = FieldError::new("user_name", Code::UserNameTaken.name(), "is taken");
        let page = text(&CHINESE, &Problem::fields(vec![too_high, word, refused]));
        for wanted in ["5.00", "unpaid、paid", "用户名已被使用"] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
        assert!(!page.contains("lang=\"en\""), "{page}");
        // The rule of a value that is not valid is only there in English.
        let invalid = Problem::field("limit", "must be an integer from 1 to 100");
        assert!(text(&CHINESE, &invalid).contains("lang=\"en\">must be an integer from 1 to 100<"));
    }
}
