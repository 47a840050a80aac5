//! Acts of a customer on an order: pay, cancel, confirm receipt, ask for a refund.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use super::order::{OfOrder, show_again};
use super::visitor::Buyer;
use crate::domain::id::{self, OrderId};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::origin::WebAddress;
use crate::domain::text::Reason;
use crate::http::extract::body::FormBody;
use crate::http::extract::client::ClientIp;
use crate::http::extract::key::fingerprint;
use crate::http::extract::path::PathId;
use crate::http::order_action::{self, RefundParams};
use crate::http::problem::{Code, Problem};
use crate::http::shop::payment::begin;
use crate::http::state::{HandlerResult, State};
use crate::order::message::{Action, Author};
use crate::payments::message::{Cancel, StartPayment};
use crate::web::preview;
use crate::web::redirect::see_other;

/// The form that starts a payment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayForm {
    token: String,
    provider: String,
}

/// The form that asks for a refund.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundForm {
    token: String,
    reason: Option<String>,
}

/// The part of a request that its fingerprint covers.
#[derive(Debug, Serialize)]
struct Request<'a> {
    order_id: OrderId,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a Reason>,
}

/// `POST /orders/{id}/pay`: starts a payment and goes to its page.
///
/// # Errors
/// 404; 422 for a platform that the shop does not have; 503.
pub async fn pay(
    req: HttpRequest,
    buyer: Buyer,
    PathId(order_id): PathId<id::Order>,
    ClientIp(client_ip): ClientIp,
    FormBody(form): FormBody<PayForm>,
) -> HandlerResult {
    let Some(key) = key(&buyer, order_id, &form.token) else { return Ok(see_other(&path(order_id))) };
    let state = &buyer.visitor.state;
    let request = Request { order_id, provider: Some(&form.provider), reason: None };
    let start = StartPayment {
        user_id: buyer.user.user_id,
        key,
        fingerprint: fingerprint(&request)?,
        order_id,
        provider: form.provider.clone(),
        payer: None,
        return_url: return_url(&req, state, order_id),
        client_ip,
    };
    match begin(state, start).await {
        Ok(begun) => Ok(see_other(&state.pay_pages.path(begun.payment.pay_id))),
        Err(problem) if problem.code == Code::PlatformUnavailable => {
            let text = buyer.visitor.words.pay_page.unavailable_text;
            show_again(&buyer, StatusCode::SERVICE_UNAVAILABLE, order_id, text).await
        }
        Err(problem) => not_performed(&buyer, order_id, problem).await,
    }
}

/// The page of the order, to which the platform sends the customer. It is a page of this server, whichever origins
/// `payments.return_origins` has for other fronts.
fn return_url(req: &HttpRequest, state: &State, order_id: OrderId) -> Option<String> {
    let host = req.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = match state.public_url.as_str() {
        "" => format!("http://{}", host?),
        url => url.to_owned(),
    };
    WebAddress::try_from(format!("{origin}{}", path(order_id))).ok().map(WebAddress::into_inner)
}

/// `POST /orders/{id}/cancel`
///
/// # Errors
/// 404; 503 if a platform does not say whether the order is paid.
pub async fn cancel(buyer: Buyer, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let by = Author::Customer(buyer.user.user_id);
    let cancel = Cancel { order_id, by, reason: None, message: None, without_platform: false };
    let done = order_action::cancel(&buyer.visitor.state, cancel).await;
    answer(&buyer, order_id, done.map(drop)).await
}

/// `POST /orders/{id}/receive`
///
/// # Errors
/// 404; 503.
pub async fn receive(buyer: Buyer, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let by = Author::Customer(buyer.user.user_id);
    let state = &buyer.visitor.state;
    let done = order_action::perform(state, order_id, by, Action::Receive, Code::OrderNotReceivable).await;
    answer(&buyer, order_id, done.map(drop)).await
}

/// `POST /orders/{id}/refund`
///
/// # Errors
/// 404; 422 for a reason that is too long; 503.
pub async fn refund(
    buyer: Buyer,
    PathId(order_id): PathId<id::Order>,
    FormBody(form): FormBody<RefundForm>,
) -> HandlerResult {
    let Some(key) = key(&buyer, order_id, &form.token) else { return Ok(see_other(&path(order_id))) };
    let reason = form.reason.map(Reason::try_from).transpose().map_err(|detail| Problem::field("reason", detail))?;
    let params = RefundParams {
        order_id,
        author: Author::Customer(buyer.user.user_id),
        key: Some(key),
        amount: None,
        units: Vec::new(),
        reason: reason.clone(),
        // The customer reads their own words.
        message: reason.clone(),
    };
    let request = Request { order_id, provider: None, reason: reason.as_ref() };
    let done = order_action::refund(&buyer.visitor.state, params, &request).await;
    answer(&buyer, order_id, done.map(drop)).await
}

/// The key in the token of a form of this order; `None` if the token is of another session, or old.
fn key(buyer: &Buyer, order_id: OrderId, token: &str) -> Option<IdempotencyKey> {
    let (of, key) = preview::open::<OfOrder>(&buyer.visitor.state, &buyer.session, token).ok()?;
    (of.order_id == order_id).then_some(key)
}

fn path(order_id: OrderId) -> String {
    format!("/orders/{order_id}")
}

async fn answer(buyer: &Buyer, order_id: OrderId, done: Result<(), Problem>) -> HandlerResult {
    match done {
        Ok(()) => Ok(see_other(&path(order_id))),
        Err(problem) => not_performed(buyer, order_id, problem).await,
    }
}

/// The page of the order, if its state does not allow the act any more.
async fn not_performed(buyer: &Buyer, order_id: OrderId, problem: Problem) -> HandlerResult {
    match problem.code {
        Code::OrderNotPayable
        | Code::OrderNotCancellable
        | Code::OrderNotReceivable
        | Code::OrderNotRefundable
        // The token was used with another reason or platform: that request has been made.
        | Code::IdempotencyKeyReused => {
            show_again(buyer, StatusCode::CONFLICT, order_id, buyer.visitor.words.purchase.too_late).await
        }
        _ => Err(problem),
    }
}
