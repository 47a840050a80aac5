//! The schemas of a quote.

use serde_json::json;
use utoipa::openapi::Schema;

use crate::http::openapi::schema::{
    Component, between, bounded_list, id, integer, list, money, named, object, or_null, text, words,
};
use crate::http::openapi::word::CURRENCIES;

/// The schemas.
#[must_use]
pub fn schemas() -> Vec<Component> {
    vec![("NewQuote", new_quote()), ("QuoteLine", line()), ("Quote", quote())]
}

fn new_quote() -> Schema {
    object("An order whose costs are asked for. Guests have no coupon and no balance.")
        .has("goods", bounded_list(named("NewOrderLine"), 1, 100), "The lines, each with different goods.")
        .may_have("coupon_id", or_null(id()), "A coupon of the caller.")
        .may_have("money_paid", or_null(named("Amount")), "How much to take from the balance; 0 by default.")
        .may_have("shipping_fee", or_null(named("Amount")), "The shipping fee.")
        .may_have("order_amount", or_null(named("Amount")), "The sum of the goods and the shipping fee.")
        .may_have("address", or_null(named("Address")), "The delivery address, if it is known.")
        .may_have("consignee", or_null(named("Consignee")), "The recipient, if it is known.")
        .sent_as(json!({"goods": [{"goods_id": "345959443973935104", "goods_number": 2}]}))
}

fn line() -> Schema {
    object("A line of a quote. Name and prices are `null` if the goods do not exist.")
        .has("goods_id", id(), "The goods.")
        .has("goods_number", between(1, 9_999), "The number of units.")
        .has("goods_name", or_null(text()), "The name.")
        .has("goods_price", or_null(money()), "The price of one unit.")
        .has("subtotal", or_null(money()), "The price of all units.")
        .has("available", integer(), "The units in stock.")
        .shown_as(json!({"goods_id": "345959443973935104", "goods_number": 2, "goods_name": "Tea",
            "goods_price": "20.00", "subtotal": "40.00", "available": 1}))
}

fn quote() -> Schema {
    object("The costs of an order. The amounts are `null` if goods do not exist or the sum is too high.")
        .has("goods", list(named("QuoteLine")), "The lines.")
        .has("goods_amount", or_null(money()), "The sum of the lines.")
        .has("shipping_fee", or_null(money()), "")
        .has("order_amount", or_null(money()), "The sum of `goods_amount` and `shipping_fee`.")
        .has("coupon_id", or_null(id()), "The coupon.")
        .has("coupon_price", or_null(money()), "The amount that the coupon can pay.")
        .has("coupon_paid", or_null(money()), "The amount that the coupon would pay.")
        .has("money_paid", or_null(money()), "The amount that the balance would pay.")
        .has("pay_amount", or_null(money()), "The amount to pay at a platform.")
        .has("currency", words(CURRENCIES), "The currency of all amounts.")
        .has("problems", list(named("FieldError")), "The reasons for which the order would be refused.")
        .shown_as(json!({
            "goods": [{"goods_id": "345959443973935104", "goods_number": 2, "goods_name": "Tea",
                "goods_price": "20.00", "subtotal": "40.00", "available": 1}],
            "goods_amount": "40.00", "shipping_fee": "10.00", "order_amount": "50.00", "coupon_id": null,
            "coupon_price": null, "coupon_paid": "0.00", "money_paid": "0.00", "pay_amount": "50.00",
            "currency": "CNY",
            "problems": [{"field": "goods[0].goods_number", "code": "insufficient_stock", "index": 0,
                "goods_id": "345959443973935104", "available": 1,
                "detail": "must be at most 1, the units in stock"}]
        }))
}
