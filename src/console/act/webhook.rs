//! Acts on webhooks.

use crate::console::operator::Operator;
use crate::domain::id::WebhookId;
use crate::domain::idempotency::IdempotencyKey;
use crate::http::admin::webhook::{ChangedWebhook, change_as};
use crate::http::admin::webhook_delivery::test_as;
use crate::http::problem::Problem;

/// The page of an endpoint.
fn path(webhook_id: WebhookId) -> String {
    format!("/console/webhooks/{webhook_id}")
}

/// Enables or disables an endpoint.
pub async fn switch(operator: &Operator, webhook_id: WebhookId, enabled: bool) -> Result<String, Problem> {
    let changed = ChangedWebhook { url: None, description: None, event_types: None, enabled: Some(enabled) };
    change_as(&operator.state, operator.admin, webhook_id, changed).await?;
    Ok(path(webhook_id))
}

/// Sends an event that says nothing, once under the same key.
pub async fn test(operator: &Operator, key: &IdempotencyKey, webhook_id: WebhookId) -> Result<String, Problem> {
    test_as(&operator.state, operator.admin, webhook_id, Some(key)).await?;
    Ok(path(webhook_id))
}
