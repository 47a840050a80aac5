//! Pages that follow a state. With script, the page asks for its own address and loads again when the state has changed;
//! without, it loads again every few seconds.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};
use maud::{Markup, html};

/// Header that htmx sends with its requests.
const FROM_HTMX: &str = "hx-request";
/// Header of an answer that makes htmx load the page again.
const LOAD_AGAIN: &str = "hx-refresh";
/// Name of the parameter with the state that the page shows.
const SHOWN: &str = "shown";

/// A short text that differs for different states.
#[must_use]
pub fn digest_of(state: &impl std::fmt::Debug) -> String {
    hex::encode(digest(&SHA256, format!("{state:?}").as_bytes())).chars().take(16).collect()
}

/// Markup that makes the page at `path` follow its state. The page needs the script of htmx.
#[must_use]
pub fn follow(path: &str, state: &str) -> Markup {
    html! {
        div hidden hx-get=(format!("{path}?{SHOWN}={state}")) hx-trigger="every 2s" hx-swap="none" {}
        // In the body, because only a page that follows a state has it. Browsers obey it there too.
        noscript { meta http-equiv="refresh" content="3"; }
    }
}

/// The answer to a page that asks whether `state` is still what it shows; `None` for any other request.
#[must_use]
pub fn answer(req: &HttpRequest, state: &str) -> Option<HttpResponse> {
    if !req.headers().contains_key(FROM_HTMX) {
        return None;
    }
    let mut pairs = form_urlencoded::parse(req.query_string().as_bytes());
    if pairs.any(|(name, value)| name == SHOWN && value == state) {
        return Some(HttpResponse::NoContent().finish());
    }
    Some(HttpResponse::build(StatusCode::OK).insert_header((LOAD_AGAIN, "true")).finish())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_page_is_loaded_again_only_if_its_state_has_changed() {
        let ask = |path: &str| TestRequest::with_uri(path).insert_header((FROM_HTMX, "true")).to_http_request();
        let same = answer(&ask("/pay/1?shown=abc"), "abc").unwrap();
        assert_eq!((same.status(), same.headers().contains_key(LOAD_AGAIN)), (StatusCode::NO_CONTENT, false));
        for path in ["/pay/1?shown=xyz", "/pay/1"] {
            let changed = answer(&ask(path), "abc").unwrap();
            assert_eq!((changed.status(), changed.headers().contains_key(LOAD_AGAIN)), (StatusCode::OK, true));
        }
        assert!(answer(&TestRequest::with_uri("/pay/1?shown=abc").to_http_request(), "abc").is_none());
        assert_ne!(digest_of(&(1, "a")), digest_of(&(1, "b")));
    }
}
