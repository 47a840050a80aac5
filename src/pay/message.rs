//! What Pay can be asked.

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
use crate::gateway::{Checkout, Notification, Refund};

/// A payment as its customer sees it; from a row of `pay`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// Its id; the platform's `out_trade_no`.
    pub pay_id: PayId,
    /// The order it pays.
    pub order_id: OrderId,
    /// How much.
    pub pay_amount: Money,
    /// On which platform.
    pub provider: String,
    /// Its state.
    pub status: Status,
    /// Where to pay; missing until the platform has told.
    pub checkout: Option<Checkout>,
    /// Since when it is there.
    pub add_time: Timestamp,
}

/// The state of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits for the customer.
    Unpaid,
    /// The platform has the money.
    Paid,
    /// Declined or closed; it will not be paid.
    Closed,
    /// It was paid, and all of it went back.
    Refunded,
}

/// What an idempotency key led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prior {
    /// What the request asked for.
    pub fingerprint: String,
    /// The payment, as it is now, or the refusal.
    pub outcome: Result<Payment, RequestRefusal>,
}

/// What this user's key led to. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Prior>>")]
pub struct FindRequest {
    /// Whose.
    pub user_id: UserId,
    /// The client's key.
    pub key: IdempotencyKey,
}

/// Records what a key leads to: a payment of the order, new or the one that is open on this platform already, or a
/// refusal. The outcome is what the key leads to, which an earlier request may have decided.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Prior>")]
pub struct Open {
    /// Whose.
    pub user_id: UserId,
    /// The client's key.
    pub key: IdempotencyKey,
    /// What the request asked for.
    pub fingerprint: Fingerprint,
    /// The order to pay.
    pub order_id: OrderId,
    /// On which platform.
    pub provider: Provider,
    /// How much, or why not.
    pub amount: Result<Money, RequestRefusal>,
}

/// The platform told where to pay.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct SetCheckout {
    /// Which payment.
    pub pay_id: PayId,
    /// Where to pay.
    pub checkout: Checkout,
}

/// This user's payment with this id. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct Find {
    /// Which.
    pub pay_id: PayId,
    /// Whose it must be.
    pub user_id: UserId,
}

/// How many payments and refunds are open. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<PendingCounts>")]
pub struct CountPending;

/// What is not settled with the platforms yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PendingCounts {
    /// Payments that are neither paid nor closed.
    pub open: i64,
    /// Refunds the platform has not confirmed yet.
    pub refunds_pending: i64,
    /// Refunds the platform refuses: somebody must look at them.
    pub refunds_parked: i64,
}

/// Open payments whose platform is to be asked now, each given out again after a while that doubles each time.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Payment>>")]
pub struct ClaimDueSyncs {
    /// At most so many.
    pub limit: i64,
    /// When to ask again.
    pub again: Backoff,
}

/// The payments of an order that are open, or paid: also where the order has not heard of it yet. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Payment>>")]
pub struct LiveOf {
    /// Which order.
    pub order_id: OrderId,
}

/// A payment with all its refunds that are not done, whoever's it is. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Unfinished>>")]
pub struct FindAny {
    /// Which.
    pub pay_id: PayId,
}

/// A payment and what is not finished of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The payment.
    pub payment: Payment,
    /// Its refunds that are not done.
    pub refunds: Vec<DueRefund>,
}

/// The platform says that a payment can be paid no more. Where it is paid already, nothing changes.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct Close {
    /// Which.
    pub pay_id: PayId,
}

/// A refund to be made, or asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRefund {
    /// What is to go back.
    pub refund: Refund,
    /// On which platform.
    pub provider: String,
    /// Which attempt this is, 1 for the first.
    pub attempt: i32,
}

/// Refunds that are due now, each attempt counted before it is made, and given out again after a while that doubles each
/// time.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<DueRefund>>")]
pub struct ClaimDueRefunds {
    /// At most so many.
    pub limit: i64,
    /// When to try again.
    pub again: Backoff,
}

/// The platform answered a refund for good: it is done, or refused for this reason, and then somebody must look at it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct EndRefund {
    /// Which.
    pub refund_id: RefundId,
    /// How it ended.
    pub outcome: Result<(), String>,
}

/// A platform's notice, its signature good: stored and judged by our row alone, in one transaction with what follows.
/// `Ok` where the platform may forget it, also when it came before.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<(), Rejected>>")]
pub struct Notify {
    /// Which platform.
    pub provider: Provider,
    /// What it says.
    pub notice: Notification,
    /// Its bytes as they came, UTF-8.
    pub body: String,
}

/// One page of all payments that fit, newest first, those older than `before`. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Payment>>")]
pub struct ListAll {
    /// In which state.
    pub status: Option<Status>,
    /// Of which order.
    pub order_id: Option<OrderId>,
    /// Where the last page ended.
    pub before: Option<PayId>,
    /// At most so many.
    pub limit: i64,
}

/// One page of notices that were not believed, newest first, those that came before this moment. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ParkedNotification>>")]
pub struct ListParkedNotifications {
    /// Where the last page ended.
    pub before: Option<Timestamp>,
    /// At most so many.
    pub limit: i64,
}

/// A notice with a good signature that was not believed; a row of `pay_notice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct ParkedNotification {
    /// Which platform.
    pub provider: String,
    /// The platform's id of the event.
    pub event_id: String,
    /// The payment it names, where its number is one.
    pub pay_id: Option<PayId>,
    /// Why it was not believed.
    pub reason: Option<String>,
    /// How often it came.
    pub times: i32,
    /// When it came first.
    pub create_time: Timestamp,
    /// As it came.
    pub body: String,
}

/// What this owner's log says of an order. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Which.
    pub order_id: OrderId,
}

/// What our books say of these payments on a platform; those of others are missing. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<PaymentRecord>>")]
pub struct FindPaymentRecords {
    /// Which platform.
    pub provider: Provider,
    /// The payments.
    pub payments: Vec<PayId>,
}

/// One page of what our books say of payments that were paid in a span of time, by their ids. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<PaymentRecord>>")]
pub struct ListPaidRecords {
    /// On which platform.
    pub provider: Provider,
    /// From when on we knew.
    pub from: Timestamp,
    /// Until when we knew.
    pub until: Timestamp,
    /// Where the last page ended.
    pub after: Option<PayId>,
    /// At most so many.
    pub limit: i64,
}

/// A payment and its refunds, to be compared with what the platform says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    /// Which payment.
    pub pay_id: PayId,
    /// How much.
    pub amount: Money,
    /// The platform's number, where it is paid.
    pub trade_no: Option<String>,
    /// What goes back of it.
    pub refunds: Vec<RefundRecord>,
}

/// A refund, to be compared with what the platform says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundRecord {
    /// Its number.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Money,
    /// Whether the platform has confirmed it.
    pub is_done: bool,
}
