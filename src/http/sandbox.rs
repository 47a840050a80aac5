//! The sandbox platform's routes: the checkout page for people, the trades for scripts.

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::json;

use super::sandbox_page as page;
use crate::gateway::sandbox::Platform;
use crate::gateway::sandbox::error::Refusal;
use crate::gateway::sandbox::message::{Callbacks, Trade};
use crate::runtime::{Failure, Reply};

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

async fn find(platform: Data<Platform>, number: Path<String>) -> HttpResponse {
    match platform.find(number.into_inner()).await {
        Ok(Some(trade)) => HttpResponse::Ok().json(trade),
        Ok(None) => refused(Refusal::NotFound),
        Err(failure) => failed(failure),
    }
}

async fn pay(platform: Data<Platform>, number: Path<String>, body: Bytes) -> HttpResponse {
    match callbacks(&body) {
        Ok(callbacks) => answer(platform.pay(number.into_inner(), callbacks).await),
        Err((status, code, detail)) => problem(status, code, &detail),
    }
}

async fn decline(platform: Data<Platform>, number: Path<String>) -> HttpResponse {
    answer(platform.decline(number.into_inner()).await)
}

async fn close(platform: Data<Platform>, number: Path<String>) -> HttpResponse {
    answer(platform.close(number.into_inner()).await)
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
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(page)
}

fn answer(outcome: Reply<Result<Trade, Refusal>>) -> HttpResponse {
    match outcome {
        Ok(Ok(trade)) => HttpResponse::Ok().json(trade),
        Ok(Err(refusal)) => refused(refusal),
        Err(failure) => failed(failure),
    }
}

fn refused(refusal: Refusal) -> HttpResponse {
    match refusal {
        Refusal::NotFound => problem(StatusCode::NOT_FOUND, "not_found", &refusal.to_string()),
        Refusal::Ended(_) => problem(StatusCode::CONFLICT, "trade_not_open", &refusal.to_string()),
    }
}

fn failed(failure: Failure) -> HttpResponse {
    match failure {
        // Everything here may be asked again: a trade is charged once.
        Failure::Busy | Failure::Unknown => {
            let mut busy = problem(StatusCode::SERVICE_UNAVAILABLE, "busy", "try again");
            busy.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
            busy
        }
        Failure::Poison => problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", "this is a bug"),
    }
}

type Wrong = (StatusCode, &'static str, String);

/// The body of a payment; none at all means the defaults.
fn callbacks(body: &[u8]) -> Result<Callbacks, Wrong> {
    if body.is_empty() {
        return Ok(Callbacks::default());
    }
    let malformed = |error: &serde_json::Error| (StatusCode::BAD_REQUEST, "malformed_request", error.to_string());
    let mut json = serde_json::Deserializer::from_slice(body);
    let callbacks = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        if error.inner().is_data() {
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", error.to_string())
        } else {
            malformed(error.inner())
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(callbacks)
}

fn problem(status: StatusCode, code: &str, detail: &str) -> HttpResponse {
    let title = status.canonical_reason().unwrap_or_default();
    let body =
        json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail, "code": code });
    HttpResponseBuilder::new(status).content_type("application/problem+json").body(body.to_string())
}

#[cfg(test)]
mod tests;
