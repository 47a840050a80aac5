//! `/healthz` and `/readyz`: for load balancers, open to all, without data.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::problem::{Code, Problem};
use super::state::{Answer, State};

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

/// `GET /healthz`: the process lives.
pub async fn lives() -> HttpResponse {
    HttpResponse::Ok().json(Status { status: "ok" })
}

/// `GET /readyz`: every actor runs and its store answers.
///
/// # Errors
/// 503.
pub async fn is_ready(state: web::Data<State>) -> Answer {
    if state.health.iter().all(|actor| actor.is_ready()) {
        Ok(HttpResponse::Ok().json(Status { status: "ready" }))
    } else {
        Err(Problem::new(Code::NotReady))
    }
}
