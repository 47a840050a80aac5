//! The records of what administrators did, and of notifications and messages that took no effect.

use serde_json::{Value, json};
use utoipa::openapi::Schema;

use super::Resource;
use crate::http::extract::page::CursorForm;
use crate::http::openapi::operation::{Route, get, post};
use crate::http::openapi::schema::{
    Component, Fields, any_object, count, formatted, id, integer, kinds, money, named, object, or_null, page_of, text,
    time, words,
};
use crate::http::openapi::word::MESSAGE_STATUS;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Administration: records",
    about: "The journal of administrators, adjustments by hand, refused notifications, and undelivered messages.",
    routes,
    schemas,
};

fn routes() -> Vec<Route> {
    vec![
        get("/admin/journal", "listJournal", "Lists everything that administrators did")
            .for_admins()
            .query("order_id", id(), "Only acts on this order and its money.")
            .paged()
            .answers(200, "JournalPage", "The acts.")
            .as_csv(),
        get("/admin/adjustments", "listAdjustments", "Lists the changes of balances and stocks by hand")
            .for_admins()
            .query("user_id", id(), "Only adjustments of this user.")
            .query("goods_id", id(), "Only adjustments of these goods.")
            .paged()
            .answers(200, "AdjustmentPage", "The adjustments."),
        get("/admin/notices", "listNotices", "Lists the notifications of platforms that were refused")
            .for_admins()
            .paged_by(CursorForm::Event)
            .answers(200, "NoticePage", "The notifications."),
        get("/admin/messages", "listMessages", "Lists the messages between owners that are not delivered")
            .for_admins()
            .query("status", words(MESSAGE_STATUS), "Only messages in this state.")
            .paged_from(formatted("uuid"))
            .answers(200, "MessagePage", "The messages."),
        post("/admin/messages/{id}/replay", "replayMessage", "Delivers a message now, unless it is delivered")
            .for_admins()
            .path_parameter("id", formatted("uuid"), "Id of the message.")
            .answers(200, "Replay", "The outcome."),
    ]
}

fn schemas() -> Vec<Component> {
    vec![
        ("JournalEntry", journal_entry()),
        ("JournalPage", page_of("JournalEntry", &journal_example())),
        ("Adjustment", adjustment()),
        ("BalanceAdjustment", balance_adjustment()),
        ("StockAdjustment", stock_adjustment()),
        ("AdjustmentPage", page_of("Adjustment", &adjustment_example())),
        ("Notice", notice()),
        ("NoticePage", page_of("Notice", &notice_example())),
        ("Message", message()),
        ("MessagePage", page_of("Message", &message_example())),
        (
            "Replay",
            object("The outcome of a replay.")
                .has("id", text(), "Id of the message.")
                .has("outcome", words(&["replayed", "already_done"]), "")
                .shown_as(json!({"id": "019ac0de-8a64-7c1b-9d4f-0b6a0c1d2e3f", "outcome": "replayed"})),
        ),
    ]
}

/// The example of an entry of the journal.
#[must_use]
pub fn journal_example() -> Value {
    json!({"act_id": "384550094389510144", "order_id": null, "act": "goods_changed",
        "user_id": "384550092493684736", "detail": null, "create_time": "2026-11-26T14:03:59.010Z",
        "subject": {"kind": "goods", "id": "345959443973935104"},
        "data": {"goods_price": {"from": "1000.00", "to": "900.00"}}})
}

fn journal_entry() -> Schema {
    let subject = object("").has("kind", words(&["user", "goods", "coupon", "api_key", "webhook"]), "").has(
        "id",
        id(),
        "Id of the object.",
    );
    object("An act of an administrator.")
        .has("act_id", id(), "")
        .has("order_id", or_null(id()), "The order of the act.")
        .has("act", text(), "The name of the act, such as `shipped`.")
        .has("user_id", or_null(id()), "The administrator.")
        .has("detail", or_null(text()), "The reason.")
        .has("create_time", time(), "")
        .may_have("subject", subject.inside(), "The object that was changed.")
        .may_have("data", any_object(), "Of each attribute that was changed, the values before and after.")
        .shown_as(journal_example())
}

/// The fields of an adjustment, up to what was changed.
fn adjustment_of(kind: &str, about: &str) -> Fields {
    object(about).has("adjustment_id", id(), "").has("kind", words(&[kind]), "")
}

/// The component of an adjustment, with its author.
fn with_author(fields: Fields, example: Value) -> Schema {
    fields
        .has("reason", text(), "The reason, for operators.")
        .has("by", or_null(id()), "The administrator; `null` for opening values and for earlier releases.")
        .has("create_time", time(), "")
        .shown_as(example)
}

fn balance_adjustment() -> Schema {
    let fields = adjustment_of("balance", "A change of a balance by hand.")
        .has("user_id", id(), "The user.")
        .has("delta", money(), "The change of the balance.")
        .has("score", integer(), "The change of the points.")
        .may_have("message", text(), "Words for the customer.");
    with_author(fields, adjustment_example())
}

fn stock_adjustment() -> Schema {
    let fields = adjustment_of("stock", "A change of a stock by hand.").has("goods_id", id(), "The goods.").has(
        "delta",
        integer(),
        "The change of the stock, in units.",
    );
    let example = json!({"adjustment_id": "384550094389510144", "kind": "stock", "goods_id": "345959443973935104",
        "delta": -1, "reason": "Broken in the warehouse", "by": "384550092493684736",
        "create_time": "2026-11-26T14:03:59.010Z"});
    with_author(fields, example)
}

fn adjustment() -> Schema {
    let parts = ["BalanceAdjustment", "StockAdjustment"].map(named);
    kinds("A change of a balance or of a stock by hand.", parts, adjustment_example())
}

fn adjustment_example() -> Value {
    json!({"adjustment_id": "384550094389510144", "kind": "balance", "user_id": "345963634385633280",
        "delta": "-1.00", "score": 0, "reason": "Booked twice", "by": "384550092493684736",
        "create_time": "2026-11-26T14:03:59.010Z"})
}

fn notice_example() -> Value {
    json!({"provider": "alipay", "event_id": "2026112622001", "pay_id": null, "reason": "the payment is unknown",
        "times": 1, "create_time": "2026-11-26T14:03:59.010Z", "body": "…"})
}

fn notice() -> Schema {
    object("A notification of a platform that was refused.")
        .has("provider", text(), "The platform.")
        .has("event_id", text(), "The platform's id of the event.")
        .has("pay_id", or_null(id()), "The payment that it names.")
        .has("reason", or_null(text()), "The reason.")
        .has("times", count(), "The number of deliveries.")
        .has("create_time", time(), "When it was delivered first.")
        .has("body", text(), "The body of the last delivery.")
        .shown_as(notice_example())
}

fn message_example() -> Value {
    json!({"id": "019ac0de-8a64-7c1b-9d4f-0b6a0c1d2e3f", "producer": "order", "group": "goods", "topic": "order",
        "tag": "cancelled", "key": "384343533072416768", "status": "pending", "attempts": 1,
        "create_time": "2026-11-26T14:03:59.010Z", "due_time": "2026-11-26T14:04:09.010Z", "remark": null,
        "body": "{\"order_id\":\"384343533072416768\"}"})
}

fn message() -> Schema {
    let fields = object("A message between owners that is not delivered.").has("id", formatted("uuid"), "");
    let texts = [
        ("producer", "The owner that sends it."),
        ("group", "The group of consumers."),
        ("topic", "The topic."),
        ("tag", "The event within the topic."),
        ("key", "The object that it is about, for example the order."),
    ];
    let fields = texts.iter().fold(fields, |fields, (name, about)| fields.has(name, text(), about));
    fields
        .has("status", words(MESSAGE_STATUS), "A `dead` message is not sent again.")
        .has("attempts", count(), "The number of attempts whose outcome is known.")
        .has("create_time", time(), "")
        .has("due_time", time(), "When it is due.")
        .has("remark", or_null(text()), "The last error.")
        .has("body", text(), "The body: a JSON object.")
        .shown_as(message_example())
}
