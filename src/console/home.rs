//! `/console`: the first page.

use super::operator::Operator;
use crate::http::state::HandlerResult;
use crate::web::redirect::see_other;

/// `GET /console`
///
/// # Errors
/// None of its own.
pub async fn show(_: Operator) -> HandlerResult {
    Ok(see_other("/console/overview"))
}
