//! Webhooks as the HTTP handlers use them.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;

use super::counts::Counts;
use super::secret::Secrets;
use super::sender::WebhookSender;
use crate::domain::webhook::UrlRules;

/// The sender, and what a new endpoint needs.
#[derive(Clone)]
pub struct Webhooks {
    /// The actor that sends.
    pub sender: Addr<WebhookSender>,
    /// The secrets of the endpoints.
    pub secrets: Arc<Secrets>,
    /// The addresses that endpoints may have.
    pub rules: UrlRules,
    /// Counters of attempts.
    pub counts: Arc<Counts>,
    /// How long the secret before the present one signs too.
    pub old_secret_for: Duration,
}
