//! `/console/webhooks`: the endpoints of other systems, and their latest deliveries.

use maud::{Markup, html};

use super::act::Act;
use super::menu::Section;
use super::operator::{Operator, Question};
use crate::domain::id::{self, WebhookId};
use crate::domain::status::DeliveryStatus;
use crate::http::admin::webhook::{find_webhook, find_webhooks};
use crate::http::admin::webhook_delivery::{DeliveryQuery, find_deliveries};
use crate::http::extract::page::Page;
use crate::http::extract::path::PathId;
use crate::http::extract::query::Filters;
use crate::http::state::HandlerResult;
use crate::web::component::{Column, Pill, Tone, facts, id_text, optional_text, optional_time, pager, table, time};
use crate::web::language::Words;
use crate::webhook::message::{Delivery, Webhook};

const PATH: &str = "/console/webhooks";

/// The page of an endpoint.
fn path(webhook_id: WebhookId) -> String {
    format!("{PATH}/{webhook_id}")
}

/// `GET /console/webhooks`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(operator: Operator, Filters { query: page, pairs }: Filters<Page>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.webhook);
    let webhooks = find_webhooks(&operator.state, &page).await?;
    let columns = [
        Column::Text(own.url),
        Column::Text(own.description),
        Column::Text(words.common.state),
        Column::Number(own.undelivered),
        Column::Text(own.oldest),
    ];
    let row = |webhook: &Webhook| {
        vec![
            html! { a href=(path(webhook.webhook_id)) { (webhook.url) } },
            html! { (webhook.description) },
            state(words, webhook),
            html! { (webhook.undelivered) },
            optional_time(words, webhook.oldest_undelivered_time),
        ]
    };
    let content = html! {
        div.title { h1 { (own.title) } }
        p.soft { (own.about) }
        section.card {
            (table(words, &columns, webhooks.items.iter().map(row)))
            (pager(words, PATH, &pairs, webhooks.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Webhooks, own.title, content).await
}

fn state(words: &Words, webhook: &Webhook) -> Markup {
    let own = &words.webhook;
    match webhook.disable_reason {
        None if webhook.failing_since.is_some() => html! { (Pill(Tone::Waiting, own.enabled)) },
        None => html! { (Pill(Tone::Good, own.enabled)) },
        Some(reason) => html! { (Pill(Tone::Bad, (own.disabled)(reason))) },
    }
}

/// `GET /console/webhooks/{id}`: an endpoint with its latest deliveries.
///
/// # Errors
/// 404 if there is no such endpoint.
pub async fn show(
    operator: Operator,
    PathId(webhook_id): PathId<id::Webhook>,
    Filters { query, pairs }: Filters<DeliveryQuery>,
) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.webhook);
    let webhook = find_webhook(&operator.state, webhook_id).await?;
    let deliveries = find_deliveries(&operator.state, webhook_id, query).await?;
    let content = html! {
        div.title { h1 { (own.one) } (state(words, &webhook)) }
        section.card {
            (about(words, &webhook))
            (buttons(words, &webhook))
        }
        section.card {
            h2 { (own.deliveries) }
            (deliveries_table(words, &deliveries.items))
            (pager(words, &path(webhook_id), &pairs, deliveries.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Webhooks, own.one, content).await
}

fn about(words: &Words, webhook: &Webhook) -> Markup {
    let own = &words.webhook;
    let types: Vec<&str> = webhook.event_types.names().collect();
    let types = if types.is_empty() { own.all_types.to_owned() } else { types.join(", ") };
    facts([
        (own.url, html! { code { (webhook.url) } }),
        (own.description, html! { (webhook.description) }),
        (own.event_types, html! { (types) }),
        (own.undelivered, html! { (webhook.undelivered) }),
        (own.oldest, optional_time(words, webhook.oldest_undelivered_time)),
        (own.failing_since, optional_time(words, webhook.failing_since)),
        (own.created, time(webhook.create_time)),
    ])
}

fn buttons(words: &Words, webhook: &Webhook) -> Markup {
    let own = &words.webhook;
    let button = |act: &str, text: &str| {
        html! {
            form method="post" action=(format!("{}/{act}", path(webhook.webhook_id))) { button { (text) " …" } }
        }
    };
    html! {
        div.acts {
            @if webhook.enabled {
                (button("test", own.test))
                (button("disable", own.disable))
            } @else {
                (button("enable", own.enable))
            }
        }
    }
}

fn deliveries_table(words: &Words, deliveries: &[Delivery]) -> Markup {
    let own = &words.webhook;
    let columns = [
        Column::Text(own.event),
        Column::Text(words.common.state),
        Column::Number(own.attempts),
        Column::Text(own.latest),
        Column::Text(words.common.at),
    ];
    let row = |delivery: &Delivery| {
        let state = match delivery.status {
            DeliveryStatus::Pending => Pill(Tone::Waiting, words.states.pending),
            DeliveryStatus::Delivered => Pill(Tone::Good, own.delivered),
            DeliveryStatus::Failed => Pill(Tone::Bad, own.failed),
        };
        let latest = delivery.latest_attempts.first();
        let status = latest.and_then(|attempt| attempt.status_code).map(|status| status.to_string());
        let answer = latest.and_then(|attempt| attempt.error.clone()).or(status);
        vec![
            id_text(&delivery.event_id),
            html! { (state) },
            html! { (delivery.attempts) },
            optional_text(words, answer.as_deref()),
            time(delivery.create_time),
        ]
    };
    table(words, &columns, deliveries.iter().map(row))
}

/// `POST /console/webhooks/{id}/test`: the preview of a test event.
///
/// # Errors
/// 404 if there is no such endpoint.
pub async fn test(operator: Operator, PathId(webhook_id): PathId<id::Webhook>) -> HandlerResult {
    let own = &operator.words.webhook;
    preview(&operator, webhook_id, (own.test, own.test_effect), &Act::TestWebhook { webhook_id }).await
}

/// `POST /console/webhooks/{id}/enable`: the preview.
///
/// # Errors
/// 404 if there is no such endpoint.
pub async fn enable(operator: Operator, PathId(webhook_id): PathId<id::Webhook>) -> HandlerResult {
    let own = &operator.words.webhook;
    let act = Act::SwitchWebhook { webhook_id, enabled: true };
    preview(&operator, webhook_id, (own.enable, own.enable_effect), &act).await
}

/// `POST /console/webhooks/{id}/disable`: the preview.
///
/// # Errors
/// 404 if there is no such endpoint.
pub async fn disable(operator: Operator, PathId(webhook_id): PathId<id::Webhook>) -> HandlerResult {
    let own = &operator.words.webhook;
    let act = Act::SwitchWebhook { webhook_id, enabled: false };
    preview(&operator, webhook_id, (own.disable, own.disable_effect), &act).await
}

async fn preview(
    operator: &Operator,
    webhook_id: WebhookId,
    (title, effect): (&'static str, &'static str),
    act: &Act,
) -> HandlerResult {
    let webhook = find_webhook(&operator.state, webhook_id).await?;
    let effects = html! {
        (about(operator.words, &webhook))
        p { (effect) }
    };
    let back = path(webhook_id);
    let question = Question { title, effects, button: title, back: &back };
    operator.preview(Section::Webhooks, question, act).await
}
