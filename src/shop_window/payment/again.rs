//! `POST /pay/{ticket}/again`: a new payment of the order, after one was declined or has expired.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;
use serde::Serialize;

use super::show::{is_payable, of_path};
use crate::actor::task::ask;
use crate::domain::id::PayId;
use crate::domain::idempotency::IdempotencyKey;
use crate::http::extract::client::ClientIp;
use crate::http::extract::key::fingerprint;
use crate::http::problem::{Code, Problem};
use crate::http::shop::payment::begin;
use crate::http::state::{HandlerResult, State};
use crate::pay::message::Status;
use crate::payments::message::StartPayment;
use crate::web::language::{self, Words};
use crate::web::redirect::see_other;
use crate::web::sheet::Sheet;
use crate::{order, pay};

/// The part of the request that its fingerprint covers.
#[derive(Serialize)]
struct Again {
    again: PayId,
}

/// `POST /pay/{ticket}/again`. A payment that is closed is followed by one other, however often the button is pressed.
///
/// # Errors
/// 404 if the payment does not exist; 503 if the store does not answer.
pub async fn start(req: HttpRequest, state: web::Data<State>, ClientIp(client_ip): ClientIp) -> HandlerResult {
    let words = language::of(&req);
    let pay_id = of_path(&req, &state).ok_or_else(|| Problem::new(Code::NotFound))?;
    let path = |pay_id| state.pay_pages.path(pay_id);
    let found = ask(&state.owners.pay, pay::message::FindAny { pay_id }).await?;
    let payment = found.ok_or_else(|| Problem::new(Code::NotFound))?.payment;
    let order = ask(&state.owners.order, order::message::FindAny { order_id: payment.order_id }).await?;
    let order = order.ok_or_else(|| Problem::new(Code::NotFound))?;
    if payment.status != Status::Closed || !is_payable(&order) {
        return Ok(see_other(&path(pay_id)));
    }
    let start = StartPayment {
        user_id: order.user_id,
        key: key(pay_id)?,
        fingerprint: fingerprint(&Again { again: pay_id })?,
        order_id: order.order_id,
        provider: payment.provider,
        payer: None,
        return_url: payment.return_url,
        client_ip,
    };
    match begin(&state, start).await {
        Ok(begun) => Ok(see_other(&path(begun.payment.pay_id))),
        Err(problem) if problem.code == Code::PlatformUnavailable => Ok(unavailable(words, &path(pay_id))),
        // The order has ended in the meantime: the page says so.
        Err(problem) if problem.code == Code::OrderNotPayable => Ok(see_other(&path(pay_id))),
        Err(problem) => Err(problem),
    }
}

/// The key of the payment that follows this one.
fn key(pay_id: PayId) -> Result<IdempotencyKey, Problem> {
    IdempotencyKey::try_from(format!("tradepost:after:{pay_id}").as_bytes()).map_err(|_| Problem::new(Code::Internal))
}

fn unavailable(words: &'static Words, path: &str) -> HttpResponse {
    let texts = &words.pay_page;
    let content = html! {
        p { (texts.unavailable_text) }
        p { a.button.go href=(path) { (texts.to_payment) } }
    };
    Sheet { words, path, title: texts.unavailable, eyebrow: "", content }.respond(StatusCode::SERVICE_UNAVAILABLE)
}
