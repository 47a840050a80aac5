//! `/v1/payments/callbacks/{provider}`: notifications of payment platforms, authenticated by their signature.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};

use crate::actor::task::ask;
use crate::gateway::{Gateway, Reject, Reply};
use crate::http::extract::body::RawBody;
use crate::http::extract::client;
use crate::http::limit::Limits;
use crate::http::log_throttle::LogThrottle;
use crate::http::middleware::Verbatim;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::pay::message::Notify;
use crate::trace;

/// The longest text that every engine stores in the column of a notice's body.
const STORED_BYTES_MAX: usize = 65_535;

/// Anybody can send callbacks that cannot be read.
static NOT_READ: LogThrottle = LogThrottle::new();

/// `POST /v1/payments/callbacks/{provider}`. The callback is acknowledged only after its effects are committed.
///
/// # Errors
/// 404 for a platform that is not set up. If the platform prescribes no format for refusals, also 401 for an invalid
/// signature, 422 for a rejected notification and 503 if the platform should send it again.
pub async fn receive(req: HttpRequest, state: web::Data<State>, RawBody(body): RawBody) -> HandlerResult {
    let provider = req.match_info().get("provider").unwrap_or_default();
    let gateway = state.gateways.find(provider).ok_or(Problem::new(Code::NotFound))?;
    let Err(problem) = process(&req, &state, gateway, body.into()).await else {
        return Ok(reply(gateway.acknowledgement()));
    };
    match gateway.refusal(problem.code.status().as_u16(), &problem.to_string()) {
        Some(refusal) => {
            // The middleware sees an answer in the platform's format, not a refusal.
            if client::address(&req).is_some_and(|address| state.limits.is_refused_often(address)) {
                Limits::pace().await;
            }
            Ok(reply(refusal))
        }
        None => Err(problem),
    }
}

/// Verifies a callback and records its notification. `Ok` means that the platform need not send it again.
async fn process(req: &HttpRequest, state: &State, gateway: &dyn Gateway, body: Vec<u8>) -> Result<(), Problem> {
    let provider = gateway.name();
    let read = gateway.read_callback(&|name| header(req, name), &body, state.clock.now());
    let Some(notification) = read.map_err(|reject| rejection(provider, reject))? else { return Ok(()) };
    // The body is stored, and one engine stores no NUL.
    let is_storable = |body: &String| body.len() <= STORED_BYTES_MAX && !body.contains('\0');
    let body = String::from_utf8(body).ok().filter(is_storable);
    let body = body.ok_or_else(|| rejection(provider, Reject::Unreadable))?;
    let notified = ask(&state.owners.pay, Notify { provider: provider.into(), notification, body }).await?;
    if let Some(order_id) = notified.order_id {
        trace::about(order_id);
    }
    notified.verdict.map_err(|rejected| {
        tracing::warn!(provider, reason = %rejected, "notification rejected");
        Problem::with(Code::InvalidNotice, rejected.to_string())
    })
}

fn reply(reply: Reply) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(StatusCode::from_u16(reply.status).unwrap_or_default());
    if let Some(content_type) = reply.content_type {
        response.content_type(content_type);
    }
    let mut response = response.body(reply.body);
    response.extensions_mut().insert(Verbatim);
    response
}

/// The value of the header `name`; `None` if it is repeated, because the values may contradict each other.
fn header(req: &HttpRequest, name: &str) -> Option<String> {
    let mut values = req.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}

/// The problem for a callback that could not be read.
fn rejection(provider: &str, reject: Reject) -> Problem {
    if let Some(left_out) = NOT_READ.due() {
        tracing::warn!(provider, reason = %reject, left_out, "callback not read");
    }
    match reject {
        // Our key is most likely wrong. With 503 the platform sends the callback again, after the key is corrected.
        Reject::Ciphertext => Problem::new(Code::Busy),
        reject if reject.is_unsigned() => Problem::new(Code::InvalidSignature),
        reject => Problem::with(Code::InvalidNotice, reject.to_string()),
    }
}
