//! Orders of a customer.

use serde_json::{Value, json};
use utoipa::openapi::Schema;

use super::{Resource, quote};
use crate::http::openapi::operation::{REPLAYED, Route, get, post};
use crate::http::openapi::schema::{
    Component, Fields, between, bounded_list, count, extended, flag, id, integer, list, money, named, object, or_null,
    page_of, text, time, words,
};
use crate::http::openapi::word::CURRENCIES;
use crate::http::openapi::word::ORDER_STATUS;
use crate::http::openapi::word::PAY_STATUS;
use crate::http::openapi::word::REFUND_STATUS;
use crate::http::openapi::word::REFUSALS;
use crate::http::openapi::word::SHIPPING_STATUS;
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Orders",
    about: "Orders of the signed-in user. An order of another user is answered with 404.",
    routes,
    schemas: || schemas().into_iter().chain(quote::schemas()).collect(),
};

fn routes() -> Vec<Route> {
    vec![
        post("/v1/orders", "placeOrder", "Places an order")
            .about(
                "201 means that the order is confirmed and on disk. A refused order is stored too: its problem has the \
                 `order_id`.",
            )
            .for_customers()
            .needs_key()
            .body("NewOrder")
            .answers(201, "Order", "The order is confirmed.")
            .with_header("Location")
            .with_header(REPLAYED)
            .answers(202, "AcceptedOrder", "The order is not decided yet. `Location` shows its outcome.")
            .with_header("Location")
            .refuses(REFUSALS)
            .refuses(&[Code::IdempotencyKeyInUse]),
        post("/v1/quotes", "getQuote", "Shows what an order would cost, and why it would be refused")
            .about("Nothing is reserved or written. A token is needed for a coupon or the balance.")
            .for_visitors()
            .body("NewQuote")
            .answers(200, "Quote", "The costs now."),
        get("/v1/orders", "listOrders", "Lists the orders of the user")
            .about("Refused orders are left out unless they are asked for.")
            .for_customers()
            .query("order_status", words(ORDER_STATUS), "Only orders in this state.")
            .query("pay_status", words(PAY_STATUS), "Only orders with this state of the payment.")
            .query("shipping_status", words(SHIPPING_STATUS), "Only orders with this state of the delivery.")
            .query("include", words(&["refused"]), "`refused` adds the orders that were refused.")
            .paged()
            .answers(200, "OrderPage", "The orders."),
        get("/v1/orders/{id}", "getOrder", "Shows an order").for_customers().answers(200, "Order", "The order."),
        get("/v1/orders/{id}/payments", "listOrderPayments", "Lists the payments of an order")
            .for_customers()
            .paged()
            .answers(200, "OwnPaymentPage", "The payments."),
        get("/v1/orders/{id}/events", "listOrderEvents", "Shows the history of an order").for_customers().answers(
            200,
            "Events",
            "The events, oldest first.",
        ),
        post("/v1/orders/{id}/cancel", "cancelOrder", "Cancels an order that is not paid")
            .about("The open payments are closed at their platforms first.")
            .for_customers()
            .no_body()
            .answers(200, "Order", "The cancelled order.")
            .refuses(&[Code::OrderNotCancellable]),
        post("/v1/orders/{id}/receive", "receiveOrder", "Confirms that the goods have arrived")
            .for_customers()
            .no_body()
            .answers(200, "Order", "The received order.")
            .refuses(&[Code::OrderNotReceivable]),
        get("/v1/orders/{id}/refunds", "listOrderRefunds", "Lists the refunds of an order").for_customers().answers(
            200,
            "OrderRefunds",
            "All refunds, oldest first.",
        ),
        post("/v1/orders/{id}/refund", "refundOrder", "Refunds all that is left of an order")
            .about("The order is paid and not shipped. The money follows at the platform.")
            .for_customers()
            .needs_key()
            .body("OwnRefund")
            .answers(202, "RequestedRefund", "The refund is recorded.")
            .with_header(REPLAYED)
            .refuses(&[Code::OrderNotRefundable]),
    ]
}

fn schemas() -> Vec<Component> {
    vec![
        ("NewOrder", new_order()),
        ("NewOrderLine", new_order_line()),
        ("OrderLine", order_line()),
        ("RefusalCause", refusal_cause()),
        ("Units", units()),
        ("OrderRefund", order_refund()),
        (
            "OrderRefunds",
            object("The refunds of an order.")
                .has("items", list(named("OrderRefund")), "The refunds, oldest first.")
                .shown_as(json!({"items": [refund_example()]})),
        ),
        ("Order", order("An order.").shown_as(order_example())),
        ("OrderPage", page_of("Order", &order_example())),
        (
            "AcceptedOrder",
            object("An order that is not decided yet.")
                .has("order_id", id(), "")
                .has("order_status", words(&["unconfirmed"]), "")
                .shown_as(json!({"order_id": "384343533072416768", "order_status": "unconfirmed"})),
        ),
        (
            "RequestedRefund",
            order("An order, and the refund that was requested.")
                .has(
                    "refund_id",
                    or_null(id()),
                    "The refund; `null` if nothing goes back through a platform, or several charges do.",
                )
                .shown_as(extended(order_example(), "refund_id", json!("384550094389510144"))),
        ),
        (
            "OwnRefund",
            object("A refund of all that is left.")
                .may_have("reason", or_null(named("Reason")), "The reason, for the shop. The platform shows it.")
                .sent_as(json!({"reason": "It is too small"})),
        ),
        ("EventPayment", event_payment()),
        ("EventData", event_data()),
        ("Event", event()),
        (
            "Events",
            object("The history of an order.")
                .has("items", list(named("Event")), "The events, oldest first.")
                .shown_as(json!({"items": [event_example()]})),
        ),
    ]
}

fn new_order() -> Schema {
    object("An order to be placed. Prices, fee and sum are what the customer saw: a difference refuses the order.")
        .has("goods", bounded_list(named("NewOrderLine"), 1, 100), "The lines, each with different goods.")
        .may_have("coupon_id", or_null(id()), "A coupon of the caller.")
        .may_have("money_paid", or_null(named("Amount")), "How much to take from the balance; 0 by default.")
        .may_have("shipping_fee", or_null(named("Amount")), "The shipping fee.")
        .may_have("order_amount", or_null(named("Amount")), "The sum of the goods and the shipping fee.")
        .has("address", named("Address"), "The delivery address.")
        .has("consignee", named("Consignee"), "The recipient.")
        .sent_as(json!({
            "goods": [{"goods_id": "345959443973935104", "goods_number": 1, "goods_price": "1000.00"}],
            "coupon_id": "345988230098857984", "money_paid": "100.00", "shipping_fee": "0.00",
            "order_amount": "1000.00", "address": "1 Main Street", "consignee": "zs"
        }))
}

fn new_order_line() -> Schema {
    object("A line of an order to be placed.")
        .has("goods_id", id(), "The goods.")
        .has("goods_number", between(1, 9_999), "The number of units.")
        .may_have("goods_price", or_null(named("Amount")), "The price of one unit.")
        .sent_as(json!({"goods_id": "345959443973935104", "goods_number": 1, "goods_price": "1000.00"}))
}

fn refusal_cause() -> Schema {
    let codes: Vec<&str> = REFUSALS.iter().map(|code| code.name()).collect();
    object("A reason for which an order was refused, with what would have been right.")
        .has("code", words(&codes), "The reason.")
        .may_have("goods_id", id(), "The goods of the line.")
        .may_have("goods_price", money(), "The price.")
        .may_have("available", integer(), "The units in stock.")
        .may_have("at_least", flag(), "`true` if more units than `available` may be in stock; left out otherwise.")
        .may_have("coupon_id", id(), "The coupon.")
        .may_have("shipping_fee", money(), "The shipping fee.")
        .may_have("order_amount", money(), "The sum.")
        .may_have("order_amount_max", money(), "The highest sum.")
        .may_have("money_paid_max", money(), "The amount that the coupon leaves to pay.")
        .may_have("user_money", money(), "The balance.")
        .may_have("unpaid_orders", integer(), "The number of unpaid orders of the account.")
        .may_have("unpaid_orders_max", integer(), "The number of unpaid orders that an account may have.")
        .may_have("unpaid_units", integer(), "The units of the goods in unpaid orders of the account.")
        .may_have("unpaid_units_max", integer(), "The units that an account may have in unpaid orders.")
        .may_have("units_in_all", integer(), "The units of all products in the account's unpaid orders.")
        .may_have("units_in_all_max", integer(), "The units of all products that an account may have in unpaid orders.")
        .shown_as(json!({"code": "insufficient_stock", "goods_id": "345959443973935104", "available": 3}))
}

fn order_line() -> Schema {
    object("A line of an order.")
        .has("goods_id", id(), "The goods.")
        .has("goods_number", between(1, 9_999), "The number of units.")
        .has("goods_price", money(), "The price of one unit.")
        .has("goods_name", or_null(text()), "The name at the time of the order.")
        .shown_as(line_example())
}

fn units() -> Schema {
    object("Units of goods.")
        .has("goods_id", id(), "The goods.")
        .has("goods_number", between(1, 9_999), "The number of units.")
        .shown_as(json!({"goods_id": "345959443973935104", "goods_number": 1}))
}

fn refund_example() -> Value {
    json!({"refund_id": "384550094389510144", "amount": "880.00", "status": "done", "by_platform": false,
        "create_time": "2026-11-26T14:03:59.010Z", "done_time": "2026-11-26T14:04:02.500Z", "goods": []})
}

fn line_example() -> Value {
    json!({"goods_id": "345959443973935104", "goods_number": 1, "goods_price": "1000.00", "goods_name": "A phone"})
}

fn order_refund() -> Schema {
    object("A refund of an order.")
        .has("refund_id", id(), "")
        .has("amount", money(), "The amount at the platform.")
        .has("status", words(REFUND_STATUS), "A `parked` refund waits for an operator.")
        .has("by_platform", flag(), "Whether the platform made it by itself.")
        .has("create_time", time(), "When it was requested.")
        .has("done_time", or_null(time()), "When the shop learned that the money is back.")
        .has("goods", list(named("Units")), "The units that go back into stock, as an administrator has named them.")
        .shown_as(refund_example())
}

/// The fields of an order.
#[must_use]
pub fn order(about: &str) -> Fields {
    let refusals: Vec<&str> = REFUSALS.iter().map(|code| code.name()).collect();
    object(about)
        .has("order_id", id(), "")
        .has("user_id", id(), "The customer.")
        .has("order_status", words(ORDER_STATUS), "The state of the order.")
        .has("pay_status", words(PAY_STATUS), "The state of the payment.")
        .has("shipping_status", words(SHIPPING_STATUS), "The state of the delivery.")
        .has("address", text(), "The delivery address.")
        .has("consignee", text(), "The recipient.")
        .has("carrier", or_null(text()), "The carrier of the parcel, if the order is shipped and it is known.")
        .has("tracking_no", or_null(text()), "The number of the parcel at its carrier, likewise.")
        .has("goods", list(named("OrderLine")), "The lines.")
        .has("goods_amount", money(), "The sum of the lines.")
        .has("shipping_fee", money(), "")
        .has("order_amount", money(), "The sum of `goods_amount` and `shipping_fee`.")
        .has("coupon_id", or_null(id()), "The coupon.")
        .has("coupon_paid", money(), "The amount that the coupon paid.")
        .has("money_paid", money(), "The amount that the balance paid.")
        .has("pay_amount", money(), "The amount to pay at a platform.")
        .has("currency", words(CURRENCIES), "The currency of all amounts.")
        .has("pay_before", or_null(time()), "Until when the order can be paid; `null` if it cannot be paid.")
        .has("add_time", time(), "When the order was placed.")
        .has("confirm_time", or_null(time()), "When it was confirmed.")
        .has("pay_time", or_null(time()), "When it became paid.")
        .has("pay_id", or_null(id()), "The payment that paid it.")
        .has("refunded_amount", money(), "The sum of the refunds that are done.")
        .has("refunds", list(named("OrderRefund")), "The refunds, oldest first.")
        .may_have("refusal", words(&refusals), "The reason for which the order was refused.")
        .may_have("refusal_data", list(named("RefusalCause")), "All reasons, with what would have been right.")
}

/// The example of an order.
#[must_use]
pub fn order_example() -> Value {
    json!({
        "order_id": "384343533072416768", "user_id": "345963634385633280", "order_status": "confirmed",
        "pay_status": "unpaid", "shipping_status": "unshipped", "address": "1 Main Street", "consignee": "zs",
        "carrier": null, "tracking_no": null, "goods": [line_example()],
        "goods_amount": "1000.00", "shipping_fee": "0.00", "order_amount": "1000.00",
        "coupon_id": "345988230098857984", "coupon_paid": "20.00", "money_paid": "100.00", "pay_amount": "880.00",
        "currency": "CNY", "pay_before": "2026-11-26T14:33:59.010Z",
        "add_time": "2026-11-26T14:03:59.010Z", "confirm_time": "2026-11-26T14:03:59.016Z", "pay_time": null,
        "pay_id": null, "refunded_amount": "0.00", "refunds": []
    })
}

fn event_payment() -> Schema {
    object("A payment in the facts of an event.")
        .has("pay_id", id(), "")
        .has("amount", money(), "")
        .has("provider", text(), "The platform.")
        .shown_as(json!({"pay_id": "384343533089193984", "amount": "880.00", "provider": "alipay"}))
}

fn event_data() -> Schema {
    object("The facts of an event. Its kind decides which there are; events of earlier releases may have fewer.")
        .may_have("amount", money(), "The amount of a payment, a refund, or a change of the balance.")
        .may_have("refund_id", id(), "")
        .may_have("pay_id", id(), "The payment.")
        .may_have("provider", text(), "The platform.")
        .may_have("duration_ms", count(), "The time since what the event ends has begun, in milliseconds.")
        .may_have("state", text(), "The state of the order, of a notice or of a message.")
        .may_have("refusal", text(), "The reason for which the order or the refund was refused.")
        .may_have("goods_id", id(), "")
        .may_have("goods_number", integer(), "The number of units.")
        .may_have("coupon_id", id(), "")
        .may_have("points", integer(), "")
        .may_have("goods_amount", money(), "The sum of the lines.")
        .may_have("shipping_fee", money(), "")
        .may_have("order_amount", money(), "The sum of `goods_amount` and `shipping_fee`.")
        .may_have("coupon_paid", money(), "The amount that the coupon paid.")
        .may_have("money_paid", money(), "The amount that the balance paid.")
        .may_have("pay_amount", money(), "The amount to pay at a platform.")
        .may_have("carrier", text(), "The company that carries the parcel.")
        .may_have("tracking_no", text(), "The number of the parcel at its carrier.")
        .may_have("payments", list(named("EventPayment")), "The payments whose platform did not answer.")
        .may_have("number", text(), "The platform's number of a refund.")
        .may_have("attempts", count(), "For administrators: the number of attempts.")
        .may_have("remark", text(), "For administrators: the last answer that is no success.")
        .may_have("event_id", text(), "For administrators: the platform's id of a notice.")
        .may_have("times", count(), "For administrators: the number of deliveries of a notice.")
        .may_have("topic", text(), "For administrators: the topic of a message.")
        .may_have("tag", text(), "For administrators: the event within the topic.")
        .may_have("group", text(), "For administrators: the consumer of a message.")
        .shown_as(json!({"duration_ms": 6}))
}

fn event() -> Schema {
    object("An event in the history of an order.")
        .has("at", time(), "When it happened.")
        .has("what", named("EventKind"), "The kind of the event.")
        .has("data", named("EventData"), "The facts, for programs.")
        .has("detail", text(), "The details, for people.")
        .may_have("message", text(), "Words of an administrator for the customer.")
        .may_have("by", text(), "For administrators: the author, such as `administrator 7`.")
        .shown_as(event_example())
}

/// The example of an event.
#[must_use]
pub fn event_example() -> Value {
    json!({"at": "2026-11-26T14:03:59.010Z", "what": "confirmed", "data": {"duration_ms": 6},
        "detail": ""})
}
