//! Acts on messages.

use crate::console::operator::Operator;
use crate::http::admin::message::replay_one;
use crate::http::problem::Problem;

/// Delivers messages again. The page shows what became of each.
pub async fn replay(operator: &Operator, ids: &[String]) -> Result<String, Problem> {
    for id in ids {
        // A message that is gone was delivered, and pruned since.
        replay_one(&operator.state, id).await?;
    }
    Ok(format!("/console/messages?replayed={}", ids.join(",")))
}
