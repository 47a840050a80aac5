//! `/v1/payments/callbacks/{provider}`: what payment platforms tell. Their signature says who asks.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};

use super::body::RawBody;
use super::problem::{Code, Problem};
use super::{Answer, State};
use crate::gateway::Reject;
use crate::pay::message::Notify;
use crate::runtime::task::ask;

/// `POST /v1/payments/callbacks/{provider}`. Acknowledged only after what it changes is committed.
///
/// # Errors
/// 404 for a platform that is not set up, 401 for a bad signature, 422 for a notice that is not believed, 503 where the
/// platform should send it again.
pub async fn take(req: HttpRequest, state: web::Data<State>, RawBody(body): RawBody) -> Answer {
    let provider = req.match_info().get("provider").unwrap_or_default();
    let gateway = state.gateways.find(provider).ok_or(Problem::new(Code::NotFound))?;
    let notice = gateway.read_callback(&|name| header(&req, name), &body, state.clock.now()).map_err(unread)?;
    let body = String::from_utf8(body.into()).map_err(|_| unread(Reject::Unreadable))?;
    match ask(&state.owners.pay, Notify { provider: gateway.name(), notice, body }).await? {
        Ok(()) => Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body(gateway.acknowledgement())),
        Err(rejected) => {
            tracing::warn!(provider = gateway.name(), reason = %rejected, "notice not believed");
            Err(Problem::with(Code::InvalidNotice, rejected.to_string()))
        }
    }
}

/// The header's value; none where it comes twice, as nobody knows which of them is meant.
fn header(req: &HttpRequest, name: &str) -> Option<String> {
    let mut values = req.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}

fn unread(reject: Reject) -> Problem {
    match reject {
        Reject::Signature => Problem::new(Code::InvalidSignature),
        Reject::Unreadable => Problem::with(Code::InvalidNotice, reject.to_string()),
    }
}
