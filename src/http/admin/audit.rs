//! `/admin/audit`.

use actix_web::{HttpResponse, web};

use crate::http::extract::auth::Admin;
use crate::http::state::{Answer, State};

/// `GET /admin/audit`: 200 also where something is broken, `ok` says so.
///
/// # Errors
/// 503 while another one is running, or where a store does not answer.
pub async fn show(_: Admin, state: web::Data<State>) -> Answer {
    Ok(HttpResponse::Ok().json(state.auditor.run().await?))
}
