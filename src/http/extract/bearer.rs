//! The `Authorization` header, which has an access token or an API key.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::http::problem::{Code, FieldError, Problem, field_code};

/// The name of the header, as problems have it.
pub const AUTHORIZATION: &str = "Authorization";

/// The only bearer token of the request.
#[must_use]
pub fn bearer(req: &HttpRequest) -> Option<&str> {
    let mut values = req.headers().get_all(header::AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    // `HeaderValue::to_str` looks at each byte by itself, and tokens are long.
    let text = std::str::from_utf8(value.as_bytes()).ok().filter(|text| text.is_ascii())?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// 401: the request needs a token.
#[must_use]
pub fn sign_in_required() -> Problem {
    unauthenticated(field_code::TOKEN_MISSING, "must be \"Bearer \" and an access token")
}

/// 401, with what is wrong with the token.
#[must_use]
pub fn unauthenticated(code: &'static str, detail: &str) -> Problem {
    Problem::new(Code::Unauthenticated).about(vec![FieldError::new(AUTHORIZATION, code, detail)])
}
