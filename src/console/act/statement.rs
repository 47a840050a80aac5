//! Repairs by the statements of platforms.

use crate::console::operator::Operator;
use crate::http::admin::reconciliation::{NewReconciliation, reconcile};
use crate::http::problem::Problem;

/// Books what the statement proves. What is booked already stays as it is.
pub async fn repair(operator: &Operator, statement: NewReconciliation) -> Result<String, Problem> {
    reconcile(&operator.state, operator.admin, &statement).await?;
    let pairs = [("provider", statement.provider.as_str()), ("day", &statement.day.to_string())];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Ok(format!("/console/reconcile?{query}"))
}
