//! The messages that Order handles.

mod command;

use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use serde::{Serialize, Serializer};

use super::error::PaymentRefusal;
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::horizon::Horizon;
use crate::domain::id::{CouponId, EntryId, GoodsId, OrderId, PayId, RefundId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::lifecycle::OrderState;
use crate::domain::money::Money;
use crate::domain::order::Line;
use crate::domain::pricing::Price;
use crate::domain::quantity::Quantity;
use crate::domain::refusal::{Cause, Refusal, Refused};
use crate::domain::returned::Units;
use crate::domain::status::{OrderStatus, PayStatus, RefundState, ShippingStatus};

pub use command::{Action, Author, Command, Commanded, GivenUp, Parcel, Refund};

/// An order as its customer sees it: a row of `orders` and its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// State of the order.
    pub order_status: OrderStatus,
    /// State of the payment.
    pub pay_status: PayStatus,
    /// State of the delivery.
    pub shipping_status: ShippingStatus,
    /// Delivery address. Clones of an order share its texts and lines.
    #[serde(serialize_with = "shared")]
    pub address: Arc<str>,
    /// Name of the recipient.
    #[serde(serialize_with = "shared")]
    pub consignee: Arc<str>,
    /// Carrier of the parcel; `None` if the order is not shipped or it was not said.
    pub carrier: Option<String>,
    /// Number of the parcel at its carrier; `None` if the order is not shipped or it was not said.
    pub tracking_no: Option<String>,
    /// Lines of the order.
    #[serde(serialize_with = "shared")]
    pub goods: Arc<[Line]>,
    /// Sum of the lines.
    pub goods_amount: Money,
    /// Shipping fee.
    pub shipping_fee: Money,
    /// Sum of `goods_amount` and `shipping_fee`.
    pub order_amount: Money,
    /// Coupon that the order uses.
    pub coupon_id: Option<CouponId>,
    /// Amount paid by the coupon.
    pub coupon_paid: Money,
    /// Amount paid from the balance.
    pub money_paid: Money,
    /// Amount to pay on a platform.
    pub pay_amount: Money,
    /// Currency of all amounts.
    pub currency: &'static str,
    /// Time until which the order can be paid; `None` if it cannot be paid.
    pub pay_before: Option<Timestamp>,
    /// Time of the request.
    pub add_time: Timestamp,
    /// Time of the confirmation.
    pub confirm_time: Option<Timestamp>,
    /// Time at which the order became paid.
    pub pay_time: Option<Timestamp>,
    /// Payment that paid the order; `None` if it is unpaid or nothing was to be paid on a platform.
    pub pay_id: Option<PayId>,
    /// Sum of the refunds that are done.
    pub refunded_amount: Money,
    /// Refunds on the platform, oldest first. The order is refunded when all that was paid is back.
    pub refunds: Vec<RefundView>,
    /// Reason why the order was refused or cancelled by its saga.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Facts that led to the refusal; empty for orders of older versions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusal_data: Vec<Cause>,
    /// Deadline of the reservations.
    #[serde(skip)]
    pub deadline_time: Timestamp,
    /// Fingerprint of the request.
    #[serde(skip)]
    pub fingerprint: Fingerprint,
}

/// Serialises a value that clones share.
fn shared<T: Serialize + ?Sized, S: Serializer>(value: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().serialize(serializer)
}

impl Order {
    /// The states of order, payment and delivery.
    #[must_use]
    pub const fn state(&self) -> OrderState {
        OrderState { order: self.order_status, pay: self.pay_status, shipping: self.shipping_status }
    }
}

/// A refund as the customer of its order sees it: a row of `order_refund`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefundView {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Amount of the refund.
    pub amount: Money,
    /// State of the refund. A parked one waits for an operator.
    pub status: RefundState,
    /// Whether the platform made the refund by itself, without a request of the shop.
    pub by_platform: bool,
    /// Time of the request.
    pub create_time: Timestamp,
    /// Time at which the shop learned that the money is back; `None` until then.
    pub done_time: Option<Timestamp>,
    /// Units that go back into stock when the refund is done, because an operator said so.
    pub goods: Vec<Units>,
}

/// Writes an order: `invalid` if `refused` is given, otherwise `unconfirmed`, which makes its saga durable. Idempotent
/// per user and key: if the key was used before, the outcome is the order that it was used for.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<PreOrdered>")]
pub struct PreOrder(pub Arc<Draft>);

/// An order that is not written yet.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Id of the new order.
    pub order_id: OrderId,
    /// Customer who places the order.
    pub user_id: UserId,
    /// Idempotency key of the client.
    pub key: IdempotencyKey,
    /// Fingerprint of the request.
    pub fingerprint: Fingerprint,
    /// Delivery address.
    pub address: Arc<str>,
    /// Name of the recipient.
    pub consignee: Arc<str>,
    /// Lines of the order; empty if they could not be priced.
    pub lines: Arc<[Line]>,
    /// Amounts of the order.
    pub price: Price,
    /// Coupon to use.
    pub coupon_id: Option<CouponId>,
    /// Deadline of the reservations.
    pub deadline: Timestamp,
    /// Reason for refusing the order before anything is reserved.
    pub refused: Option<Refused>,
}

/// Outcome of a [`PreOrder`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreOrdered {
    /// The order was written.
    Written(Order),
    /// The key was used before; the order it was used for.
    Existed(Order),
}

impl PreOrdered {
    /// The order with the key of the request.
    #[must_use]
    pub const fn order(&self) -> &Order {
        match self {
            Self::Written(order) | Self::Existed(order) => order,
        }
    }
}

/// Finds the caps that an order of these lines would exceed, in the order of the lines. It does not hold for an order for
/// which nothing is to be paid on a platform. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<Cause>>")]
pub struct CheckCaps {
    /// Customer who might place the order.
    pub user_id: UserId,
    /// Goods and units of each line.
    pub lines: Vec<(GoodsId, Quantity)>,
}

/// Finds an order of a user; `None` if it does not exist or belongs to another user. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Order>>")]
pub struct Find {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer that the order must belong to.
    pub user_id: UserId,
}

/// Reads one page of a user's orders, newest first. Unconfirmed orders are left out, and refused ones unless they are asked
/// for. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Order>>")]
pub struct List {
    /// Customer who placed the orders.
    pub user_id: UserId,
    /// Filter: states of the orders.
    pub states: StateFilter,
    /// Whether orders that were refused before anything was reserved are included, if `states` does not say so.
    pub with_refused: bool,
    /// Last order of the previous page; only older orders are returned. `None` for the first page.
    pub before: Option<OrderId>,
    /// Maximum number of orders.
    pub limit: i64,
}

/// States that an order must be in. `None` matches every state.
#[derive(Debug, Clone, Copy, Default)]
pub struct StateFilter {
    /// State of the order.
    pub order_status: Option<OrderStatus>,
    /// State of the payment.
    pub pay_status: Option<PayStatus>,
    /// State of the delivery.
    pub shipping_status: Option<ShippingStatus>,
}

/// Confirms an order (`unconfirmed -> confirmed`): the pivot of the saga. Idempotent.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Completion>")]
pub struct Confirm {
    /// The order as it was written; the columns that change are read from the table.
    pub order: Arc<Order>,
}

/// Cancels an unconfirmed order (`unconfirmed -> cancelled`) and writes the messages that release its reservations, in
/// one transaction. Idempotent.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Completion>")]
pub struct Cancel {
    /// The order as it was written; the columns that change are read from the table.
    pub order: Arc<Order>,
    /// Reason for the cancellation.
    pub refused: Refused,
}

/// State of an order after [`Confirm`] or [`Cancel`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// The order is confirmed, or was confirmed before it was cancelled or refunded.
    Confirmed(Box<Order>),
    /// The order was cancelled by its saga, for the given reason.
    Cancelled(Refused, Box<Order>),
    /// The order is still unconfirmed, but its deadline has passed, so it can no longer be confirmed.
    DeadlinePassed,
}

/// Reads one page of the unconfirmed orders, sorted by deadline and id. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Order>>")]
pub struct ListUnfinished {
    /// Latest deadline. It excludes orders that wait for their payment from the index scan: their wake time is later.
    pub until: Timestamp,
    /// Deadline and id of the last order of the previous page. `None` for the first page.
    pub after: Option<(Timestamp, OrderId)>,
    /// Maximum number of orders.
    pub limit: i64,
}

/// Counts the unconfirmed orders. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<i64>")]
pub struct CountUnfinished {
    /// Latest deadline, as in [`ListUnfinished`].
    pub until: Timestamp,
}

/// Brings deadlines of unconfirmed orders that are beyond `horizon` forward to `deadline`, at most one page of them.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct BringForward {
    /// How far ahead a deadline can be.
    pub horizon: Horizon,
    /// The deadline of an order that is placed now.
    pub deadline: Timestamp,
}

/// Counts the orders whose deadline or end of the payment period is further ahead than the settings allow. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<i64>")]
pub struct CountAhead {
    /// How far ahead the deadline of an unconfirmed order can be.
    pub deadline: Horizon,
    /// How far ahead the wake-up of an order that waits for its payment can be.
    pub payment: Horizon,
}

/// Marks an order as being paid (`unpaid -> paying`) before a payment starts, and counts the start.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Result<Payable, PaymentRefusal>>")]
pub struct StartPayment {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer that the order must belong to.
    pub user_id: UserId,
}

/// Terms of the payment of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payable {
    /// Amount to pay.
    pub amount: Money,
    /// Time of the confirmation, at which the payment period began.
    pub confirm_time: Timestamp,
    /// Number of the start, counted per order from 1.
    pub start_no: i32,
    /// Whether the order was not being paid before.
    pub is_first: bool,
}

/// Takes back a [`StartPayment`] for which no payment was recorded, and before which the order was not being paid.
/// Idempotent; without effect if another payment was started since.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct AbandonStart {
    /// Id of the order.
    pub order_id: OrderId,
    /// Number of the start.
    pub start_no: i32,
}

/// Claims unpaid orders whose payment period has expired, oldest first. A claimed order is not claimed again until
/// `lease` has passed, so an order that cannot be closed now is retried later and does not block the others.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<OrderId>>")]
pub struct ClaimExpired {
    /// Maximum number of orders to examine.
    pub limit: i64,
    /// Time until an order can be claimed again.
    pub lease: Duration,
    /// How far ahead the wake-up of an order can be. A wake-up beyond it is brought forward first.
    pub horizon: Horizon,
}

/// Finds an order of any user. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Order>>")]
pub struct FindAny {
    /// Id of the order.
    pub order_id: OrderId,
}

/// Reads one page of the orders of all users that match the filters, newest first. A filter that is `None` matches
/// every order. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<Order>>")]
pub struct ListAll {
    /// Filter: id of the order.
    pub order_id: Option<OrderId>,
    /// Filter: customer who placed the order.
    pub user_id: Option<UserId>,
    /// Filter: name of the recipient, in full.
    pub consignee: Option<String>,
    /// Filter: goods that a line of the order has.
    pub goods_id: Option<GoodsId>,
    /// Filter: first time of the request.
    pub from: Option<Timestamp>,
    /// Filter: end of the time of the request, exclusive.
    pub before_time: Option<Timestamp>,
    /// Filter: smallest sum of goods and shipping.
    pub amount_min: Option<Money>,
    /// Filter: largest sum of goods and shipping.
    pub amount_max: Option<Money>,
    /// Filter: states of the order.
    pub states: StateFilter,
    /// Last order of the previous page; only older orders are returned. `None` for the first page.
    pub before: Option<OrderId>,
    /// Maximum number of orders.
    pub limit: i64,
}

/// Reads one page of the actions of administrators on orders, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<OperatorLogEntry>>")]
pub struct ListOperatorLog {
    /// Filter: id of the order; `None` matches every order.
    pub order_id: Option<OrderId>,
    /// Last entry of the previous page; only older entries are returned. `None` for the first page.
    pub before: Option<EntryId>,
    /// Maximum number of entries.
    pub limit: i64,
}

/// An action of an administrator on an order: a row of `order_act`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorLogEntry {
    /// Id of the entry.
    pub act_id: EntryId,
    /// Id of the order; `None` if the action is about money that belongs to no known order.
    pub order_id: Option<OrderId>,
    /// Name of the action, for example `shipped`.
    pub act: String,
    /// Id of the administrator.
    pub user_id: Option<UserId>,
    /// Details such as the reason and the amount; at most 200 characters.
    pub detail: Option<String>,
    /// Time of the action.
    pub create_time: Timestamp,
}

/// Reads the events that this owner has logged for an order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Id of the order.
    pub order_id: OrderId,
}

/// Lists the refunds whose requests Pay has not acknowledged yet. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<UnacknowledgedRefund>>")]
pub struct ListRequestedRefunds;

/// A refund that Order has asked for and whose message Pay has not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnacknowledgedRefund {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Payment to refund; `None` if the order does not know it.
    pub pay_id: Option<PayId>,
    /// Amount to refund.
    pub amount: Money,
    /// Time of the request.
    pub create_time: Timestamp,
}
