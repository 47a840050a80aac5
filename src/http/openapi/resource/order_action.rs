//! Orders and payments, as administrators see and change them.

use serde_json::json;

use super::Resource;
use super::common::MESSAGE;
use super::order::{event_example, order, order_example};
use super::payment::example as payment_example;
use super::record::journal_example;
use crate::http::openapi::operation::{REPLAYED, Route, get, post};
use crate::http::openapi::schema::{
    Component, between, extended, flag, formatted, id, integer, list, money, named, object, or_null, words,
};
use crate::http::openapi::word::{ORDER_STATUS, PAY_STATUS, PAYMENT_STATUS as STATUS, SHIPPING_STATUS};
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Administration: orders and payments",
    about: "Orders and payments of all users.",
    routes,
    schemas,
};

fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/admin/orders", "listAllOrders", "Lists the orders of all users")
            .for_admins()
            .query("order_id", id(), "Only this order.")
            .query("user_id", id(), "Only orders of this user.")
            .query("consignee", named("Consignee"), "Only orders for this recipient: the whole name.")
            .query("goods_id", id(), "Only orders of these goods.")
            .query("from", formatted("date-time"), "Only orders from this moment on.")
            .query("before", formatted("date-time"), "Only orders before this moment.")
            .query("amount_min", named("Amount"), "Only orders whose `order_amount` is at least this.")
            .query("amount_max", named("Amount"), "Only orders whose `order_amount` is at most this.")
            .query("order_status", words(ORDER_STATUS), "Only orders in this state.")
            .query("pay_status", words(PAY_STATUS), "Only orders with this state of the payment.")
            .query("shipping_status", words(SHIPPING_STATUS), "Only orders with this state of the delivery.")
            .paged()
            .answers(200, "OrderPage", "The orders.")
            .as_csv(),
        get("/admin/orders/{id}", "getOrderDetails", "Shows an order with payments, journal and history")
            .for_admins()
            .answers(200, "OrderDetails", "The order, with at most 100 payments and journal entries."),
        get("/admin/orders/{id}/events", "listAllOrderEvents", "Shows the whole history of an order")
            .about("It has internal events and the authors too.")
            .for_admins()
            .answers(200, "Events", "The events, oldest first."),
    ];
    routes.extend(actions());
    routes.extend([
        get("/admin/payments", "listAllPayments", "Lists the payments of all users")
            .for_admins()
            .query("status", words(STATUS), "Only payments in this state.")
            .query("order_id", id(), "Only payments of this order.")
            .paged()
            .answers(200, "PaymentPage", "The payments.")
            .as_csv(),
        get("/admin/payments/{id}", "getAnyPayment", "Shows a payment").for_admins().answers(
            200,
            "Payment",
            "The payment.",
        ),
        post("/admin/payments/{id}/query", "queryPayment", "Asks the platform for the state of a payment")
            .for_admins()
            .answers(200, "Payment", "The payment, after the platform was asked."),
    ]);
    routes
}

/// The routes that change an order.
fn actions() -> [Route; 4] {
    [
        post("/admin/orders/{id}/ship", "shipOrder", "Ships an order that is paid")
            .about("Sent again with the same carrier and number, it changes nothing.")
            .for_admins()
            .optional_body("Shipment")
            .answers(200, "Order", "The shipped order.")
            .refuses(&[Code::OrderNotShippable]),
        post("/admin/orders/{id}/cancel", "cancelAnyOrder", "Cancels an order that is not paid")
            .about("The open payments are closed at their platforms first.")
            .for_admins()
            .body("Cancellation")
            .answers(200, "Order", "The cancelled order.")
            .refuses(&[Code::OrderNotCancellable]),
        post("/admin/orders/{id}/refund", "refundAnyOrder", "Refunds an order, or a part of it")
            .about("The money follows at the platform. Of an order that is not paid, the parked charges go back.")
            .for_admins()
            .takes_key()
            .body("NewRefund")
            .answers(202, "RequestedRefund", "The refund is recorded.")
            .with_header(REPLAYED)
            .refuses(&[Code::OrderNotRefundable, Code::AlreadyDecided, Code::DecisionNotPossible]),
        post("/admin/orders/{id}/refund/preview", "previewRefund", "Shows what a refund would give back")
            .about("Nothing is changed.")
            .for_admins()
            .body("RefundPreview")
            .answers(200, "GivesBack", "The effects of such a refund.")
            .refuses(&[Code::OrderNotRefundable]),
    ]
}

fn schemas() -> Vec<Component> {
    let reason = "The reason, for operators.";
    let details = extended(order_example(), "payments", json!([payment_example()]));
    let details = extended(details, "journal", json!([journal_example()]));
    let details = extended(details, "events", json!([event_example()]));
    let amount = "The amount; all that is left by default.";
    let goods = "The units that go back into stock, each of different goods.";
    vec![
        (
            "NewUnits",
            object("Units of goods that go back into stock.")
                .has("goods_id", id(), "The goods.")
                .has("goods_number", between(1, 9_999), "The number of units.")
                .sent_as(json!({"goods_id": "345959443973935104", "goods_number": 1})),
        ),
        (
            "OrderDetails",
            order("An order with its payments, its journal and its history.")
                .has("payments", list(named("Payment")), "The payments, newest first.")
                .has("journal", list(named("JournalEntry")), "The acts of administrators, newest first.")
                .has("events", list(named("Event")), "The history, oldest first.")
                .shown_as(details),
        ),
        (
            "Shipment",
            object("The parcel of a shipped order, as far as it is known.")
                .may_have("carrier", or_null(named("Carrier")), "The company that carries it.")
                .may_have(
                    "tracking_no",
                    or_null(named("TrackingNumber")),
                    "The number under which it tracks the parcel.",
                )
                .sent_as(json!({"carrier": "SF Express", "tracking_no": "SF1234567890123"})),
        ),
        (
            "Cancellation",
            object("A cancellation.")
                .has("reason", named("Reason"), reason)
                .may_have("message", or_null(named("CustomerMessage")), MESSAGE)
                .may_have("without_platform", flag(), "Whether to cancel without an answer of the platform.")
                .sent_as(json!({"reason": "The customer called"})),
        ),
        (
            "NewRefund",
            object("A refund.")
                .may_have("amount", or_null(named("Amount")), amount)
                .may_have("goods", or_null(list(named("NewUnits"))), goods)
                .has("reason", named("Reason"), reason)
                .may_have("message", or_null(named("CustomerMessage")), MESSAGE)
                .sent_as(json!({"amount": "100.00", "reason": "One item is missing", "message": "We are sorry"})),
        ),
        (
            "RefundPreview",
            object("A refund to be tried.")
                .may_have("amount", or_null(named("Amount")), amount)
                .may_have("goods", or_null(list(named("NewUnits"))), goods)
                .sent_as(json!({"amount": "100.00"})),
        ),
        (
            "GivesBack",
            object("The effects of a refund.")
                .has("platform", money(), "The amount that goes back at the platform.")
                .has("balance", money(), "The amount that goes back to the balance.")
                .has("points", integer(), "The points that are taken back.")
                .has("coupon", flag(), "Whether the coupon can be used again.")
                .has("goods", flag(), "Whether the goods are in stock again.")
                .has("stock", list(named("Units")), "The units that are in stock again.")
                .has("left", money(), "The amount that is left to refund after it.")
                .shown_as(json!({"platform": "100.00", "balance": "0.00", "points": 100, "coupon": false,
                    "goods": false, "stock": [], "left": "780.00"})),
        ),
    ]
}
