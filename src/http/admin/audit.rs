//! `/admin/audit`.

use actix_web::{HttpResponse, web};

use crate::http::extract::auth::Admin;
use crate::http::state::{HandlerResult, State};

/// `GET /admin/audit`. The response is 200 even if an invariant is violated; `ok` is then false.
///
/// # Errors
/// 503 if another audit is running or a store cannot be read.
pub async fn show(_: Admin, state: web::Data<State>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(state.auditor.run().await?))
}
