//! The messages about the requests of customers to pay.

use actix::Message;

use super::Payment;
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::money::Money;
use crate::domain::provider::Provider;
use crate::gateway::Checkout;
use crate::pay::error::RequestRefusal;

/// An earlier request with the same idempotency key, and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorRequest {
    /// Fingerprint of the earlier request.
    pub fingerprint: String,
    /// The payment in its present state, or the refusal.
    pub outcome: Result<Payment, RequestRefusal>,
    /// Whether the payment was recorded for this request, which has its first [`super::turn::Turn`] then.
    pub is_new: bool,
    /// Whether the request was given a payment that an earlier request with another key had opened.
    pub is_reuse: bool,
    /// Whether an earlier request with the same key had this outcome already.
    pub is_replay: bool,
}

/// Finds the request that a user's idempotency key was used for. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<PriorRequest>>")]
pub struct FindRequest {
    /// Customer who sent the request.
    pub user_id: UserId,
    /// Idempotency key of the client.
    pub key: IdempotencyKey,
}

/// Opens a payment of an order, or records the refusal. A payment that is open on the same platform for the same amount
/// is reused. Idempotent per user and key: if the key was used before, the outcome is that of the earlier request.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<PriorRequest>")]
pub struct OpenPayment {
    /// Customer who sent the request.
    pub user_id: UserId,
    /// Idempotency key of the client.
    pub key: IdempotencyKey,
    /// Fingerprint of the request.
    pub fingerprint: Fingerprint,
    /// Order to pay.
    pub order_id: OrderId,
    /// Platform to pay on.
    pub provider: Provider,
    /// Amount to pay, or the refusal of the order.
    pub amount: Result<Money, RequestRefusal>,
    /// Time until which the order can be paid, which the platform is given as the end of the payment. `None` for a
    /// refusal.
    pub expire_time: Option<Timestamp>,
    /// Number of the order's start. `None` for a refusal.
    pub start_no: Option<i32>,
    /// Page to which the customer goes after the payment. A payment that is reused keeps its own.
    pub return_url: Option<String>,
}

/// Stores the checkout that the platform has created for a payment.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct SetCheckout {
    /// Id of the payment.
    pub pay_id: PayId,
    /// Checkout at the platform.
    pub checkout: Checkout,
}
