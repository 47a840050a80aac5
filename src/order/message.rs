//! What Order can be asked.

use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use serde::Serialize;

use super::error::{CommandRefusal, PaymentRefusal};
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{CouponId, EntryId, GoodsId, OrderId, PayId, RefundId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::money::Money;
use crate::domain::order::Line;
use crate::domain::pricing::Price;
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::domain::text::Reason;

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
    /// The payment that paid it.
    pub pay_id: Option<PayId>,
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

impl PreOrdered {
    /// The order.
    #[must_use]
    pub const fn order(&self) -> &Order {
        match self {
            Self::Written(order) | Self::Existed(order) => order,
        }
    }
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
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Completion>")]
pub struct Confirm {
    /// Which, as it was written.
    pub order: Arc<Order>,
}

/// `unconfirmed -> cancelled`, with the messages that give everything back, in one transaction. Asked again it answers
/// the same.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Completion>")]
pub struct Cancel {
    /// Which, as it was written.
    pub order: Arc<Order>,
    /// Why.
    pub refusal: Refusal,
}

/// What an order is after [`Confirm`] or [`Cancel`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// Past the pivot; the order.
    Confirmed(Box<Order>),
    /// Cancelled, for this reason; the order.
    Cancelled(Refusal, Box<Order>),
    /// Still unconfirmed: its deadline has passed, so it cannot be confirmed any more.
    DeadlinePassed,
}

/// One page of orders whose saga is unfinished, by their deadlines, those that come after `after`. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Order>>")]
pub struct Unfinished {
    /// Those whose deadline is not later: orders that wait for their payment have a wake-up too, later ones, and are not
    /// to be looked through.
    pub until: Timestamp,
    /// Where the last page ended: a deadline, and the order.
    pub after: Option<(Timestamp, OrderId)>,
    /// At most so many.
    pub limit: i64,
}

/// How many orders are unconfirmed. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<i64>")]
pub struct CountUnfinished {
    /// Those whose deadline is not later, as with [`Unfinished`].
    pub until: Timestamp,
}

/// A payment of this user's order is about to start: `unpaid -> paying`.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Result<Payable, PaymentRefusal>>")]
pub struct StartPayment {
    /// Which.
    pub order_id: OrderId,
    /// Whose it must be.
    pub user_id: UserId,
}

/// What is to be paid for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payable {
    /// So much.
    pub amount: Money,
    /// When it was confirmed: its time to be paid began.
    pub confirm_time: Timestamp,
}

/// Orders whose time to be paid has passed, oldest first: each is given out once per `lease`, so that one that cannot
/// be ended now comes back later and stops nobody else.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<OrderId>>")]
pub struct ClaimExpired {
    /// At most so many.
    pub limit: i64,
    /// Given out again after this time.
    pub lease: Duration,
}

/// The order with this id, whoever's it is. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Order>>")]
pub struct FindAny {
    /// Which.
    pub order_id: OrderId,
}

/// Who does something to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The shop itself.
    Shop,
    /// This customer, to an order that must be theirs.
    Customer(UserId),
    /// This administrator.
    Admin(UserId),
}

/// What is done to an order after it was placed.
#[derive(Debug, Clone)]
pub enum Action {
    /// It is given up before it is paid; why, where somebody says.
    Cancel(Option<Reason>),
    /// The same, because its time to be paid has passed.
    Expire,
    /// It leaves the house.
    Ship,
    /// It reached its customer.
    Receive,
    /// Money goes back.
    Refund(Refund),
}

/// What is to go back of an order that is paid.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The number it gets, where it is new.
    pub refund_id: RefundId,
    /// The client's key: the same key is the same refund.
    pub key: Option<IdempotencyKey>,
    /// What the request asked for.
    pub fingerprint: Fingerprint,
    /// How much of what was paid on a platform; all that is left of it where nothing is said, and with it balance,
    /// coupon, points and what has not been shipped.
    pub amount: Option<Money>,
    /// Why, for the customer and the platform.
    pub reason: Option<Reason>,
}

/// Does something to an order, where its state allows it, with the messages that follow, in one transaction.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Order, CommandRefusal>>")]
pub struct Command {
    /// Which order.
    pub order_id: OrderId,
    /// Who.
    pub by: Author,
    /// What.
    pub act: Action,
}

/// One page of all orders that fit, newest first, those older than `before`. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Order>>")]
pub struct ListAll {
    /// Whose.
    pub user_id: Option<UserId>,
    /// In which state.
    pub order_status: Option<OrderStatus>,
    /// With a payment in which state.
    pub pay_status: Option<PayStatus>,
    /// With a delivery in which state.
    pub shipping_status: Option<ShippingStatus>,
    /// Where the last page ended.
    pub before: Option<OrderId>,
    /// At most so many.
    pub limit: i64,
}

/// One page of what administrators did to orders, newest first. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Entry>>")]
pub struct ListOperatorLog {
    /// To which.
    pub order_id: Option<OrderId>,
    /// Where the last page ended.
    pub before: Option<EntryId>,
    /// At most so many.
    pub limit: i64,
}

/// Something an administrator did; a row of `order_act`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its id.
    pub act_id: EntryId,
    /// To which order.
    pub order_id: OrderId,
    /// What.
    pub act: String,
    /// Who.
    pub user_id: Option<UserId>,
    /// The particulars: why, how much.
    pub detail: Option<String>,
    /// When.
    pub create_time: Timestamp,
}

/// What this owner's log says of an order. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Which.
    pub order_id: OrderId,
}
