//! The guard of a group of pages: refuses requests that other sites have caused, and turns every failure into a page.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse};

use super::failure;
use super::language;
use super::redirect::see_other;
use super::same_origin::is_same_origin;
use super::session::Area;
use crate::http::problem::{Code, Problem};
use crate::http::state::state;

const FOREIGN: &str = "The request does not come from a page of this server";

/// The middleware of the pages of `area`.
///
/// # Errors
/// None of its own.
pub async fn around(
    area: &Area,
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = state(req.request())?;
    if *req.method() != Method::GET && !is_same_origin(&req, &state) {
        let refusal = answer(area, req.request(), &Problem::with(Code::Forbidden, FOREIGN));
        return Ok(req.into_response(refusal));
    }
    let response = next.call(req).await?.map_into_boxed_body();
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let status = response.status();
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return Ok(response);
    }
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>().cloned());
    let problem = problem.unwrap_or_else(|| Problem::new(Code::of_status(status)));
    let page = answer(area, response.request(), &problem);
    Ok(response.into_response(page))
}

/// The page of a problem. A visitor who is not signed in is sent to the page to sign in, and comes back from there.
fn answer(area: &Area, req: &HttpRequest, problem: &Problem) -> HttpResponse {
    if problem.code == Code::Unauthenticated && *req.method() == Method::GET {
        let next = req.uri().path_and_query().map_or(area.home, |path| path.as_str());
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        return see_other(&format!("{}?{query}", area.sign_in));
    }
    failure::page(language::of(req), area, problem)
}
