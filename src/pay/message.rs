//! The messages that Pay handles.

use actix::Message;
use diesel::Queryable;
use serde::{Deserialize, Serialize};

use super::error::{Rejected, RequestRefusal};
use crate::actor::Reply;
use crate::actor::retry::Backoff;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{OrderId, PayId, RefundId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::money::Money;
use crate::domain::provider::Provider;
use crate::gateway::{self, Checkout, Notification};

/// A payment as its customer sees it: from a row of `pay` and its refunds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// Id of the payment; the platform's `out_trade_no`.
    pub pay_id: PayId,
    /// Order that the payment pays.
    pub order_id: OrderId,
    /// Amount to pay.
    pub pay_amount: Money,
    /// Name of the platform.
    pub provider: String,
    /// State of the payment.
    pub status: Status,
    /// Checkout at the platform; `None` until the platform has created it.
    pub checkout: Option<Checkout>,
    /// Time of creation.
    pub add_time: Timestamp,
}

/// State of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The payment is open: it waits for the customer.
    Unpaid,
    /// The platform has received the amount.
    Paid,
    /// The payment was declined or closed, and can no longer be paid.
    Closed,
    /// The payment was paid and has been refunded in full.
    Refunded,
}

/// An earlier request with the same idempotency key, and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorRequest {
    /// Fingerprint of the earlier request.
    pub fingerprint: String,
    /// The payment in its present state, or the refusal.
    pub outcome: Result<Payment, RequestRefusal>,
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

/// Finds a payment of a user; `None` if it does not exist or belongs to another user. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct Find {
    /// Id of the payment.
    pub pay_id: PayId,
    /// Customer that the payment must belong to.
    pub user_id: UserId,
}

/// Counts the open payments and refunds. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<PendingCounts>")]
pub struct CountPending;

/// Numbers of payments and refunds that are not final yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PendingCounts {
    /// Number of payments that are neither paid nor closed.
    pub open: i64,
    /// Number of refunds that the platform has not confirmed yet.
    pub refunds_pending: i64,
    /// Number of refunds that were refused and need an operator.
    pub refunds_parked: i64,
}

/// Claims open payments whose status query is due. Each is due again after the delay of `backoff`.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Payment>>")]
pub struct ClaimDueSyncs {
    /// Maximum number of payments.
    pub limit: i64,
    /// Delay until the next query, by number of queries.
    pub backoff: Backoff,
}

/// Finds the payments of an order that are not closed: open, paid or refunded. A payment can be paid here before its
/// order has consumed the message. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Payment>>")]
pub struct FindOpenOrPaid {
    /// Id of the order.
    pub order_id: OrderId,
}

/// Finds a payment of any user together with its open refunds. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<PaymentWithOpenRefunds>>")]
pub struct FindAny {
    /// Id of the payment.
    pub pay_id: PayId,
}

/// A payment and its open refunds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentWithOpenRefunds {
    /// The payment, in any state.
    pub payment: Payment,
    /// Refunds of the payment that are pending or parked.
    pub refunds: Vec<DueRefund>,
}

/// Closes a payment that can no longer be paid at its platform. A payment that is paid already does not change.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct Close {
    /// Id of the payment.
    pub pay_id: PayId,
}

/// A refund to request from its platform, or to query there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRefund {
    /// The refund as the platform needs it.
    pub refund: gateway::Refund,
    /// Name of the platform.
    pub provider: String,
    /// Number of this attempt, starting at 1.
    pub attempt: i32,
}

/// Claims refunds that are due. The attempt is counted before it is made, and each refund is due again after the delay
/// of `backoff`.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<DueRefund>>")]
pub struct ClaimDueRefunds {
    /// Maximum number of refunds.
    pub limit: i64,
    /// Delay until the next attempt, by number of attempts.
    pub backoff: Backoff,
}

/// Records the final answer of the platform to a refund. A refused refund is parked until an operator handles it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct EndRefund {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// `Ok` if the refund is done, otherwise the reason of the refusal.
    pub outcome: Result<(), String>,
}

/// Stores a notification whose signature is valid, judges it by the stored payment and applies its effect, in one
/// transaction. The outcome is `Ok` if the platform need not send it again, also for a duplicate.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<(), Rejected>>")]
pub struct Notify {
    /// Platform that sent the notification.
    pub provider: Provider,
    /// The parsed notification.
    pub notification: Notification,
    /// Body of the request as it was received; UTF-8.
    pub body: String,
}

/// Reads one page of the payments of all users that match the filters, newest first. A filter that is `None` matches
/// every payment. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Payment>>")]
pub struct ListAll {
    /// Filter: state of the payment.
    pub status: Option<Status>,
    /// Filter: order that the payment pays.
    pub order_id: Option<OrderId>,
    /// Last payment of the previous page; only older payments are returned. `None` for the first page.
    pub before: Option<PayId>,
    /// Maximum number of payments.
    pub limit: i64,
}

/// Reads one page of rejected notifications, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ParkedNotification>>")]
pub struct ListParkedNotifications {
    /// Time of the last notification of the previous page; only earlier ones are returned. `None` for the first page.
    pub before: Option<Timestamp>,
    /// Maximum number of notifications.
    pub limit: i64,
}

/// A rejected notification whose signature is valid: a row of `pay_notice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct ParkedNotification {
    /// Name of the platform.
    pub provider: String,
    /// The platform's id of the event.
    pub event_id: String,
    /// Payment that the notification names; `None` if its number is not a payment id.
    pub pay_id: Option<PayId>,
    /// Reason for the rejection.
    pub reason: Option<String>,
    /// Number of deliveries.
    pub times: i32,
    /// Time of the first delivery.
    pub create_time: Timestamp,
    /// Body of the last delivery.
    pub body: String,
}

/// Reads the events that this owner has logged for an order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Id of the order.
    pub order_id: OrderId,
}

/// Reads the records of payments for a reconciliation. Payments that do not exist or are on another platform are
/// missing from the result. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<PaymentRecord>>")]
pub struct FindPaymentRecords {
    /// Platform of the payments.
    pub provider: Provider,
    /// Ids of the payments.
    pub payments: Vec<PayId>,
}

/// Reads one page of the records of payments that were paid in a period, sorted by id, for a reconciliation. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<PaymentRecord>>")]
pub struct ListPaidRecords {
    /// Platform of the payments.
    pub provider: Provider,
    /// Start of the period, inclusive, compared with our `pay_time`.
    pub from: Timestamp,
    /// End of the period, inclusive.
    pub until: Timestamp,
    /// Last payment of the previous page. `None` for the first page.
    pub after: Option<PayId>,
    /// Maximum number of payments.
    pub limit: i64,
}

/// A payment and its refunds, for comparison with the platform's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    /// Id of the payment.
    pub pay_id: PayId,
    /// Amount to pay.
    pub amount: Money,
    /// The platform's number of the payment; `None` if it is not paid.
    pub trade_no: Option<String>,
    /// All refunds of the payment, also parked ones.
    pub refunds: Vec<RefundRecord>,
}

/// A refund, for comparison with the platform's statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundRecord {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Amount to refund.
    pub amount: Money,
    /// Whether the platform has confirmed the refund.
    pub is_done: bool,
}
