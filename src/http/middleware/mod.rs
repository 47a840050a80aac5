//! Middleware of every request: sets the request id, writes one log line, turns failures into problems and adds the
//! common headers.

pub mod admission;
mod advice;
pub mod cors;
pub mod measure;
mod spelling;
mod summary;
mod watch;

use std::borrow::Cow;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use tracing::field::{Empty, display};
use tracing::{Instrument, Span};
use uuid::Uuid;

use self::advice::Advice;
use self::cors::Cors;
use self::measure::Measure;
use self::watch::InProgress;
use super::extract::client;
use super::limit::Limits;
use super::page_failure::PageFailure;
use super::problem::{CLIENT_REQUEST_ID, CLOSED_POLICY, Code, Problem, REQUEST_ID};
use super::security::event::Event;
use super::state::{State, state};
use crate::trace::{self, TraceId, Tracer};

/// Detail of the answer to a request that took too long.
const UNANSWERED: &str = "There was no answer within http.request_within; the outcome is not known yet; send the same \
     request again only with the same Idempotency-Key, or if it has no further effect";

/// Time by which the limit of the outermost middleware is longer than `http.request_within`. Pages observe the setting by
/// themselves, and answer with a page.
const PAGE_GRACE: Duration = Duration::from_millis(50);

/// For a year, browsers do not use plain HTTP.
const HTTPS_ONLY: &str = "max-age=31536000";

/// The header with the trace of the client, in the form that needs no parsing.
const TRACEPARENT: HeaderName = HeaderName::from_static(trace::TRACEPARENT);

/// Longest request id accepted from a client, in bytes.
const REQUEST_ID_LENGTH_MAX: usize = 64;

const NO_HOST: &str = "The header Host is not the name of a host";
const ENCODED: &str = "The body has a Content-Encoding. Send it as it is, without gzip or the like";

/// Response extension: the body has a format an outside party prescribes. It is sent unchanged even if it is an error.
#[derive(Debug, Clone, Copy)]
pub struct Verbatim;

/// The outermost middleware: `.wrap(from_fn(around))`.
///
/// # Errors
/// A [`Problem`] if a handler panicked or the service failed: there is then no request to build a response on.
pub async fn around(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let in_progress = InProgress::begin(&mut req);
    let mut digits = Uuid::encode_buffer();
    let request_id = &*new_id().hyphenated().encode_lower(&mut digits);
    let client_request_id = client_request_id(req.headers());
    let address = client::address(req.request());
    let method = req.method().clone();
    if method == Method::HEAD {
        // Handled as GET. The server leaves the body out.
        req.head_mut().method = Method::GET;
    }
    // The macro evaluates its fields only if the span is enabled.
    let span = tracing::info_span!(
        "request",
        %request_id,
        client_request_id,
        client = address.map(display),
        %method,
        route = &*route(&req),
        user_id = Empty,
        trace_id = Empty
    );
    let trace = begin_trace(&req, request_id);
    let is_https = state(req.request()).is_ok_and(|state| state.is_https());
    if let Some(trace_id) = trace.id_of_client() {
        span.record("trace_id", display(trace_id));
    }
    let (started, traced_method) = (Instant::now(), method.clone());
    let mut measure = Measure::start(&req, method);
    let cors = Cors::of(&req);
    if let Some(early) = early_answer(&req, address, &in_progress, &mut measure, cors.as_ref()).await {
        let client_request_id = client_request_id.as_deref();
        let origin = Origin { request_id, client_request_id, is_https, trace: &trace };
        // `into_response` would forget the problem.
        let response = ServiceResponse::new(req.into_parts().0, early);
        let response = finish_response(response, origin, cors.as_ref());
        log(&span, response.status(), started, origin);
        trace.end(response.status().as_u16(), || span_name(&traced_method, Some(&response)));
        measure.end(Some(&response), response.status());
        return Ok(in_progress.end_after(response));
    }
    let shared = state(req.request()).ok();
    let within = time_limit(&req);
    let served = async move {
        if spelling::is_second(req.path()) {
            return Err(Problem::new(Code::NotFound).into());
        }
        if !has_host(req.headers()) {
            return Err(Problem::with(Code::MalformedRequest, NO_HOST).into());
        }
        if is_encoded(req.headers()) {
            return Err(Problem::with(Code::UnsupportedMediaType, ENCODED).into());
        }
        next.call(req).await
    };
    let (served, trace) = trace.run(protect(within, UNANSWERED, served)).instrument(span.clone()).await;
    let client_request_id = client_request_id.as_deref();
    let origin = Origin { request_id, client_request_id, is_https, trace: &trace };
    let result = match served {
        Ok(response) => Ok(finish_response(response, origin, cors.as_ref())),
        Err(error) => Err(failed(&error, origin, cors.as_ref())),
    };
    let status = result.as_ref().map_or_else(|error| error.as_response_error().status_code(), ServiceResponse::status);
    log(&span, status, started, origin);
    measure.end(result.as_ref().ok(), status);
    trace.end(status.as_u16(), || span_name(&traced_method, result.as_ref().ok()));
    if is_paced(status, shared.as_ref(), address) {
        Limits::pace().await;
    }
    match result {
        Ok(response) => Ok(in_progress.end_after(response)),
        Err(error) => {
            in_progress.end();
            Err(error)
        }
    }
}

/// Awaits a service. A panic, and more time than `within`, become problems, the latter with the detail `unanswered`.
///
/// # Errors
/// Those of the service, and these problems.
pub async fn protect<T>(
    within: Duration,
    unanswered: &'static str,
    served: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match AssertUnwindSafe(tokio::time::timeout(within, served)).catch_unwind().await {
        Ok(Ok(served)) => served,
        Ok(Err(_)) => Err(Problem::outcome_unknown(unanswered).into()),
        Err(panic) => {
            tracing::error!(panic = panic_message(&*panic), "handler panicked");
            Err(Problem::new(Code::Internal).into())
        }
    }
}

/// An error without a response: as a page if one was written, or else as a problem.
fn failed(error: &Error, origin: Origin<'_>, cors: Option<&Cors>) -> Error {
    if let Some(page) = error.as_error::<PageFailure>() {
        let mut page = page.clone().at(origin.request_id);
        page.headers.extend(origin.transport_header());
        return page.into();
    }
    let problem = problem(error, error.as_response_error().status_code()).at(origin.request_id, origin.trace_id());
    let mut headers = cors.map(Cors::headers).unwrap_or_default();
    headers.extend(origin.client_header());
    headers.extend(origin.transport_header());
    problem.with_headers(headers).into()
}

/// The request that is answered. The id of its trace is only computed where it is shown.
#[derive(Clone, Copy)]
struct Origin<'a> {
    request_id: &'a str,
    client_request_id: Option<&'a str>,
    is_https: bool,
    trace: &'a trace::Request,
}

impl Origin<'_> {
    fn trace_id(self) -> TraceId {
        self.trace.id(self.request_id)
    }

    /// The header that gives a client its own id back.
    fn client_header(self) -> Option<(HeaderName, HeaderValue)> {
        let id = self.client_request_id.and_then(|id| HeaderValue::from_str(id).ok())?;
        Some((CLIENT_REQUEST_ID, id))
    }

    /// The header by which a browser uses HTTPS only, for a server that is reached over it.
    fn transport_header(self) -> Option<(HeaderName, HeaderValue)> {
        self.is_https.then(|| (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY)))
    }
}

/// Begins the trace of a request, which is the client's if its header is valid.
fn begin_trace(req: &ServiceRequest, request_id: &str) -> trace::Request {
    let mut headers = req.headers().get_all(TRACEPARENT);
    let header = headers.next().filter(|_| headers.next().is_none()).and_then(|value| value.to_str().ok());
    match state(req.request()) {
        Ok(state) => trace::Request::begin(&state.tracer, header, request_id),
        Err(_) => trace::Request::begin(&Tracer::default(), header, request_id),
    }
}

/// The route of a request. The table of limits knows most routes; for others the framework looks for the route a second time.
fn route(req: &ServiceRequest) -> Cow<'static, str> {
    let state = state(req.request()).ok();
    let template =
        state.and_then(|state| state.limits.template(req.head())).filter(|template| !template.ends_with('*'));
    template.map_or_else(|| req.match_pattern().unwrap_or_default().into(), Cow::Borrowed)
}

/// The name of the span of a request: its method and its route, or the method alone if no route has answered.
fn span_name(method: &Method, response: Option<&ServiceResponse>) -> String {
    let route = response.and_then(|response| response.request().match_pattern());
    route.map_or_else(|| method.to_string(), |route| format!("{method} {route}"))
}

/// The answer to a request that is not routed: a preflight request, a request beyond the limit of its address, or one on a
/// connection that is kept for others.
async fn early_answer(
    req: &ServiceRequest,
    address: Option<IpAddr>,
    in_progress: &InProgress,
    measure: &mut Measure,
    cors: Option<&Cors>,
) -> Option<HttpResponse> {
    if let Some(preflight) = cors.and_then(|cors| cors.preflight(req)) {
        return Some(preflight);
    }
    let state = state(req.request()).ok()?;
    if in_progress.is_misplaced(req) {
        let mut response = HttpResponse::from_error(Problem::new(Code::Busy));
        response.head_mut().set_connection_type(ConnectionType::Close);
        return Some(response);
    }
    let exceeded = address.and_then(|address| state.limits.address(req.head(), address).err());
    let Some(exceeded) = exceeded else {
        in_progress.earlier_answers_taken().await;
        return None;
    };
    measure.refused_at(state.limits.template(req.head()));
    Limits::pace().await;
    Some(HttpResponse::from_error(Problem::from(exceeded)))
}

/// Whether an answer comes late: beyond a limit of its user, or if the address has had too many requests refused.
fn is_paced(status: StatusCode, state: Option<&web::Data<State>>, address: Option<IpAddr>) -> bool {
    let is_often = || state.zip(address).is_some_and(|(state, address)| state.limits.is_refused_often(address));
    status == StatusCode::TOO_MANY_REQUESTS || (is_refusal(status) && is_often())
}

/// Whether an answer says that the client should not have asked. Refusals with a reason of the business are none.
fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status.as_u16(), 409 | 412 | 429)
}

/// Whether `Host`, if there is one, is the name or address of a host and perhaps a port, as RFC 9110 demands.
fn has_host(headers: &HeaderMap) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(byte);
    headers.get(header::HOST).is_none_or(|host| host.as_bytes().iter().all(is_allowed))
}

/// Whether the body has a `Content-Encoding` other than `identity`, or several.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::CONTENT_ENCODING)
        .any(|encoding| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

/// The time limit of a request. The audit of a large shop takes as long as it takes.
fn time_limit(req: &ServiceRequest) -> Duration {
    match state(req.request()) {
        Ok(state) if req.path() != "/admin/audit" => state.request_within.saturating_add(PAGE_GRACE),
        _ => Duration::MAX,
    }
}

fn log(span: &Span, status: StatusCode, started: Instant, origin: Origin<'_>) {
    let elapsed = started.elapsed();
    if status == StatusCode::FORBIDDEN {
        span.in_scope(|| Event::Forbidden.log(None, None));
    }
    let status = status.as_u16();
    if status >= 400 && status != 503 && !origin.trace.is_known() {
        span.record("trace_id", display(origin.trace_id()));
    }
    if (400..500).contains(&status) {
        summary::count(status);
    }
    span.in_scope(|| match status {
        // Common under overload. The component that refuses counts or logs the cause.
        503 => tracing::debug!(status, ?elapsed, "answered"),
        500.. => tracing::warn!(status, ?elapsed, "answered"),
        _ => tracing::debug!(status, ?elapsed, "answered"),
    });
}

/// The client's own id of the request, if it is valid: 1 to 64 letters, digits and some marks. It
/// stands in the log beside our id and never in its place, because all clients can send the same.
fn client_request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"._:/+-".contains(&b);
    ((1..=REQUEST_ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(is_allowed)).then(|| id.to_owned())
}

/// A UUIDv7. It is unique but not secret: a fast generator makes its random part, which saves a system call.
pub fn new_id() -> Uuid {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let mut random = [0; 10];
    fastrand::fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(since.as_millis()).unwrap_or_default(), &random).into_uuid()
}

/// Adds the common headers. Replaces the body of any error, ours or the framework's, by a problem.
fn finish_response(
    response: ServiceResponse<impl MessageBody + 'static>,
    origin: Origin<'_>,
    cors: Option<&Cors>,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let mut response = response.map_into_boxed_body();
    // An HTML page describes the error itself.
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let is_verbatim = response.response().extensions().contains::<Verbatim>();
    if (status.is_client_error() || status.is_server_error()) && !is_page && !is_verbatim {
        let problem = response
            .response()
            .error()
            .map_or_else(|| Problem::new(Code::of_status(status)), |error| problem(error, status));
        let problem = problem.advise(Advice::of(response.request()).detail());
        let allow = response.headers().get(header::ALLOW).cloned();
        response = response.into_response(problem.at(origin.request_id, origin.trace_id()).error_response());
        if let Some(allow) = allow.map(with_head) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(origin.request_id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in origin.client_header().into_iter().chain(origin.transport_header()) {
        headers.insert(name, value);
    }
    for (name, value) in cors.map(Cors::headers).unwrap_or_default() {
        headers.append(name, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CLOSED_POLICY));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Adds HEAD to an `Allow` header with GET: HEAD is answered wherever GET is.
fn with_head(allow: HeaderValue) -> HeaderValue {
    match allow.to_str() {
        Ok(methods) if methods.split(", ").any(|method| method == "GET") => {
            HeaderValue::from_str(&format!("{methods}, HEAD")).unwrap_or(allow)
        }
        _ => allow,
    }
}

fn problem(error: &Error, status: StatusCode) -> Problem {
    error.as_error::<Problem>().cloned().unwrap_or_else(|| Problem::new(Code::of_status(status)))
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a payload that is not text")
}

#[cfg(test)]
mod tests {
    use actix_web::dev::Service;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, init_service, read_body_json};
    use actix_web::{App, HttpResponse, web};
    use serde_json::Value;

    use super::*;

    async fn panics() -> HttpResponse {
        panic!("secret")
    }

    async fn ask(req: TestRequest) -> (u16, HeaderMap, Value) {
        let routes = App::new()
            .wrap(from_fn(around))
            .route("/panic", web::get().to(panics))
            .service(web::resource("/good").route(web::get().to(HttpResponse::Ok)))
            .route("/bad", web::get().to(|| async { Err::<HttpResponse, _>(Problem::field("a", "is required")) }));
        let app = init_service(routes).await;
        let response = match app.call(req.to_request()).await {
            Ok(response) => response,
            Err(error) => ServiceResponse::new(TestRequest::get().to_http_request(), HttpResponse::from_error(error)),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = if status < 400 { Value::Null } else { read_body_json(response).await };
        (status, headers, body)
    }

    fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
        headers.get(name).unwrap().to_str().unwrap()
    }

    #[actix_web::test]
    async fn every_error_is_a_problem() {
        for (path, method, status, code) in [
            ("/none", "GET", 404, "not_found"),
            ("/good", "POST", 405, "method_not_allowed"),
            ("/bad", "GET", 422, "invalid_request"),
            ("/panic", "GET", 500, "internal"),
        ] {
            let req = TestRequest::with_uri(path).method(method.parse().unwrap());
            let (actual, headers, body) = ask(req.insert_header(("X-Request-Id", "mine"))).await;
            assert_eq!((actual, text(&headers, "content-type")), (status, "application/problem+json"));
            assert_eq!(text(&headers, "x-content-type-options"), "nosniff");
            assert_eq!(text(&headers, "content-security-policy"), CLOSED_POLICY);
            assert_eq!(text(&headers, "x-client-request-id"), "mine", "{path}");
            assert_eq!(body["instance"], text(&headers, "x-request-id"));
            assert_eq!((&body["code"], &body["status"]), (&Value::from(code), &Value::from(status)));
            assert!(!body.to_string().contains("secret"));
            assert_eq!(headers.contains_key("allow"), status == 405);
        }
    }

    #[actix_web::test]
    async fn an_invalid_request_id_of_the_client_is_dropped() {
        for invalid in ["", "with blank", &"x".repeat(65), "}:_ERROR_forged{status=200"] {
            let (status, headers, _) =
                ask(TestRequest::with_uri("/good").insert_header(("X-Request-Id", invalid))).await;
            assert_eq!((status, text(&headers, "cache-control")), (200, "no-store"));
            assert!(text(&headers, "x-request-id").parse::<Uuid>().is_ok(), "{invalid}");
            assert!(!headers.contains_key("x-client-request-id"), "{invalid}");
        }
    }
}
