//! `/v1/payments/callbacks/{provider}`: what payment platforms tell. Their signature says who asks.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};

use crate::actor::task::ask;
use crate::gateway::{Gateway, Reject, Reply};
use crate::http::extract::body::RawBody;
use crate::http::middleware::Verbatim;
use crate::http::problem::{Code, Problem};
use crate::http::state::{Answer, State};
use crate::pay::message::Notify;

/// `POST /v1/payments/callbacks/{provider}`. Acknowledged only after what it changes is committed.
///
/// # Errors
/// 404 for a platform that is not set up; and where the platform takes our own words 401 for a bad signature, 422 for a
/// notice that is not believed, 503 where the platform should send it again.
pub async fn take(req: HttpRequest, state: web::Data<State>, RawBody(body): RawBody) -> Answer {
    let provider = req.match_info().get("provider").unwrap_or_default();
    let gateway = state.gateways.find(provider).ok_or(Problem::new(Code::NotFound))?;
    let Err(problem) = judge(&req, &state, gateway, body.into()).await else {
        return Ok(reply(gateway.acknowledgement()));
    };
    match gateway.refusal(problem.code.status().as_u16(), &problem.to_string()) {
        Some(refusal) => Ok(reply(refusal)),
        None => Err(problem),
    }
}

/// Good where the platform may forget its notice.
async fn judge(req: &HttpRequest, state: &State, gateway: &dyn Gateway, body: Vec<u8>) -> Result<(), Problem> {
    let provider = gateway.name();
    let read = gateway.read_callback(&|name| header(req, name), &body, state.clock.now());
    let Some(notice) = read.map_err(|reject| unread(provider, reject))? else { return Ok(()) };
    let body = String::from_utf8(body).map_err(|_| unread(provider, Reject::Unreadable))?;
    let told = ask(&state.owners.pay, Notify { provider: provider.into(), notification: notice, body }).await?;
    told.map_err(|rejected| {
        tracing::warn!(provider, reason = %rejected, "notice not believed");
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

/// The header's value; none where it comes twice, as nobody knows which of them is meant.
fn header(req: &HttpRequest, name: &str) -> Option<String> {
    let mut values = req.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}

fn unread(provider: &str, reject: Reject) -> Problem {
    tracing::warn!(provider, reason = %reject, "callback not read");
    match reject {
        // Our key is most likely wrong: it is to come again when that is mended.
        Reject::Ciphertext => Problem::new(Code::Busy),
        reject if reject.is_unsigned() => Problem::new(Code::InvalidSignature),
        reject => Problem::with(Code::InvalidNotice, reject.to_string()),
    }
}
