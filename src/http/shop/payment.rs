//! `/v1/payments`.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::id::{self, OrderId, UserId};
use crate::domain::origin::{Origin, WebAddress};
use crate::domain::text::Payer;
use crate::http::extract::auth::Customer;
use crate::http::extract::body::{Body, EmptyBody};
use crate::http::extract::client::ClientIp;
use crate::http::extract::key::{Key, fingerprint, mark_replay, replayed};
use crate::http::extract::page::{Cursor, Limit, Page};
use crate::http::extract::path::PathId;
use crate::http::extract::query::{Query, optional};
use crate::http::json;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::{HandlerResult, State};
use crate::pay::message::{Payment, Status};
use crate::payments::message::{ClosePayment, PaymentStarted, Reuse, StartOutcome, StartPayment};
use crate::payments::platform::report::PaymentMethod;
use crate::trace::{self, Traced};
use crate::{order, pay};

/// Body of a payment: the order to pay and the platform to pay it on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    order_id: OrderId,
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<Payer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<WebAddress>,
}

/// `POST /v1/payments`. If the platform has not answered within `payments.answer_within`, the response is 202 with the
/// payment as it is, and the start continues.
///
/// # Errors
/// 404 for an order that is not the caller's; 409 for an order that cannot be paid; 422 for an unknown platform, a
/// missing payer, or an idempotency key that was used for another request; 503 if the platform does not answer.
pub async fn start(
    caller: Customer,
    Key(key): Key,
    state: web::Data<State>,
    ClientIp(client_ip): ClientIp,
    Body(new): Body<NewPayment>,
) -> HandlerResult {
    trace::about(new.order_id);
    expect_return_url(&state, new.return_url.as_ref())?;
    let start = StartPayment {
        user_id: caller.0,
        key,
        fingerprint: fingerprint(&new)?,
        order_id: new.order_id,
        provider: new.provider,
        payer: new.payer,
        return_url: new.return_url.map(WebAddress::into_inner),
        client_ip,
    };
    let Begun { payment, reuse, is_replay, is_answered } = begin(&state, start).await?;
    let mut response = match reuse {
        _ if !is_answered => HttpResponse::Accepted(),
        Reuse::No => HttpResponse::Created(),
        Reuse::Yes => HttpResponse::Ok(),
    };
    response.insert_header((LOCATION, format!("/v1/payments/{}", payment.pay_id)));
    Ok(json::answer(mark_replay(&mut response, is_replay), &ShownPayment::new(&state, *payment)))
}

/// A payment as its customer sees it.
#[derive(Serialize)]
struct ShownPayment {
    #[serde(flatten)]
    payment: Payment,
    /// Path of the page on which the payment is made. It cannot be guessed.
    page_path: String,
}

impl ShownPayment {
    fn new(state: &State, payment: Payment) -> Self {
        let page_path = state.pay_pages.path(payment.pay_id);
        Self { payment, page_path }
    }
}

/// A payment that was started.
#[derive(Debug)]
pub struct Begun {
    /// The payment.
    pub payment: Box<Payment>,
    /// Whether it was open already.
    pub reuse: Reuse,
    /// Whether it is the result of an earlier request with the same key.
    pub is_replay: bool,
    /// Whether its platform has answered. The start continues otherwise.
    pub is_answered: bool,
}

/// Starts a payment, and waits for its platform at most `payments.answer_within`. While it waits for the platform, it holds
/// no permit of admission control, so a platform that does not answer keeps no order out.
///
/// # Errors
/// Those of [`start`].
pub async fn begin(state: &State, start: StartPayment) -> Result<Begun, Problem> {
    let permit = state.admission.acquire(start.user_id).await?;
    let StartOutcome { result, is_replay } = state.payments.send(Traced::new(start)).await??;
    match result {
        PaymentStarted::Started(payment, reuse) => Ok(Begun { payment, reuse, is_replay, is_answered: true }),
        PaymentStarted::Pending(payment, start, reuse) => {
            // From here on, the request waits for a platform only.
            drop(permit);
            let answer = start.within(state.start_within).await.transpose()?;
            let is_answered = answer.is_some();
            Ok(Begun { payment: answer.map_or(payment, Box::new), reuse, is_replay, is_answered })
        }
        PaymentStarted::Unavailable(wait) => Err(Problem::new(Code::PlatformUnavailable).retry_after(wait)),
        PaymentStarted::Refused(refusal, order) => {
            let problem = replayed(Problem::new(refusal.into()), is_replay);
            Err(order.map_or(problem.clone(), |order| problem.in_state(order.state())))
        }
        PaymentStarted::OrderNotFound => Err(Problem::unknown("order_id", "must be the id of an order of the caller")),
        PaymentStarted::UnknownProvider(names) => Err(FieldError::unknown_word("provider", &names).into()),
        PaymentStarted::PayerMissing => {
            let detail = "must say who the customer is on this platform";
            Err(FieldError::new("payer", field_code::REQUIRED, detail).into())
        }
        PaymentStarted::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
    }
}

/// Checks that the customer may be sent to this page.
fn expect_return_url(state: &State, return_url: Option<&WebAddress>) -> Result<(), Problem> {
    let Some(origin) = return_url.map(WebAddress::origin) else { return Ok(()) };
    if state.return_origins.contains(origin.as_str()) {
        return Ok(());
    }
    let origins: Vec<&Origin> = state.return_origins.iter().collect();
    let detail = "must be on an origin of payments.return_origins";
    Err(FieldError::new("return_url", field_code::INVALID_VALUE, detail).with("allowed", origins).into())
}

/// Query parameters of the list of payments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentsQuery {
    #[serde(default, deserialize_with = "optional")]
    order_id: Option<OrderId>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /v1/payments`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(caller: Customer, state: web::Data<State>, Query(query): Query<PaymentsQuery>) -> HandlerResult {
    let page = Page { limit: query.limit, cursor: query.cursor };
    page_of(caller.0, &state, query.order_id, page).await
}

/// `GET /v1/orders/{id}/payments`
///
/// # Errors
/// 404 if the order does not exist or belongs to another user; 422 for a bad parameter.
pub async fn of_order(
    caller: Customer,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Query(page): Query<Page>,
) -> HandlerResult {
    let order = ask(&state.owners.order, order::message::Find { order_id, user_id: caller.0 }).await?;
    order.ok_or(Problem::new(Code::NotFound))?;
    page_of(caller.0, &state, Some(order_id), page).await
}

async fn page_of(user_id: UserId, state: &State, order_id: Option<OrderId>, page: Page) -> HandlerResult {
    let list = pay::message::List { user_id, order_id, before: page.before(), limit: page.fetch_limit() };
    let payments = ask(&state.owners.pay, list).await?;
    let payments = payments.into_iter().map(|payment| ShownPayment::new(state, payment)).collect();
    Ok(HttpResponse::Ok().json(page.list(payments, |shown| shown.payment.pay_id)))
}

/// `GET /v1/payment-methods`: the payment products, and whether their platforms answer.
pub async fn methods(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(Methods { items: state.platforms.methods() })
}

/// Response body of the payment methods.
#[derive(Serialize)]
struct Methods {
    items: Vec<PaymentMethod>,
}

/// `POST /v1/payments/{id}/close`
///
/// # Errors
/// 404 if it does not exist or belongs to another user; 409 if it is paid; 503 if the platform does not answer.
pub async fn close(
    caller: Customer,
    state: web::Data<State>,
    PathId(pay_id): PathId<id::Pay>,
    _: EmptyBody,
) -> HandlerResult {
    let closed = state.payments.send(Traced::new(ClosePayment { pay_id, user_id: caller.0 })).await??;
    let payment = closed.ok_or(Problem::new(Code::NotFound))?;
    match payment.status {
        Status::Closed => Ok(HttpResponse::Ok().json(ShownPayment::new(&state, payment))),
        Status::Unpaid => Err(Problem::new(Code::Busy)),
        Status::Paid | Status::Refunded => {
            Err(Problem::new(Code::PaymentNotClosable).with_data("payment_status", payment.status))
        }
    }
}

/// `GET /v1/payments/{id}`
///
/// # Errors
/// 404 if it does not exist or belongs to another user.
pub async fn find(caller: Customer, state: web::Data<State>, PathId(pay_id): PathId<id::Pay>) -> HandlerResult {
    let payment = ask(&state.owners.pay, pay::message::Find { pay_id, user_id: caller.0 }).await?;
    let payment = payment.ok_or(Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok().json(ShownPayment::new(&state, payment)))
}
