//! `/healthz` and `/readyz`: health checks for load balancers. Public, without details.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::problem::{Code, Problem};
use super::state::{HandlerResult, State};

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

/// `GET /healthz`: the process serves HTTP.
pub async fn liveness() -> HttpResponse {
    HttpResponse::Ok().json(Status { status: "ok" })
}

/// `GET /readyz`: every actor runs, its store is reachable and accepts writes, and this node holds its lease.
///
/// # Errors
/// 503 if one is not ready.
pub async fn readiness(state: web::Data<State>) -> HandlerResult {
    if state.node.fence.is_open() && state.health.iter().all(|actor| actor.is_ready()) {
        Ok(HttpResponse::Ok().json(Status { status: "ready" }))
    } else {
        Err(Problem::new(Code::NotReady))
    }
}
