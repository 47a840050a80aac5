//! The catalogue.

use serde_json::{Value, json};

use super::Resource;
use crate::http::openapi::operation::{Route, get};
use crate::http::openapi::schema::{Component, count, flag, id, money, object, page_of, text, time};

/// The group of these routes.
pub const RESOURCE: Resource = Resource { tag: "Goods", about: "The public catalogue.", routes, schemas };

fn routes() -> Vec<Route> {
    vec![
        get("/v1/goods", "listGoods", "Lists the goods on sale").paged().answers(200, "GoodsPage", "The goods."),
        get("/v1/goods/{id}", "getGoods", "Shows goods, also off sale")
            .answers(200, "Goods", "The goods.")
            .with_header("ETag")
            .can_be_unchanged(),
    ]
}

fn schemas() -> Vec<Component> {
    let goods = object("Goods.")
        .has("goods_id", id(), "")
        .has("goods_name", text(), "The name.")
        .has("goods_number", count(), "The units in stock.")
        .has("goods_price", money(), "The price of one unit.")
        .has("goods_desc", text(), "The description.")
        .has("add_time", time(), "When the goods were added.")
        .has("on_sale", flag(), "Whether new orders may have them.")
        .shown_as(example());
    vec![("Goods", goods), ("GoodsPage", page_of("Goods", &example()))]
}

fn example() -> Value {
    json!({"goods_id": "345959443973935104", "goods_name": "A phone", "goods_number": 999, "goods_price": "1000.00",
        "goods_desc": "", "add_time": "2026-11-26T14:03:59.010Z", "on_sale": true})
}
