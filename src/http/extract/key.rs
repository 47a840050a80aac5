//! The `Idempotency-Key` header.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::http::extract::auth::Admin;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::journal::{self, Performed};

const HEADER: &str = "Idempotency-Key";
/// The name in the form that needs no parsing.
const HEADER_NAME: HeaderName = HeaderName::from_static("idempotency-key");

/// The client's idempotency key. Its absence is a problem.
#[derive(Debug)]
pub struct Key(pub IdempotencyKey);

/// The client's idempotency key, if the request has one.
#[derive(Debug)]
pub struct OptionalKey(pub Option<IdempotencyKey>);

impl FromRequest for Key {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req).and_then(|key| {
            key.map(Self).ok_or_else(|| FieldError::new(HEADER, field_code::REQUIRED, "is required").into())
        }))
    }
}

impl FromRequest for OptionalKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req).map(Self))
    }
}

/// Request extension: the handler has taken the idempotency key of the request.
#[derive(Debug, Clone, Copy)]
pub struct KeyRead;

fn read(req: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = req.headers().get_all(HEADER_NAME);
    if req.headers().contains_key(HEADER_NAME) {
        req.extensions_mut().insert(KeyRead);
    }
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => IdempotencyKey::try_from(value.as_bytes())
            .map(Some)
            .map_err(|invalid| Problem::field(HEADER, invalid.to_string())),
        (Some(_), Some(_)) => {
            Err(FieldError::new(HEADER, field_code::DUPLICATE_FIELD, "is given more than once").into())
        }
    }
}

/// Set to `true` in the response to a request that has changed nothing, because an earlier one under its key has.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Marks the response as a replay if an earlier request under the same key has had the effect already.
pub fn mark_replay(response: &mut HttpResponseBuilder, is_replay: bool) -> &mut HttpResponseBuilder {
    if is_replay { response.insert_header((REPLAYED, "true")) } else { response }
}

/// The refusal, marked as a replay if an earlier request under the same key was refused already.
pub fn replayed(problem: Problem, is_replay: bool) -> Problem {
    if is_replay { problem.with_headers(vec![(REPLAYED, HeaderValue::from_static("true"))]) } else { problem }
}

/// The request of an administrator to change something. `request` is what the fingerprint covers.
///
/// # Errors
/// 500 if the request cannot be serialised, which is a bug.
pub fn request(admin: Admin, key: OptionalKey, request: &impl Serialize) -> Result<journal::Request, Problem> {
    let key = match key.0 {
        Some(key) => Some((key, fingerprint(request)?)),
        None => None,
    };
    Ok(journal::Request { admin: admin.0, key })
}

/// The response with this status and what was performed as its body.
pub fn performed(status: StatusCode, performed: &Performed<impl Serialize>) -> HttpResponse {
    mark_replay(&mut HttpResponse::build(status), performed.is_replay).json(&performed.value)
}

/// The fingerprint of a parsed request.
///
/// # Errors
/// 500 if the request cannot be serialised, which is a bug.
pub fn fingerprint(request: &impl Serialize) -> Result<Fingerprint, Problem> {
    Fingerprint::of(request).map_err(|_| Problem::new(Code::Internal))
}
