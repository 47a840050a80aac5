//! The HTTP routes of the sandbox platform: the checkout page for customers and a JSON API for tests.

pub mod console;
mod page;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig, get, post, resource};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::stream;
use serde::Deserialize;

use super::error::{RefundRefusal, Refusal};
use super::message::{Callbacks, Refund, Statement};
use super::statement::{HEAD, PAGE_SIZE, lines};
use super::trade::Trade;
use super::{NAME, Platform};
use crate::actor::Reply;
use crate::domain::id::PayId;
use crate::domain::money::Money;
use crate::domain::provider::is_name;
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, is_printable_ascii};
use crate::http::extract::body::RawBody;
use crate::http::extract::field;
use crate::http::extract::query::Query;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, state};
use crate::web::language;
use crate::web::redirect::see_other;

/// Registers the routes. They need a [`Platform`] as application data.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        web::scope("/sandbox")
            .service(resource("/checkout/{ticket}").route(get().to(checkout)))
            .service(resource("/checkout/{ticket}/pay").route(post().to(checkout_pay)))
            .service(resource("/checkout/{ticket}/decline").route(post().to(checkout_decline)))
            .service(resource("/trades/{out_trade_no}").route(get().to(find)))
            .service(resource("/trades/{out_trade_no}/pay").route(post().to(pay)))
            .service(resource("/trades/{out_trade_no}/decline").route(post().to(decline)))
            .service(resource("/trades/{out_trade_no}/close").route(post().to(close)))
            .service(resource("/trades/{out_trade_no}/refund").route(post().to(refund)))
            .service(resource("/statement").route(get().to(statement))),
    );
}

async fn find(platform: Data<Platform>, Number(out_trade_no): Number) -> HandlerResult {
    let trade = platform.find(out_trade_no).await?.ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok().json(trade))
}

/// The shop's id of a trade, in the path. Whatever no trade can have is not found.
struct Number(String);

impl FromRequest for Number {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let number = Path::<String>::from_request(req, payload).into_inner().map(Path::into_inner);
        let number = number.ok().filter(|number| is_printable_ascii(number, EVENT_ID_LENGTH_MAX));
        ready(number.map(Self).ok_or(Problem::new(Code::NotFound)))
    }
}

/// Pays a trade. Without a body no fault is injected.
async fn pay(platform: Data<Platform>, Number(out_trade_no): Number, RawBody(body): RawBody) -> HandlerResult {
    let callbacks = if body.is_empty() { Callbacks::default() } else { field::from_json(&body)? };
    Ok(HttpResponse::Ok().json(platform.pay(out_trade_no, callbacks).await??))
}

async fn decline(platform: Data<Platform>, Number(out_trade_no): Number) -> HandlerResult {
    Ok(HttpResponse::Ok().json(platform.decline(out_trade_no).await??))
}

async fn close(platform: Data<Platform>, Number(out_trade_no): Number) -> HandlerResult {
    Ok(HttpResponse::Ok().json(platform.close(out_trade_no).await??))
}

/// The body of a request for a refund that the platform makes on its own, without a request of the shop.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    amount: Money,
    out_request_no: String,
}

async fn refund(platform: Data<Platform>, Number(out_trade_no): Number, RawBody(body): RawBody) -> HandlerResult {
    let NewRefund { amount, out_request_no } = field::from_json(&body)?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !(1..=32).contains(&out_request_no.len()) || !out_request_no.chars().all(is_allowed) {
        return Err(Problem::field("out_request_no", "must be 1 to 32 letters, digits, _ or -"));
    }
    let refund = Refund { out_trade_no, out_request_no, amount };
    Ok(HttpResponse::Ok().json(platform.refund(refund).await??))
}

/// The query of the statement. `provider` is the platform's name at the shop.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementQuery {
    #[serde(default = "default_provider")]
    provider: String,
}

fn default_provider() -> String {
    NAME.to_owned()
}

/// Streams the statement page by page.
async fn statement(platform: Data<Platform>, Query(query): Query<StatementQuery>) -> HandlerResult {
    if !is_name(&query.provider) {
        return Err(Problem::field("provider", "must be the name of a platform"));
    }
    let first = Some(String::new());
    let pages = stream::try_unfold(first, move |after| {
        let (platform, provider) = (platform.clone(), query.provider.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = platform.statement(Statement { provider, after: after.clone(), limit: PAGE_SIZE }).await;
            let page = page.map_err(Problem::from)?;
            let lines: String = page.iter().map(lines).collect();
            let head = if after.is_empty() { HEAD } else { "" };
            let next = page.last().map(|trade| trade.out_trade_no.clone());
            Ok::<_, Problem>(Some((Bytes::from(format!("{head}{lines}")), next)))
        }
    });
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").streaming(pages))
}

async fn checkout(req: HttpRequest, platform: Data<Platform>) -> HttpResponse {
    let words = language::of(&req);
    let Some(out_trade_no) = of_path(&req, &platform) else { return page::not_found(words) };
    match platform.find(out_trade_no).await {
        Ok(Some(trade)) => {
            let (path, of_payment) = (platform.checkout_path(&trade.out_trade_no), pay_page(&req, &trade));
            page::checkout(words, &trade, platform.merchant_id(), &page::Paths { own: &path, of_payment: &of_payment })
        }
        Ok(None) => page::not_found(words),
        Err(_) => page::unavailable(words),
    }
}

/// The trade of the checkout page in the path. The id of a trade alone opens no page.
fn of_path(req: &HttpRequest, platform: &Platform) -> Option<String> {
    platform.open_ticket(req.match_info().get("ticket")?)
}

/// The path of the shop's page of the payment; its first page if the trade is not of this shop.
fn pay_page(req: &HttpRequest, trade: &Trade) -> String {
    let pay_id = trade.out_trade_no.parse::<PayId>().ok();
    let path = pay_id.and_then(|pay_id| Some(state(req).ok()?.pay_pages.path(pay_id)));
    path.unwrap_or_else(|| "/".to_owned())
}

async fn checkout_pay(req: HttpRequest, platform: Data<Platform>) -> HttpResponse {
    let Some(out_trade_no) = of_path(&req, &platform) else { return page::not_found(language::of(&req)) };
    let outcome = platform.pay(out_trade_no.clone(), Callbacks::default()).await;
    redirect_to_checkout(&req, &platform.checkout_path(&out_trade_no), outcome)
}

async fn checkout_decline(req: HttpRequest, platform: Data<Platform>) -> HttpResponse {
    let Some(out_trade_no) = of_path(&req, &platform) else { return page::not_found(language::of(&req)) };
    let outcome = platform.decline(out_trade_no.clone()).await;
    redirect_to_checkout(&req, &platform.checkout_path(&out_trade_no), outcome)
}

/// Redirects to the checkout page, which shows the trade's status. A form that was sent too late is no error.
fn redirect_to_checkout(req: &HttpRequest, path: &str, outcome: Reply<Result<Trade, Refusal>>) -> HttpResponse {
    let words = language::of(req);
    match outcome {
        Ok(Ok(_) | Err(Refusal::Ended(_))) => see_other(path),
        Ok(Err(Refusal::NotFound)) => page::not_found(words),
        Err(_) => page::unavailable(words),
    }
}

impl From<RefundRefusal> for Problem {
    fn from(refusal: RefundRefusal) -> Self {
        match refusal {
            RefundRefusal::NotFound => Self::new(Code::NotFound),
            RefundRefusal::NotPaid(status) => {
                Self::with(Code::TradeNotOpen, refusal.to_string()).with_data("trade_status", status)
            }
            RefundRefusal::AmountDiffers | RefundRefusal::AmountNotPositive | RefundRefusal::TooMuch(_) => {
                Self::field("amount", refusal.to_string())
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::new(Code::NotFound),
            Refusal::Ended(status) => {
                Self::with(Code::TradeNotOpen, refusal.to_string()).with_data("trade_status", status)
            }
        }
    }
}

#[cfg(test)]
mod tests;
