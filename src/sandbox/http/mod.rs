//! The sandbox platform's routes: the checkout page for people, the trades for scripts.

mod page;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};

use futures_util::stream;
use serde::Deserialize;

use super::error::{RefundRefusal, Refusal};
use super::message::{Callbacks, Refund, Statement};
use super::statement::{HEAD, lines};
use super::trade::Trade;
use super::{NAME, Platform};
use crate::actor::Reply;
use crate::domain::money::Money;
use crate::http::extract::field;
use crate::http::extract::query::Query;
use crate::http::pages::html;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;

const PAGE: i64 = 500;

/// The routes; they need a [`Platform`] as application data.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        web::scope("/sandbox")
            .route("/checkout/{out_trade_no}", web::get().to(checkout))
            .route("/checkout/{out_trade_no}/pay", web::post().to(checkout_pay))
            .route("/checkout/{out_trade_no}/decline", web::post().to(checkout_decline))
            .route("/trades/{out_trade_no}", web::get().to(find))
            .route("/trades/{out_trade_no}/pay", web::post().to(pay))
            .route("/trades/{out_trade_no}/decline", web::post().to(decline))
            .route("/trades/{out_trade_no}/close", web::post().to(close))
            .route("/trades/{out_trade_no}/refund", web::post().to(refund))
            .route("/statement", web::get().to(statement)),
    );
}

async fn find(platform: Data<Platform>, number: Path<String>) -> HandlerResult {
    let trade = platform.find(number.into_inner()).await?.ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok().json(trade))
}

/// A body is optional: none means the defaults.
async fn pay(platform: Data<Platform>, number: Path<String>, body: Bytes) -> HandlerResult {
    let callbacks = if body.is_empty() { Callbacks::default() } else { field::from_json(&body)? };
    Ok(HttpResponse::Ok().json(platform.pay(number.into_inner(), callbacks).await??))
}

async fn decline(platform: Data<Platform>, number: Path<String>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(platform.decline(number.into_inner()).await??))
}

async fn close(platform: Data<Platform>, number: Path<String>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(platform.close(number.into_inner()).await??))
}

/// What the platform gives back by itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    amount: Money,
    out_request_no: String,
}

async fn refund(platform: Data<Platform>, number: Path<String>, body: Bytes) -> HandlerResult {
    let NewRefund { amount, out_request_no } = field::from_json(&body)?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !(1..=32).contains(&out_request_no.len()) || !out_request_no.chars().all(good) {
        return Err(Problem::field("out_request_no", "must be 1 to 32 letters, digits, _ or -"));
    }
    let refund = Refund { out_trade_no: number.into_inner(), out_request_no, amount };
    Ok(HttpResponse::Ok().json(platform.refund(refund).await??))
}

/// Which name of the platform the statement is for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementQuery {
    #[serde(default = "first_name")]
    provider: String,
}

fn first_name() -> String {
    NAME.to_owned()
}

/// All that was charged and given back, a page at a time as it is read.
async fn statement(platform: Data<Platform>, Query(query): Query<StatementQuery>) -> HandlerResult {
    let first = Some(String::new());
    let pages = stream::try_unfold(first, move |after| {
        let (platform, provider) = (platform.clone(), query.provider.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = platform.statement(Statement { provider, after: after.clone(), limit: PAGE }).await;
            let page = page.map_err(Problem::from)?;
            let lines: String = page.iter().map(lines).collect();
            let head = if after.is_empty() { HEAD } else { "" };
            let next = page.last().map(|trade| trade.out_trade_no.clone());
            Ok::<_, Problem>(Some((Bytes::from(format!("{head}{lines}")), next)))
        }
    });
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").streaming(pages))
}

async fn checkout(platform: Data<Platform>, number: Path<String>) -> HttpResponse {
    match platform.find(number.into_inner()).await {
        Ok(Some(trade)) => html(StatusCode::OK, page::checkout(&trade, platform.merchant_id())),
        Ok(None) => html(StatusCode::NOT_FOUND, page::not_found()),
        Err(_) => html(StatusCode::SERVICE_UNAVAILABLE, page::unavailable()),
    }
}

async fn checkout_pay(platform: Data<Platform>, number: Path<String>) -> HttpResponse {
    let outcome = platform.pay(number.clone(), Callbacks::default()).await;
    back(&number, outcome)
}

async fn checkout_decline(platform: Data<Platform>, number: Path<String>) -> HttpResponse {
    let outcome = platform.decline(number.clone()).await;
    back(&number, outcome)
}

/// Back to the page, which shows how the trade stands: also where a form came too late.
fn back(number: &str, outcome: Reply<Result<Trade, Refusal>>) -> HttpResponse {
    match outcome {
        Ok(Ok(_) | Err(Refusal::Ended(_))) => {
            HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/sandbox/checkout/{number}"))).finish()
        }
        Ok(Err(Refusal::NotFound)) => html(StatusCode::NOT_FOUND, page::not_found()),
        Err(_) => html(StatusCode::SERVICE_UNAVAILABLE, page::unavailable()),
    }
}

fn html(status: StatusCode, text: String) -> HttpResponse {
    html::page(status, html::PLAIN, text)
}

impl From<RefundRefusal> for Problem {
    fn from(refusal: RefundRefusal) -> Self {
        match refusal {
            RefundRefusal::NotFound => Self::new(Code::NotFound),
            RefundRefusal::NotPaid(_) => Self::with(Code::TradeNotOpen, refusal.to_string()),
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
            Refusal::Ended(_) => Self::with(Code::TradeNotOpen, refusal.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
