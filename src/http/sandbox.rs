//! The sandbox platform's routes: the checkout page for people, the trades for scripts.

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::problem::{Code, Problem};
use super::{Answer, field, sandbox_page as page};
use crate::gateway::sandbox::Platform;
use crate::gateway::sandbox::error::Refusal;
use crate::gateway::sandbox::message::{Callbacks, Trade};
use crate::runtime::Reply;

/// Nothing is loaded, run or framed; the page's own style is inline, its forms go to this server.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

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
            .route("/trades/{out_trade_no}/close", web::post().to(close)),
    );
}

async fn find(platform: Data<Platform>, number: Path<String>) -> Answer {
    let trade = platform.find(number.into_inner()).await?.ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok().json(trade))
}

/// A body is optional: none means the defaults.
async fn pay(platform: Data<Platform>, number: Path<String>, body: Bytes) -> Answer {
    let callbacks = if body.is_empty() { Callbacks::default() } else { field::from_json(&body)? };
    Ok(HttpResponse::Ok().json(platform.pay(number.into_inner(), callbacks).await??))
}

async fn decline(platform: Data<Platform>, number: Path<String>) -> Answer {
    Ok(HttpResponse::Ok().json(platform.decline(number.into_inner()).await??))
}

async fn close(platform: Data<Platform>, number: Path<String>) -> Answer {
    Ok(HttpResponse::Ok().json(platform.close(number.into_inner()).await??))
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

fn html(status: StatusCode, page: String) -> HttpResponse {
    HttpResponseBuilder::new(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(page)
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
