//! What a customer asks for.

use super::id::{CouponId, GoodsId};
use super::money::Money;
use super::quantity::Quantity;

/// One line of a request: which goods, how many, and the price the customer saw, if told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequestLine {
    /// The goods.
    pub goods_id: GoodsId,
    /// The units.
    pub goods_number: Quantity,
    /// The price of one unit the customer expects.
    pub goods_price: Option<Money>,
}

/// An order as it is asked for. Its lines name different goods, 1 to 100 of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// The lines.
    pub lines: Vec<OrderRequestLine>,
    /// The coupon to use.
    pub coupon_id: Option<CouponId>,
    /// The balance to use.
    pub money_paid: Money,
    /// The shipping fee the customer expects.
    pub shipping_fee: Option<Money>,
    /// The sum the customer expects.
    pub order_amount: Option<Money>,
    /// Where to.
    pub address: String,
    /// To whom.
    pub consignee: String,
}

/// One line of an order: units and the price of one at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The goods.
    pub goods_id: GoodsId,
    /// The units.
    pub goods_number: Quantity,
    /// The price of one unit.
    pub goods_price: Money,
}
