//! The built-in payment platform.

use serde_json::{Value, json};

use super::Resource;
use crate::http::openapi::operation::{Route, get, post};
use crate::http::openapi::schema::{
    Component, Shape, between, count, flag, list, money, named, object, or_null, pattern, provider, text, ticket, time,
    words,
};
use crate::http::openapi::word::{CALLBACK_DEFECTS, TRADE_STATUS as STATUS};
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Sandbox",
    about: "The built-in payment platform, to try a shop with. `out_trade_no` is the `pay_id` of a payment.",
    routes,
    schemas,
};

const NUMBER: &str = "out_trade_no";
const HTML: &str = "text/html; charset=utf-8";

/// A number that a trade can have.
fn number() -> Shape {
    pattern("^[!-.0-~]{1,64}$").into()
}

fn routes() -> Vec<Route> {
    let of_trade = |route: Route| {
        route.path_parameter(NUMBER, number(), "The `pay_id` of the payment.").refuses(&[Code::NotFound])
    };
    let page = |route: Route| {
        let route = route.path_parameter("ticket", ticket(), "The last part of the `url` of the payment's `checkout`.");
        route.refuses(&[Code::NotFound]).shows(404, HTML, "A page that says that there is no such trade.").shows(
            503,
            HTML,
            "A page that says that the platform is busy.",
        )
    };
    let act = |route: Route| route.answers(200, "Trade", "The trade.").refuses(&[Code::TradeNotOpen]);
    vec![
        page(get("/sandbox/checkout/{ticket}", "showCheckout", "The page on which a customer pays").shows(
            200,
            HTML,
            "The page.",
        )),
        page(
            post("/sandbox/checkout/{ticket}/pay", "payAtCheckout", "The Pay button of the page")
                .answers_empty(303, "Back to the page.")
                .with_header("Location"),
        ),
        page(
            post("/sandbox/checkout/{ticket}/decline", "declineAtCheckout", "The Decline button of the page")
                .answers_empty(303, "Back to the page.")
                .with_header("Location"),
        ),
        of_trade(get("/sandbox/trades/{out_trade_no}", "getTrade", "Shows a trade").answers(
            200,
            "Trade",
            "The trade.",
        )),
        act(of_trade(
            post("/sandbox/trades/{out_trade_no}/pay", "payTrade", "Charges the customer once and sends callbacks")
                .optional_body("TradeCallbacks"),
        )),
        act(of_trade(post("/sandbox/trades/{out_trade_no}/decline", "declineTrade", "Declines a trade"))),
        act(of_trade(post("/sandbox/trades/{out_trade_no}/close", "closeTrade", "Closes a trade without a callback"))),
        act(of_trade(
            post("/sandbox/trades/{out_trade_no}/refund", "refundTrade", "Refunds a part of a trade")
                .about("The platform makes the refund by itself, once per number.")
                .body("TradeRefund"),
        )),
        get("/sandbox/statement", "getStatement", "The statement of all charges and refunds")
            .query("provider", provider(), "The name of the platform at the shop, `sandbox` by default.")
            .shows(200, "text/csv; charset=utf-8", "The statement as CSV."),
    ]
}

fn trade_example() -> Value {
    json!({"out_trade_no": "384343533089193984", "trade_no": "sb384343533089193985", "status": "paid",
        "amount": "880.00", "charged": "880.00", "refunded": "0.00",
        "deliveries": [{"at": "2026-11-26T14:03:59.010Z", "event_id": "evt_sb384343533089193985_paid",
            "status_code": 200}]})
}

fn schemas() -> Vec<Component> {
    let delivery = object("A callback that was sent.")
        .has("at", time(), "")
        .has("event_id", text(), "Id of the event.")
        .has("status_code", count(), "The HTTP status of the answer; 0 if there was none.")
        .shown_as(json!({"at": "2026-11-26T14:03:59.010Z", "event_id": "evt_1_paid", "status_code": 200}));
    let trade = object("A payment, as the platform sees it.")
        .has(NUMBER, text(), "The shop's id of the payment.")
        .has("trade_no", text(), "The platform's id of the payment.")
        .has("status", words(STATUS), "")
        .has("amount", money(), "The amount to pay.")
        .has("charged", money(), "The amount that was charged.")
        .has("refunded", money(), "The sum of the refunds.")
        .has("deliveries", list(named("TradeDelivery")), "The callbacks that were sent, oldest first.")
        .shown_as(trade_example());
    let callbacks = object("How the callbacks misbehave.")
        .may_have("callbacks", between(1, 50), "The number of copies.")
        .may_have("concurrent", flag(), "Whether the copies are sent at the same time.")
        .may_have("delay_ms", between(0, 86_400_000), "The delay after the payment.")
        .may_have("lose", flag(), "Whether no callback is sent.")
        .may_have("tamper", or_null(words(CALLBACK_DEFECTS)), "The defect of the callbacks.")
        .sent_as(json!({"callbacks": 2, "concurrent": true}));
    let refund = object("A refund that the platform makes by itself.")
        .has("amount", named("Amount"), "")
        .has("out_request_no", pattern("^[A-Za-z0-9_-]{1,32}$").into(), "The number of the refund.")
        .sent_as(json!({"amount": "1.00", "out_request_no": "r1"}));
    vec![("TradeDelivery", delivery), ("Trade", trade), ("TradeCallbacks", callbacks), ("TradeRefund", refund)]
}
