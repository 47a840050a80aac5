//! What Order can be asked.

use actix::Message;
use serde::{Deserialize, Serialize};

use super::error::PaymentRefusal;
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, GoodsId, OrderId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::money::Money;
use crate::domain::order::Line;
use crate::domain::pricing::Price;
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::runtime::Reply;
use crate::runtime::outbox::Topic;

/// An order as its customer sees it: a row of `orders` with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Its id.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// Its state.
    pub order_status: OrderStatus,
    /// The state of its payment.
    pub pay_status: PayStatus,
    /// The state of its delivery.
    pub shipping_status: ShippingStatus,
    /// Where to.
    pub address: String,
    /// To whom.
    pub consignee: String,
    /// Its lines.
    pub goods: Vec<OrderGoods>,
    /// Sum of the lines.
    pub goods_amount: Money,
    /// Shipping.
    pub shipping_fee: Money,
    /// Both together.
    pub order_amount: Money,
    /// The coupon it uses.
    pub coupon_id: Option<CouponId>,
    /// Paid by the coupon.
    pub coupon_paid: Money,
    /// Paid from the balance.
    pub money_paid: Money,
    /// To be paid on a platform.
    pub pay_amount: Money,
    /// When it was asked for.
    pub add_time: Timestamp,
    /// When it was confirmed.
    pub confirm_time: Option<Timestamp>,
    /// When it was paid.
    pub pay_time: Option<Timestamp>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// When its reservations must be made.
    #[serde(skip)]
    pub deadline_time: Timestamp,
    /// What its request asked for.
    #[serde(skip)]
    pub fingerprint: String,
}

/// A line of an order; a row of `order_goods`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OrderGoods {
    /// The goods.
    pub goods_id: GoodsId,
    /// The units.
    pub goods_number: i64,
    /// The price of one at that time.
    pub goods_price: Money,
}

/// Writes an order: `unconfirmed`, from where the saga is durable, or `invalid` where `refusal` is given.
/// The outcome is the order with this user's key: this one, or the one that was there before.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<PreOrdered>")]
pub struct PreOrder {
    /// Its id.
    pub order_id: OrderId,
    /// Whose it is.
    pub user_id: UserId,
    /// The client's key.
    pub key: IdempotencyKey,
    /// What the request asked for.
    pub fingerprint: Fingerprint,
    /// Where to.
    pub address: String,
    /// To whom.
    pub consignee: String,
    /// Its lines; none where they could not be priced.
    pub lines: Vec<Line>,
    /// Its amounts.
    pub price: Price,
    /// The coupon to use.
    pub coupon_id: Option<CouponId>,
    /// When its reservations must be made.
    pub deadline: Timestamp,
    /// Why it is refused, before anything was asked for.
    pub refusal: Option<Refusal>,
}

/// What became of a [`PreOrder`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreOrdered {
    /// It is written.
    Written(Order),
    /// The key was used before, for this order.
    Existed(Order),
}

/// The order with this user's key. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Order>>")]
pub struct FindByKey {
    /// Whose.
    pub user_id: UserId,
    /// The client's key.
    pub key: IdempotencyKey,
}

/// This user's order with this id. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Order>>")]
pub struct Find {
    /// Which.
    pub order_id: OrderId,
    /// Whose it must be.
    pub user_id: UserId,
}

/// One page of this user's orders, newest first, those older than `before`; unconfirmed ones are not shown. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Order>>")]
pub struct List {
    /// Whose.
    pub user_id: UserId,
    /// Where the last page ended.
    pub before: Option<OrderId>,
    /// At most so many.
    pub limit: i64,
}

/// `unconfirmed -> confirmed`: the pivot. Asked again it answers the same.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Ended>")]
pub struct Confirm {
    /// Which.
    pub order_id: OrderId,
}

/// `unconfirmed -> cancelled`, with the messages that give everything back, in one transaction. Asked again it answers
/// the same.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Ended>")]
pub struct Cancel {
    /// Which.
    pub order_id: OrderId,
    /// Why.
    pub refusal: Refusal,
}

/// What an order is after [`Confirm`] or [`Cancel`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Past the pivot; the order.
    Confirmed(Box<Order>),
    /// Cancelled, for this reason; the order.
    Cancelled(Refusal, Box<Order>),
    /// Still unconfirmed: its deadline has passed, so it cannot be confirmed any more.
    DeadlinePassed,
}

/// One page of orders whose saga is unfinished, oldest first, those with a larger id than `after`. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Order>>")]
pub struct Unfinished {
    /// Where the last page ended.
    pub after: Option<OrderId>,
    /// At most so many.
    pub limit: i64,
}

/// How many orders are unconfirmed. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<i64>")]
pub struct CountUnfinished;

/// A payment of this user's order is about to start: `unpaid -> paying`. The outcome is the amount to pay.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Result<Money, PaymentRefusal>>")]
pub struct StartPayment {
    /// Which.
    pub order_id: OrderId,
    /// Whose it must be.
    pub user_id: UserId,
}

/// Messages of a cancelled order.
pub const CANCELLED: Topic = Topic { topic: "order", tag: "cancel", groups: &["goods", "coupon", "user"] };

/// The body of [`CANCELLED`]: what was asked for, so that each owner gives back what it took of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// Which order.
    pub order_id: OrderId,
    /// Whose it was.
    pub user_id: UserId,
    /// The coupon it wanted.
    pub coupon_id: Option<CouponId>,
    /// The goods it wanted.
    pub goods: Vec<GoodsId>,
}
