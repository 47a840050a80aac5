//! Money that waits for an operator.

use serde_json::{Value, json};

use super::Resource;
use super::common::MESSAGE;
use crate::http::openapi::operation::{Route, get, post};
use crate::http::openapi::schema::{Component, id, money, named, object, or_null, page_of, text, time, words};
use crate::http::openapi::word::PARKED_STATUS as STATUS;
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Administration: parked money",
    about: "Charges that match no payment, and refunds that cannot be made. Each decision is in the journal.",
    routes,
    schemas,
};

fn routes() -> Vec<Route> {
    let decision = |path, id, summary| {
        post(path, id, summary)
            .for_admins()
            .answers(200, "ParkedItem", "The item after the decision.")
            .refuses(&[Code::AlreadyDecided, Code::DecisionNotPossible])
    };
    vec![
        get("/admin/parked", "listParked", "Lists the charges and refunds that wait for an operator")
            .for_admins()
            .paged()
            .answers(200, "ParkedPage", "The items."),
        decision("/admin/parked/{id}/refund", "refundParked", "Gives a charge back at its platform").body("NewReturn"),
        decision(
            "/admin/parked/{id}/accept",
            "acceptParked",
            "Takes a charge as its payment, or a refund as made by other means",
        )
        .body("Decision"),
        decision("/admin/parked/{id}/match", "matchParked", "Books a charge as a payment of an order").body("Match"),
        decision("/admin/parked/{id}/dismiss", "dismissParked", "Does nothing about an item").body("Decision"),
        decision("/admin/parked/{id}/retry", "retryParked", "Sends a refund again under its number").body("Decision"),
    ]
}

fn schemas() -> Vec<Component> {
    let reason = "The reason, for operators.";
    let item = object("A charge or a refund that waits for an operator.")
        .has("parked_id", id(), "")
        .has("kind", words(&["charge", "refund"]), "")
        .has("order_id", or_null(id()), "The order, if it is known.")
        .has("pay_id", or_null(id()), "The payment that the platform names.")
        .has("provider", text(), "The platform.")
        .has("trade_no", or_null(text()), "The platform's id of the payment.")
        .has("amount", money(), "")
        .has("reason", text(), "The reason for parking it.")
        .has("refund_id", or_null(id()), "The refund that gives a charge back, or the refund itself.")
        .has("status", words(STATUS), "")
        .has("create_time", time(), "When the shop learned of it.")
        .shown_as(example());
    vec![
        ("ParkedItem", item),
        ("ParkedPage", page_of("ParkedItem", &example())),
        (
            "Decision",
            object("A decision about an item.")
                .has("reason", named("Reason"), reason)
                .sent_as(json!({"reason": "The customer paid twice"})),
        ),
        (
            "NewReturn",
            object("The return of a charge.")
                .has("reason", named("Reason"), reason)
                .may_have("message", or_null(named("CustomerMessage")), MESSAGE)
                .sent_as(json!({"reason": "The customer paid twice", "message": "You have paid twice"})),
        ),
        (
            "Match",
            object("A decision about a charge: the order that it pays.")
                .has("order_id", id(), "The order.")
                .has("reason", named("Reason"), reason)
                .sent_as(json!({"order_id": "384343533072416768", "reason": "The customer sent the receipt"})),
        ),
    ]
}

fn example() -> Value {
    json!({"parked_id": "384550094389510144", "kind": "charge", "order_id": null, "pay_id": null,
        "provider": "alipay", "trade_no": "2026112622001", "amount": "880.00", "reason": "the payment is unknown",
        "refund_id": null,
        "status": "parked", "create_time": "2026-11-26T14:03:59.010Z"})
}
