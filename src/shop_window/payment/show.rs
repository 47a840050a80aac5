//! `GET /pay/{ticket}`. The address is the only credential, and cannot be guessed: the page shows what is bought for how
//! much, as the platform's own page does, and nothing about the customer.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::page::{View, content, title};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::PayId;
use crate::domain::status::{OrderStatus, PayStatus};
use crate::http::state::State;
use crate::order::message::Order;
use crate::pay::message::{Payment, Status};
use crate::web::language::{self, Words};
use crate::web::sheet::Sheet;
use crate::web::{asset, live};
use crate::{order, pay};

/// Query string that the script adds to the address after it invoked WeChat's payment dialog.
const INVOKED: &str = "asked";

/// `GET /pay/{ticket}`
pub async fn show(req: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let words = language::of(&req);
    let Some(pay_id) = of_path(&req, &state) else { return missing(words) };
    match find(&state, pay_id).await {
        Ok(Some((payment, order))) => found(&req, &state, words, &payment, order),
        Ok(None) => missing(words),
        Err(_) => busy(words, &state.pay_pages.path(pay_id)),
    }
}

/// The payment whose page the request is about.
pub fn of_path(req: &HttpRequest, state: &State) -> Option<PayId> {
    state.pay_pages.open(req.match_info().get("ticket")?)
}

/// `GET /pay/page.js`: the script of the page, also under the address that older pages have.
pub async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(asset::PAY.content)
}

/// A payment, and its order if Order knows it.
async fn find(state: &State, pay_id: PayId) -> Reply<Option<(Payment, Option<Order>)>> {
    let Some(found) = ask(&state.owners.pay, pay::message::FindAny { pay_id }).await? else { return Ok(None) };
    let order = ask(&state.owners.order, order::message::FindAny { order_id: found.payment.order_id }).await?;
    Ok(Some((found.payment, order)))
}

fn found(
    req: &HttpRequest,
    state: &State,
    words: &'static Words,
    payment: &Payment,
    order: Option<Order>,
) -> HttpResponse {
    let digest = live::digest_of(&(payment.status, &payment.checkout));
    if let Some(answer) = live::answer(req, &digest) {
        return answer;
    }
    let path = state.pay_pages.path(payment.pay_id);
    let can_be_paid_again = payment.status == Status::Closed
        && order.as_ref().is_some_and(is_payable)
        && state.gateways.find(&payment.provider).is_some_and(|gateway| !gateway.needs_payer());
    let lines = order.map(|order| order.goods).unwrap_or_default();
    let view = View {
        payment,
        path: &path,
        lines: &lines,
        now: state.clock.now(),
        was_invoked: req.query_string() == INVOKED,
        can_be_paid_again,
        state: &digest,
    };
    let content = content(words, &view);
    let eyebrow = super::page::platform(words, &payment.provider);
    Sheet { words, path: &path, title: title(words, payment.status), eyebrow: &eyebrow, content }
        .respond(StatusCode::OK)
}

/// Whether a payment of this order can be started.
pub fn is_payable(order: &Order) -> bool {
    order.order_status == OrderStatus::Confirmed && order.pay_status != PayStatus::Paid
}

fn missing(words: &'static Words) -> HttpResponse {
    let texts = &words.pay_page;
    let content = html! { p { (texts.missing_text) } };
    Sheet { words, path: "/", title: texts.missing, eyebrow: "", content }.respond(StatusCode::NOT_FOUND)
}

fn busy(words: &'static Words, path: &str) -> HttpResponse {
    let content = html! { p { (words.pay_page.busy_text) } (live::follow(path, "busy")) };
    Sheet { words, path, title: words.pay_page.busy, eyebrow: "", content }.respond(StatusCode::SERVICE_UNAVAILABLE)
}
