//! The endpoints of other systems to which events are sent.

use serde_json::{Value, json};
use utoipa::openapi::Schema;

use super::Resource;
use crate::domain::webhook::{Description, DisableReason};
use crate::http::openapi::operation::{Route, delete, get, patch, post};
use crate::http::openapi::schema::{
    Component, Fields, bounded_list, bounded_pattern, bounded_text, count, described, extended, flag, formatted, id,
    integer, list, named, object, or_null, page_of, set, text, time, words,
};
use crate::http::openapi::word::DELIVERY_STATUS;
use crate::http::problem::Code;
use crate::messaging::feed::event_type::ALL;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Administration: webhooks",
    about: "Endpoints of other systems to which events are sent, signed as Standard Webhooks wants it. Changes are in the \
            journal.",
    routes,
    schemas,
};

/// The addresses as a regular expression.
const ADDRESS: &str = "^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$";

fn routes() -> Vec<Route> {
    let status = "Only deliveries in this state.";
    vec![
        get("/admin/webhooks", "listWebhooks", "Lists the webhooks").for_admins().paged().answers(
            200,
            "WebhookPage",
            "The webhooks.",
        ),
        post("/admin/webhooks", "createWebhook", "Creates a webhook")
            .about("It gets the events from now on. The answer is the only one that has the secret.")
            .for_admins()
            .takes_key()
            .body("NewWebhook")
            .answers(201, "WebhookWithSecret", "The webhook.")
            .with_header("Idempotent-Replayed")
            .refuses(&[Code::NotFound]),
        get("/admin/webhooks/{id}", "getWebhook", "Shows a webhook").for_admins().answers(
            200,
            "Webhook",
            "The webhook.",
        ),
        patch("/admin/webhooks/{id}", "changeWebhook", "Changes, disables or enables a webhook")
            .about("What happens while it is disabled is sent after it is enabled.")
            .for_admins()
            .body("ChangedWebhook")
            .answers(200, "Webhook", "The changed webhook."),
        delete("/admin/webhooks/{id}", "deleteWebhook", "Deletes a webhook with its deliveries")
            .for_admins()
            .no_body()
            .answers_empty(204, "It is deleted."),
        post("/admin/webhooks/{id}/rotate-secret", "rotateWebhookSecret", "Replaces the secret of a webhook")
            .about("The secret before it signs too for a while. The answer is the only one that has the new secret.")
            .for_admins()
            .no_body()
            .answers(200, "WebhookWithSecret", "The webhook."),
        post("/admin/webhooks/{id}/test", "testWebhook", "Sends an event that says nothing, to try a webhook")
            .for_admins()
            .no_body()
            .answers(202, "WebhookDelivery", "The delivery. It is under way.")
            .refuses(&[Code::WebhookDisabled]),
        get("/admin/webhooks/{id}/deliveries", "listWebhookDeliveries", "Lists the deliveries to a webhook")
            .for_admins()
            .query("status", words(DELIVERY_STATUS), status)
            .paged()
            .answers(200, "WebhookDeliveryPage", "The deliveries."),
        post("/admin/webhooks/{id}/replay", "replayFailedDeliveries", "Sends failed deliveries again")
            .about("Up to 1000, oldest first.")
            .for_admins()
            .body("NewWebhookReplay")
            .answers(202, "WebhookReplay", "The number of deliveries that are sent again."),
        post(
            "/admin/webhook-deliveries/{id}/replay",
            "replayDelivery",
            "Sends an event again, also one that was delivered",
        )
        .for_admins()
        .no_body()
        .answers(202, "WebhookDelivery", "The delivery. It is under way."),
    ]
}

fn schemas() -> Vec<Component> {
    let types: Vec<&str> = ALL.iter().map(|kind| kind.name).collect();
    let event_types = || set(words(&types), 0, types.len());
    let url = || bounded_pattern(ADDRESS, 500).into();
    let description = || or_null(bounded_text(0, Description::LENGTH_MAX));
    let of_types = "The types of events that are sent; none for all.";
    let new = json!({"url": "https://warehouse.example.com/events", "event_types": ["shop.tradepost.order.paid.v1"]});
    vec![
        (
            "NewWebhook",
            object("A new webhook.")
                .has("url", url(), "The address to which events are sent.")
                .may_have("description", description(), "A note for administrators.")
                .may_have("event_types", event_types(), of_types)
                .sent_as(new),
        ),
        (
            "ChangedWebhook",
            object("A change to a webhook. A missing field stays as it is.")
                .may_have("url", or_null(url()), "The address to which events are sent.")
                .may_have("description", description(), "A note for administrators.")
                .may_have("event_types", or_null(event_types()), of_types)
                .may_have("enabled", or_null(flag()), "Whether events are sent.")
                .sent_as(json!({"enabled": false})),
        ),
        ("Webhook", fields("An endpoint to which events are sent.").shown_as(example())),
        ("WebhookPage", page_of("Webhook", &example())),
        (
            "WebhookWithSecret",
            fields("A webhook with its new secret.")
                .has("secret", or_null(text()), "The secret. `null` if the request was sent again.")
                .shown_as(extended(example(), "secret", json!("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"))),
        ),
        ("WebhookAttempt", attempt()),
        ("WebhookDelivery", delivery()),
        ("WebhookDeliveryPage", page_of("WebhookDelivery", &delivery_example())),
        (
            "NewWebhookReplay",
            object("A request to send failed deliveries again.")
                .has("since", formatted("date-time"), "Those that were queued since then.")
                .sent_as(json!({"since": "2026-11-26T14:03:59.010Z"})),
        ),
        (
            "WebhookReplay",
            object("The outcome of a replay.")
                .has("replayed", count(), "The number of deliveries that are sent again.")
                .has("has_more", flag(), "Whether more have failed since then: send the request again.")
                .shown_as(json!({"replayed": 3, "has_more": false})),
        ),
    ]
}

fn example() -> Value {
    json!({"webhook_id": "384550094389510144", "url": "https://warehouse.example.com/events", "description": "",
        "event_types": ["shop.tradepost.order.paid.v1"], "enabled": true, "disable_reason": null, "disable_time": null,
        "failing_since": null, "old_secret_until": null, "undelivered": 0, "oldest_undelivered_time": null,
        "create_time": "2026-11-26T14:03:59.010Z"})
}

fn fields(about: &str) -> Fields {
    let reasons = DisableReason::ALL.map(DisableReason::word);
    object(about)
        .has("webhook_id", id(), "")
        .has("url", text(), "The address to which events are sent.")
        .has("description", text(), "A note for administrators.")
        .has("event_types", list(text()), "The types of events that are sent; none for all.")
        .has("enabled", flag(), "Whether events are sent.")
        .has("disable_reason", or_null(words(&reasons)), "Why none are sent.")
        .has("disable_time", or_null(time()), "Since when none are sent.")
        .has("failing_since", or_null(time()), "The first failed attempt since the last one that succeeded.")
        .has("old_secret_until", or_null(time()), "Until when the secret before the present one signs too.")
        .has("undelivered", count(), "The number of events that are queued and not delivered.")
        .has("oldest_undelivered_time", or_null(time()), "When the oldest of them was queued.")
        .has("create_time", time(), "When it was created.")
}

fn attempt_example() -> Value {
    json!({"attempt": 1, "status_code": 500, "duration_ms": 12, "error": "the endpoint answered 500",
        "create_time": "2026-11-26T14:03:59.010Z"})
}

fn attempt() -> Schema {
    object("An attempt to deliver an event.")
        .has("attempt", integer(), "Its number, from 1.")
        .has("status_code", or_null(integer()), "The status of the answer; `null` without one.")
        .has("duration_ms", count(), "How long it took.")
        .has("error", or_null(text()), "Why it failed.")
        .has("create_time", time(), "When it began.")
        .shown_as(attempt_example())
}

fn delivery_example() -> Value {
    json!({"delivery_id": "384550094389510145", "webhook_id": "384550094389510144",
        "event_id": "order.paid.v1-384343533072416768", "event_type": "shop.tradepost.order.paid.v1", "status": "pending",
        "attempts": 1, "next_attempt_time": "2026-11-26T14:04:04.010Z", "end_time": null,
        "create_time": "2026-11-26T14:03:59.010Z", "latest_attempts": [attempt_example()]})
}

fn delivery() -> Schema {
    let attempts = described(bounded_list(named("WebhookAttempt"), 0, 20), "");
    object("The delivery of an event to a webhook.")
        .has("delivery_id", id(), "")
        .has("webhook_id", id(), "The webhook.")
        .has("event_id", text(), "The id of the event, in `webhook-id`.")
        .has("event_type", text(), "The type of the event.")
        .has("status", words(DELIVERY_STATUS), "A `failed` delivery is not sent again, unless it is replayed.")
        .has("attempts", count(), "The number of attempts.")
        .has("next_attempt_time", or_null(time()), "When it is sent next.")
        .has("end_time", or_null(time()), "When it was delivered or has failed.")
        .has("create_time", time(), "When it was queued.")
        .has("latest_attempts", attempts, "The latest attempts, newest first.")
        .shown_as(delivery_example())
}
