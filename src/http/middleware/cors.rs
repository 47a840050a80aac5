//! Cross-origin requests of browsers: pages of the origins in `http.cors_origins` may read the answers. Tokens are sent in a
//! header, so no credentials of the browser are allowed.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use crate::http::state::state;

const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE";
const REQUEST_HEADERS: &str =
    "authorization, content-type, idempotency-key, if-match, if-none-match, traceparent, x-request-id";
const RESPONSE_HEADERS: &str = "etag, idempotent-replayed, link, location, retry-after, www-authenticate, x-request-id";
/// How long a browser may keep the answer to a preflight request, in seconds.
const PREFLIGHT_AGE: &str = "600";

/// The setting as far as it concerns one request.
#[derive(Debug, Clone)]
pub struct Cors {
    /// The origin of the page, if it is allowed.
    origin: Option<HeaderValue>,
}

impl Cors {
    /// The permission for `req`; `None` if the setting is empty.
    pub fn of(req: &ServiceRequest) -> Option<Self> {
        let state = state(req.request()).ok()?;
        if state.cors_origins.is_empty() {
            return None;
        }
        let origin = req.headers().get(header::ORIGIN);
        let is_allowed =
            |origin: &&HeaderValue| origin.to_str().is_ok_and(|origin| state.cors_origins.contains(origin));
        Some(Self { origin: origin.filter(is_allowed).cloned() })
    }

    /// The answer to a preflight request of an allowed page; `None` for any other request.
    pub fn preflight(&self, req: &ServiceRequest) -> Option<HttpResponse> {
        let is_preflight =
            req.method() == Method::OPTIONS && req.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight || self.origin.is_none() {
            return None;
        }
        let response = HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE))
            .finish();
        Some(response)
    }

    /// The headers of an answer. Caches keep the answers to different origins apart.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = vec![(header::VARY, HeaderValue::from_static("Origin"))];
        if let Some(origin) = &self.origin {
            headers.push((header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()));
            headers.push((header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(RESPONSE_HEADERS)));
        }
        headers
    }
}
