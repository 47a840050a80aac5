//! The families about webhooks.

use super::writer::Writer;
use crate::metrics::figures::Figures;
use crate::webhook::message::Webhook;

/// The endpoints of other systems, their events that are not delivered, and the attempts.
pub fn webhooks(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    let webhooks: Vec<(String, &Webhook)> =
        figures.webhooks.iter().flatten().map(|webhook| (webhook.webhook_id.to_string(), webhook)).collect();
    let each = || webhooks.iter().map(|(id, webhook)| (vec![("webhook", id.as_str())], *webhook));
    let is_enabled = each().map(|(labels, webhook)| (labels, webhook.enabled));
    out.gauges("webhook_enabled", "Whether events are sent to the webhook.", is_enabled)?;
    let undelivered = each().map(|(labels, webhook)| (labels, webhook.undelivered));
    out.gauges("webhook_undelivered", "Events that are queued for the webhook and not delivered.", undelivered)?;
    let ages = each().map(|(labels, webhook)| {
        let oldest = webhook.oldest_undelivered_time;
        (labels, oldest.map_or(0.0, |oldest| figures.now.since(oldest).as_secs_f64()))
    });
    out.gauges("webhook_oldest_seconds", "Age of the oldest of them; 0 if there is none.", ages)?;
    out.counters(
        "webhook_attempts",
        "Attempts to send an event to a webhook: delivered, to be retried, or failed for good.",
        figures.webhook_attempts.iter().map(|(outcome, number)| (vec![("outcome", *outcome)], *number)),
    )
}
