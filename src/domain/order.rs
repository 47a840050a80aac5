//! Order requests and priced order lines.

use serde::Serialize;

use super::id::{CouponId, GoodsId};
use super::money::Money;
use super::quantity::Quantity;

/// One line of an order request: a product, a quantity and the price that the client displayed, if it sends one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequestLine {
    /// The id of the product.
    pub goods_id: GoodsId,
    /// The number of units.
    pub goods_number: Quantity,
    /// The unit price that the customer expects; `None` skips the check.
    pub goods_price: Option<Money>,
}

/// A requested order: 1 to 100 lines, each for a different product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// The requested lines.
    pub lines: Vec<OrderRequestLine>,
    /// The coupon to redeem.
    pub coupon_id: Option<CouponId>,
    /// The amount to pay from the customer's balance.
    pub money_paid: Money,
    /// The shipping fee that the customer expects; `None` skips the check.
    pub shipping_fee: Option<Money>,
    /// The total of goods and shipping that the customer expects; `None` skips the check.
    pub order_amount: Option<Money>,
    /// The delivery address.
    pub address: String,
    /// The recipient of the delivery.
    pub consignee: String,
}

/// One priced line of an order. Name and unit price are those at the time of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The id of the product.
    pub goods_id: GoodsId,
    /// The number of units.
    pub goods_number: Quantity,
    /// The unit price.
    pub goods_price: Money,
    /// The name of the product; `None` in orders of older versions.
    pub goods_name: Option<String>,
}
