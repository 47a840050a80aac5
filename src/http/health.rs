//! `/healthz` and `/readyz`: health checks for load balancers. Public, without details.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::problem::{Code, Problem};
use super::state::{HandlerResult, State};
use crate::actor::Health;
use crate::node::Node;

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
    if is_ready(&state.node, &state.health) {
        Ok(HttpResponse::Ok().json(Status { status: "ready" }))
    } else {
        Err(Problem::new(Code::NotReady))
    }
}

/// Whether every actor runs, its store is reachable and accepts writes, and this node holds its lease.
#[must_use]
pub fn is_ready(node: &Node, actors: &[Arc<Health>]) -> bool {
    node.fence.is_open() && actors.iter().all(|actor| actor.is_ready())
}
