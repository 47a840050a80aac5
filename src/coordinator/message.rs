//! Messages of `OrderCoordinator`.

use actix::Message;

use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::money::Money;
use crate::domain::order::{Line, OrderRequest};
use crate::domain::pricing::Price;
use crate::domain::quantity::Quantity;
use crate::domain::refusal::{Cause, Refused};
use crate::order::message::Order;

/// Places an order and replies when it is confirmed or refused. A repeated request with the same key always gets the
/// same result.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Placed>")]
pub struct PlaceOrder {
    /// The customer who places the order.
    pub user_id: UserId,
    /// The client's idempotency key.
    pub key: IdempotencyKey,
    /// The fingerprint of the request body.
    pub fingerprint: Fingerprint,
    /// The requested order.
    pub request: OrderRequest,
}

/// Prices an order without placing it. Nothing is reserved or written.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Quote>")]
pub struct GetQuote {
    /// The customer; `None` for a guest, who has neither coupons nor a balance.
    pub user_id: Option<UserId>,
    /// The order that might be placed.
    pub request: OrderRequest,
}

/// The price of a requested order, and the reasons for which it would be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The requested lines, in the same order.
    pub lines: Vec<QuotedLine>,
    /// The amounts; `None` if goods do not exist or the total is too high.
    pub price: Option<Price>,
    /// The value of the coupon, if the request has one of the customer.
    pub coupon_price: Option<Money>,
    /// The reasons for a refusal, in the order of the public contract. Empty if the order would be accepted now.
    pub causes: Vec<Cause>,
}

/// A line of a [`Quote`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedLine {
    /// The id of the product.
    pub goods_id: GoodsId,
    /// The number of units.
    pub goods_number: Quantity,
    /// The priced line, and the number of units in stock; `None` if the product does not exist.
    pub found: Option<(Line, i64)>,
}

/// The outcome of [`PlaceOrder`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The result.
    pub result: PlaceOrderResult,
    /// Whether it is the result of an earlier request with the same key.
    pub is_replay: bool,
}

impl Placed {
    /// The order that the result is about; `None` if the key cannot be used.
    #[must_use]
    pub fn order_id(&self) -> Option<OrderId> {
        match &self.result {
            PlaceOrderResult::Confirmed(order) => Some(order.order_id),
            PlaceOrderResult::Refused(_, order_id) | PlaceOrderResult::Accepted(order_id) => Some(*order_id),
            PlaceOrderResult::KeyReused | PlaceOrderResult::KeyInUse => None,
        }
    }
}

impl From<PlaceOrderResult> for Placed {
    fn from(result: PlaceOrderResult) -> Self {
        Self { result, is_replay: false }
    }
}

/// The result of [`PlaceOrder`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceOrderResult {
    /// All reservations are made; contains the order.
    Confirmed(Box<Order>),
    /// Refused; reservations that were made are being released.
    Refused(Refused, OrderId),
    /// Not decided within `orders.answer_within`; the order continues under this id.
    Accepted(OrderId),
    /// The key was used for a different request.
    KeyReused,
    /// The first request with this key is still being processed.
    KeyInUse,
}

/// Reads the [`Sagas`] counters.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Sagas")]
pub struct ReadSagas;

/// Counters of running sagas for the status page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sagas {
    /// Number of sagas that this process is running.
    pub in_flight: usize,
    /// Number of unconfirmed orders in the store; `None` if the store does not respond.
    pub unconfirmed: Option<i64>,
    /// Number of unconfirmed orders without a running saga that reconciliation will not find, because it has stopped
    /// running. Any value but 0 indicates a fault. `None` if the store does not respond.
    pub without_wakeup: Option<i64>,
}

/// Lists the sagas that this process is running, the oldest orders first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<RunningSaga>")]
pub struct ListRunning {
    /// Maximum number of sagas.
    pub limit: usize,
}

/// A saga that this process is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningSaga {
    /// Id of the order.
    pub order_id: OrderId,
    /// The replies that are missing.
    pub waits_for: WaitsFor,
    /// Number of steps that had no reply and were sent again.
    pub retries: u32,
    /// Time of the latest of these; `None` if there was none.
    pub next_attempt: Option<Timestamp>,
}

/// The replies that a saga waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WaitsFor {
    /// The order is priced and written.
    #[default]
    PreOrder,
    /// Reservations are made: each is true while its reply is missing.
    Reservations {
        /// Units in stock.
        stock: bool,
        /// The coupon.
        coupon: bool,
        /// The balance.
        balance: bool,
    },
    /// The order is confirmed.
    Confirmation,
    /// The order is cancelled.
    Cancellation,
}

/// Finds unfinished orders without a running saga and resumes them. Returns the number of running sagas.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct ReconcileUnfinished;
