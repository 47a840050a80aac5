//! Advice for a client whose request has an unknown outcome: whether it may send the request again.

use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest};

use crate::http::extract::key::KeyRead;

/// The advice to a client after an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The request can be sent again: it has its effect once.
    SendAgain,
    /// The request can be sent again with the same idempotency key.
    SendAgainWithKey,
    /// The request could have its effect twice.
    LookFirst,
}

/// Ends of the paths of actions that take effect once, however often they are requested.
const REPEATABLE: [&str; 13] = [
    "/cancel",
    "/receive",
    "/ship",
    "/close",
    "/query",
    "/replay",
    "/preview",
    "/match",
    "/accept",
    "/dismiss",
    "/revoke",
    "/sessions",
    "/quotes",
];

impl Advice {
    /// The advice for `req`, which a handler has answered.
    pub fn of(req: &HttpRequest) -> Self {
        let pattern = req.match_pattern().unwrap_or_default();
        let is_repeatable = REPEATABLE.iter().any(|end| pattern.ends_with(end));
        match *req.method() {
            _ if req.extensions().contains::<KeyRead>() => Self::SendAgainWithKey,
            Method::POST if !is_repeatable => Self::LookFirst,
            _ => Self::SendAgain,
        }
    }

    /// The advice in words, as the detail of a problem.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::SendAgain => "The outcome is not known yet; send the same request again",
            Self::SendAgainWithKey => {
                "The outcome is not known yet; send the same request again, with the same Idempotency-Key"
            }
            Self::LookFirst => {
                "The outcome is not known yet; see whether the request has taken effect before you send it again"
            }
        }
    }
}
