//! Messages of `OrderCoordinator`.

use actix::Message;

use crate::actor::Reply;
use crate::domain::id::{OrderId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::order::OrderRequest;
use crate::domain::refusal::Refusal;
use crate::order::message::Order;

/// Places an order and replies when it is confirmed or refused. A repeated request with the same key always gets the
/// same result.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<PlaceOrderResult>")]
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

/// The result of [`PlaceOrder`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceOrderResult {
    /// All reservations are made; contains the order.
    Confirmed(Box<Order>),
    /// Refused; reservations that were made are being released.
    Refused(Refusal, OrderId),
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

/// Finds unfinished orders without a running saga and resumes them. Returns the number of running sagas.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct ReconcileUnfinished;
