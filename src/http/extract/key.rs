//! The `Idempotency-Key` header.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Serialize;

use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::http::problem::{Code, Problem};

const HEADER: &str = "Idempotency-Key";

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
        ready(read(req).and_then(|key| key.map(Self).ok_or_else(|| Problem::field(HEADER, "is required"))))
    }
}

impl FromRequest for OptionalKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req).map(Self))
    }
}

fn read(req: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = req.headers().get_all(HEADER);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => IdempotencyKey::try_from(value.as_bytes())
            .map(Some)
            .map_err(|invalid| Problem::field(HEADER, invalid.to_string())),
        (Some(_), Some(_)) => Err(Problem::field(HEADER, "is given more than once")),
    }
}

/// The fingerprint of a parsed request.
///
/// # Errors
/// 500 if the request cannot be serialised, which is a bug.
pub fn fingerprint(request: &impl Serialize) -> Result<Fingerprint, Problem> {
    Fingerprint::of(request).map_err(|_| Problem::new(Code::Internal))
}
