//! Events for other systems. The schemas of their data are in the AsyncAPI document.

use serde_json::{Value, json};
use utoipa::openapi::Schema;
use utoipa::openapi::schema::ArrayBuilder;

use super::Resource;
use crate::http::feed::{END, MEDIA};
use crate::http::openapi::operation::{Route, get};
use crate::http::openapi::schema::{
    Component, Fields, any_object, between, id, integer, list, money, named, object, or_null, pattern, text, time,
    words,
};
use crate::http::openapi::word::CURRENCIES;
use crate::http::problem::Code;
use crate::messaging::feed::cursor::FeedCursor;
use crate::messaging::feed::data::{CancelCause, CouponChange, StockCause};
use crate::messaging::feed::event_type::{
    ALL, COUPON_CHANGED, EventType, ORDER_CANCELLED, ORDER_CONFIRMED, ORDER_PAID, ORDER_PLACED, ORDER_RECEIVED,
    ORDER_REFUNDED, ORDER_REFUNDED_PART, ORDER_SHIPPED, STOCK_CHANGED,
};

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Events",
    about: "What happens to orders, stocks and coupons, for other systems: CloudEvents, oldest first.",
    routes,
    schemas,
};

fn routes() -> Vec<Route> {
    let limit = between(1, 100);
    let cursor = pattern(&format!("^(?:{END}|{})$", FeedCursor::pattern())).into();
    let after = "The cursor of an earlier answer, or `end` for what happens from now on. Without it, the first events.";
    let types: Vec<&str> = ALL.iter().map(|kind| kind.name).collect();
    vec![
        get("/v1/events", "listEvents", "Lists events, oldest first")
            .about(
                "For administrators, and for API keys with the scope `events`. Follow `Link` to go on: if it has another \
                 cursor than the request, ask again at once; if not, later. An answer may be empty although events follow.",
            )
            .for_admins()
            .query("after", cursor, after)
            .query("limit", limit, "Number of events, 20 by default.")
            .query("type", words(&types), "Only events of this type. Keep it while you follow `Link`.")
            .answers_as(200, MEDIA, "CloudEvents", "The events.")
            .with_header("Link")
            .refuses(&[Code::NotFound, Code::CursorBeyondEnd]),
        get("/asyncapi.json", "getEventDocument", "The types of events, as AsyncAPI 3").answers(
            200,
            "AsyncDocument",
            "The document.",
        ),
    ]
}

fn schemas() -> Vec<Component> {
    let document = object("An AsyncAPI document.")
        .has("asyncapi", text(), "The version of AsyncAPI.")
        .has("info", any_object(), "The name and the version.")
        .has("defaultContentType", text(), "The type of a message.")
        .has("channels", any_object(), "Where events are read.")
        .has("operations", any_object(), "What the shop does there.")
        .has("components", any_object(), "The types of events, and the schemas of their data.")
        .shown_as(json!({"asyncapi": "3.0.0", "info": {}, "defaultContentType": "application/cloudevents+json",
            "channels": {}, "operations": {}, "components": {}}));
    let events = ArrayBuilder::new()
        .items(named("CloudEvent"))
        .description(Some("Several events, oldest first."))
        .examples([json!([cloud_event_example()])]);
    vec![("CloudEvent", cloud_event()), ("CloudEvents", Schema::Array(events.build())), ("AsyncDocument", document)]
}

fn cloud_event_example() -> Value {
    json!({"specversion": "1.0", "id": "order.received.v1-384550094389510144",
        "source": "https://shop.example/v1/events", "type": ORDER_RECEIVED.name, "subject": "384343533072416768",
        "time": "2026-11-26T14:03:59.010Z", "datacontenttype": "application/json",
        "dataschema": "https://shop.example/asyncapi.json#/components/schemas/order.received.v1",
        "data": received_example()})
}

/// The attributes of an event.
#[must_use]
pub fn cloud_event() -> Schema {
    let types: Vec<&str> = ALL.iter().map(|kind| kind.name).collect();
    object("An event, as in CloudEvents 1.0.")
        .has("specversion", words(&["1.0"]), "The version of CloudEvents.")
        .has("id", text(), "No other event of the shop has it, and the same event has it whenever it is read.")
        .has("source", text(), "The shop: its public address and the path of the events.")
        .has("type", words(&types), "The type, with its version.")
        .has("subject", id(), "The order, goods or coupon.")
        .has("time", time(), "When it happened.")
        .has("datacontenttype", words(&["application/json"]), "The form of the data.")
        .has("dataschema", text(), "The address of the schema of the data.")
        .has("data", any_object(), "The data, as the AsyncAPI document has it for the type.")
        .shown_as(cloud_event_example())
}

/// A type of events, and the schema of its data.
pub type DataSchema = (&'static EventType, fn() -> Schema);

/// The schema of the data of each type.
pub const DATA: [DataSchema; 10] = [
    (&ORDER_PLACED, placed),
    (&ORDER_CONFIRMED, confirmed),
    (&ORDER_CANCELLED, cancelled),
    (&ORDER_PAID, paid),
    (&ORDER_SHIPPED, shipped),
    (&ORDER_RECEIVED, received),
    (&ORDER_REFUNDED_PART, refunded_part),
    (&ORDER_REFUNDED, refunded),
    (&STOCK_CHANGED, stock),
    (&COUPON_CHANGED, coupon),
];

/// The fields that the data of all events of orders has.
fn of_order(about: &str) -> Fields {
    object(about).has("order_id", id(), "The order.").has("user_id", id(), "The customer.")
}

fn currency(fields: Fields) -> Fields {
    fields.has("currency", words(CURRENCIES), "The currency of all amounts.")
}

fn placed() -> Schema {
    let line = object("")
        .has("goods_id", id(), "The goods.")
        .has("goods_number", between(1, 9_999), "The number of units.")
        .has("goods_price", money(), "The price of one unit.")
        .has("goods_name", or_null(text()), "The name; `null` in orders of older versions.");
    let fields = of_order("An order as it was placed.")
        .has("goods", list(line.inside()), "The lines.")
        .has("goods_amount", money(), "The sum of the lines.")
        .has("shipping_fee", money(), "The shipping fee.")
        .has("order_amount", money(), "The sum of `goods_amount` and `shipping_fee`.")
        .has("coupon_id", or_null(id()), "The coupon that the order uses.")
        .has("coupon_paid", money(), "The amount that the coupon pays.")
        .has("money_paid", money(), "The amount that the balance pays.")
        .has("pay_amount", money(), "The amount to pay at a platform.");
    currency(fields).shown_as(json!({"order_id": "384343533072416768", "user_id": "345963634385633280",
        "goods": [{"goods_id": "345959443973935104", "goods_number": 1, "goods_price": "1000.00", "goods_name": "Tea"}],
        "goods_amount": "1000.00", "shipping_fee": "0.00", "order_amount": "1000.00",
        "coupon_id": "345988230098857984", "coupon_paid": "20.00", "money_paid": "100.00", "pay_amount": "880.00",
        "currency": "CNY"}))
}

fn confirmed() -> Schema {
    currency(of_order("A confirmed order.").has("pay_amount", money(), "The amount to pay at a platform."))
        .shown_as(json!({"order_id": "384343533072416768", "user_id": "345963634385633280", "pay_amount": "880.00",
            "currency": "CNY"}))
}

fn cancelled() -> Schema {
    of_order("A cancelled order.")
        .has("cause", words(CancelCause::WORDS), "`refused`: something could not be reserved.")
        .has("refusal", or_null(text()), "The code of the refusal; `null` for other causes.")
        .shown_as(json!({"order_id": "384343533072416768", "user_id": "345963634385633280", "cause": "refused",
            "refusal": "insufficient_stock"}))
}

fn paid() -> Schema {
    let fields = of_order("A paid order.")
        .has("pay_id", or_null(id()), "The payment; `null` if nothing was to be paid at a platform.")
        .has("pay_amount", money(), "The amount that was paid at a platform.");
    currency(fields).shown_as(json!({"order_id": "384343533072416768", "user_id": "345963634385633280",
        "pay_id": "384343533089193984", "pay_amount": "880.00", "currency": "CNY"}))
}

fn shipped() -> Schema {
    of_order("A shipped order.")
        .has("carrier", or_null(text()), "The carrier, if it is known.")
        .has("tracking_no", or_null(text()), "The number of the parcel at its carrier, if it is known.")
        .shown_as(json!({"order_id": "384343533072416768", "user_id": "345963634385633280", "carrier": "SF Express",
            "tracking_no": "SF1234567890123"}))
}

fn received_example() -> Value {
    json!({"order_id": "384343533072416768", "user_id": "345963634385633280"})
}

fn received() -> Schema {
    of_order("An order that the customer has received.").shown_as(received_example())
}

fn refunded_part() -> Schema {
    let fields = of_order("A refund of a part.").has("refund_id", id(), "The refund.").has(
        "amount",
        money(),
        "The amount of this refund.",
    );
    currency(fields).shown_as(json!({"order_id": "384343533072416768", "user_id": "345963634385633280",
        "refund_id": "384550094389510144", "amount": "100.00", "currency": "CNY"}))
}

fn refunded() -> Schema {
    currency(of_order("A refunded order.").has("amount", money(), "The sum of all refunds at platforms."))
        .shown_as(json!({"order_id": "384343533072416768", "user_id": "345963634385633280", "amount": "880.00",
            "currency": "CNY"}))
}

fn stock() -> Schema {
    object("A change of a stock.")
        .has("goods_id", id(), "The goods.")
        .has("delta", integer(), "The change of the units in stock; never 0.")
        .has("cause", words(StockCause::WORDS), "What has changed it.")
        .has("order_id", or_null(id()), "The order; `null` if an administrator has changed the stock.")
        .has("refund_id", or_null(id()), "The refund that gave units back.")
        .shown_as(json!({"goods_id": "345959443973935104", "delta": -1, "cause": "reserved",
            "order_id": "384343533072416768", "refund_id": null}))
}

fn coupon() -> Schema {
    object("A change of a coupon.")
        .has("coupon_id", id(), "The coupon.")
        .has("user_id", id(), "The customer who has it.")
        .has("coupon_price", money(), "The amount that it can pay.")
        .has("change", words(CouponChange::WORDS), "The change.")
        .has("order_id", or_null(id()), "The order that uses or released it.")
        .shown_as(json!({"coupon_id": "345988230098857984", "user_id": "345963634385633280", "coupon_price": "20.00",
            "change": "used", "order_id": "384343533072416768"}))
}
