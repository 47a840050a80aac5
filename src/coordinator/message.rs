//! What OrderCoordinator can be asked.

use actix::Message;

use crate::actor::Reply;
use crate::domain::id::{OrderId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::order::OrderRequest;
use crate::domain::refusal::Refusal;
use crate::order::message::Order;

/// Places an order and answers when it is confirmed or refused. The same key answers the same, for ever.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<PlaceOrderResult>")]
pub struct PlaceOrder {
    /// Who orders.
    pub user_id: UserId,
    /// The client's key.
    pub key: IdempotencyKey,
    /// What the request asks for.
    pub fingerprint: Fingerprint,
    /// The order.
    pub request: OrderRequest,
}

/// What became of [`PlaceOrder`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceOrderResult {
    /// All is reserved; the order.
    Confirmed(Box<Order>),
    /// Refused, and everything that was taken is being given back.
    Refused(Refusal, OrderId),
    /// Not decided within the time for answering; it goes on under this id.
    Accepted(OrderId),
    /// The key was used for another request.
    KeyReused,
    /// The first request with this key is still under way.
    KeyInUse,
}

/// Asks for the [`Sagas`].
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Sagas")]
pub struct ReadSagas;

/// The orders under way, for the status page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sagas {
    /// Worked on now.
    pub in_flight: usize,
    /// Unconfirmed in the store; `None` where it does not answer.
    pub unconfirmed: Option<i64>,
    /// Unconfirmed and neither worked on nor to be found by the next sweep: always 0, or something is wrong.
    pub without_wakeup: Option<i64>,
}

/// Looks for unfinished orders nobody works on, and drives them on; answers how many are under way then.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct ReconcileUnfinished;
