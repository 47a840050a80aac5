//! Counts and times each request by the template of its route.

use std::borrow::Cow;
use std::time::Instant;

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::web;

use crate::http::state::{State, state};

/// The route of a request that no route answered.
const UNMATCHED: &str = "unmatched";

/// The template of a route, such as `/v1/orders/{id}`, as data of its resource. The framework would have to look for the
/// route a second time.
#[derive(Debug, Clone, Copy)]
pub struct Template(pub &'static str);

/// The measurement of one request.
pub struct Measure {
    state: Option<web::Data<State>>,
    method: Method,
    started: Instant,
    /// The template of a request that is answered before it is routed.
    refused_at: Option<Template>,
}

impl Measure {
    /// Begins to measure `req`.
    pub fn start(req: &ServiceRequest, method: Method) -> Self {
        Self { state: state(req.request()).ok(), method, started: Instant::now(), refused_at: None }
    }

    /// Notes the template of a request that is refused before it is routed.
    pub fn refused_at(&mut self, template: Option<&'static str>) {
        self.refused_at = template.map(Template);
    }

    /// Counts the request as answered with `status`.
    pub fn end(&self, response: Option<&ServiceResponse>, status: StatusCode) {
        let Some(state) = &self.state else { return };
        let known = || self.refused_at.or_else(|| response?.request().app_data::<Template>().copied());
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
