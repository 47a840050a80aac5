//! Counts and times each request by the template of its route.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, web};

use crate::http::state::{State, state};

/// The route of a request that no route answered.
const UNMATCHED: &str = "unmatched";

/// The template of a route, such as `/v1/orders/{id}`, as data of its resource. The framework would have to look for the
/// route a second time.
#[derive(Debug, Clone, Copy)]
pub struct Template(pub &'static str);

/// The template as a middleware inside the route has noted it, in case there will be no response with the request.
#[derive(Debug, Clone, Default)]
struct Seen(Rc<Cell<Option<Template>>>);

/// The measurement of one request.
pub struct Measure {
    state: Option<web::Data<State>>,
    method: Method,
    started: Instant,
    seen: Seen,
}

impl Measure {
    /// Begins to measure `req`.
    pub fn start(req: &ServiceRequest, method: Method) -> Self {
        let seen = Seen::default();
        req.extensions_mut().insert(seen.clone());
        Self { state: state(req.request()).ok(), method, started: Instant::now(), seen }
    }

    /// Notes the route of a request that may be refused before its handler.
    pub fn note(req: &ServiceRequest) {
        if let (Some(seen), Some(template)) = (req.extensions().get::<Seen>(), req.app_data::<Template>()) {
            seen.0.set(Some(*template));
        }
    }

    /// Counts the request as answered with `status`.
    pub fn end(&self, response: Option<&ServiceResponse>, status: StatusCode) {
        let Some(state) = &self.state else { return };
        let noted = self.seen.0.get();
        let known = || noted.or_else(|| response?.request().app_data::<Template>().copied());
        let route = match (known(), response) {
            (Some(Template(route)), _) => Cow::Borrowed(route),
            // A route of the built-in platform.
            (None, Some(response)) => response.request().match_pattern().map_or(Cow::Borrowed(UNMATCHED), Cow::Owned),
            (None, None) => Cow::Borrowed(UNMATCHED),
        };
        let took = self.started.elapsed();
        state.sources.traffic.record(&route, self.method.as_str(), status.as_u16(), took);
    }
}
