//! The guard of a group of pages: refuses requests that other sites have caused, and turns every failure into a page.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse};

use super::failure;
use super::language::{self, ENGLISH, Words};
use super::redirect::see_other;
use super::same_origin::is_same_origin;
use super::session::{Area, SECOND_FACTOR};
use crate::http::middleware::protect;
use crate::http::problem::{Code, Problem};
use crate::http::state::state;

/// The middleware of the pages of `area`.
///
/// # Errors
/// A page if the handler panicked, took too long or was not reached: there is then no request to build a response on.
pub async fn around(
    area: &'static Area,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = state(req.request())?;
    let asked = Asked::of(area, req.request());
    let reasons = &ENGLISH.failure.reasons;
    if asked.method != Method::GET && !is_same_origin(&req, &state) {
        return Ok(req.into_response(asked.answer(&Problem::with(Code::Forbidden, reasons.foreign))));
    }
    let response = match protect(state.request_within, reasons.unanswered, next.call(req)).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => {
            let problem = error.as_error::<Problem>().cloned();
            let status = error.as_response_error().status_code();
            let problem = problem.unwrap_or_else(|| Problem::new(Code::of_status(status)));
            return Err(failure::failure(asked.words, area, &problem).into());
        }
    };
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let status = response.status();
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return Ok(response);
    }
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>().cloned());
    let problem = problem.unwrap_or_else(|| Problem::new(Code::of_status(status)));
    Ok(response.into_response(asked.answer(&problem)))
}

/// The properties of a request that are needed after the router has taken it.
struct Asked {
    area: &'static Area,
    words: &'static Words,
    method: Method,
    /// Path and query.
    place: String,
}

impl Asked {
    fn of(area: &'static Area, req: &HttpRequest) -> Self {
        let place = req.uri().path_and_query().map_or(area.home, |path| path.as_str()).to_owned();
        Self { area, words: language::of(req), method: req.method().clone(), place }
    }

    /// The page of a problem. A visitor who is not signed in is sent to the page to sign in, and comes back from there. An
    /// administrator who must add a second factor is sent to its page.
    fn answer(&self, problem: &Problem) -> HttpResponse {
        if problem.code == Code::Unauthenticated && self.method == Method::GET {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &self.place).finish();
            return see_other(&format!("{}?{query}", self.area.sign_in));
        }
        if problem.code == Code::SecondFactorRequired && self.method == Method::GET {
            return see_other(SECOND_FACTOR);
        }
        failure::page(self.words, self.area, problem)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::dev::Service;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, init_service};
    use actix_web::{App, web};

    use super::*;
    use crate::http::middleware;
    use crate::http::state::State;
    use crate::http::tests::state;
    use crate::web::session::CONSOLE;

    async fn guarded(
        req: ServiceRequest,
        next: Next<impl MessageBody + 'static>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        around(&CONSOLE, req, next).await
    }

    async fn panics() -> HttpResponse {
        panic!("secret")
    }

    async fn never() -> HttpResponse {
        std::future::pending().await
    }

    async fn refused(_: ServiceRequest, _: Next<impl MessageBody>) -> Result<ServiceResponse<BoxBody>, Error> {
        Err(Problem::new(Code::Busy).into())
    }

    #[actix_web::test]
    async fn a_panic_a_time_limit_and_a_refusal_before_the_handler_are_pages_with_all_headers() {
        let state = web::Data::new(State { request_within: Duration::from_millis(100), ..state() });
        let scope = web::scope("/console")
            .wrap(from_fn(guarded))
            .route("/panics", web::get().to(panics))
            .route("/never", web::get().to(never))
            .route("/refused", web::get().to(never).wrap(from_fn(refused)));
        let app = init_service(App::new().wrap(from_fn(middleware::around)).app_data(state).service(scope)).await;
        for (path, status, words) in [
            ("/console/panics", 500, "系统出错"),
            ("/console/never", 503, "未能及时得到答复"),
            ("/console/refused", 503, "系统繁忙"),
        ] {
            let request = TestRequest::with_uri(path).insert_header(("accept-language", "zh")).to_request();
            let answer = match app.call(request).await {
                Ok(response) => response.map_into_boxed_body().into_parts().1,
                Err(error) => error.error_response(),
            };
            assert_eq!(answer.status(), status, "{path}");
            for header in ["content-security-policy", "x-request-id", "x-content-type-options", "cache-control"] {
                assert!(answer.headers().contains_key(header), "{path} has no {header}");
            }
            let kind = answer.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
            let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
            let body = str::from_utf8(&body).unwrap();
            assert!(kind.starts_with("text/html") && body.contains(words), "{path}: {body}");
            assert!(!body.contains("secret"), "{body}");
        }
    }
}
