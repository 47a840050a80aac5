//! The messages about single payments and lists of them.

use actix::Message;
use serde::{Deserialize, Serialize};

use super::DueRefund;
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::status::RefundState;
use crate::gateway::Checkout;

/// A payment as its customer sees it: from a row of `pay` and its refunds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// Id of the payment; the platform's `out_trade_no`.
    pub pay_id: PayId,
    /// Order that the payment pays.
    pub order_id: OrderId,
    /// Amount to pay.
    pub pay_amount: Money,
    /// Currency of all amounts.
    pub currency: &'static str,
    /// Name of the platform.
    pub provider: String,
    /// State of the payment.
    pub status: Status,
    /// Checkout at the platform; `None` until the platform has created it.
    pub checkout: Option<Checkout>,
    /// Time of creation.
    pub add_time: Timestamp,
    /// Time until which an open payment can be paid; `None` if it is not open, and for payments of older versions.
    pub pay_before: Option<Timestamp>,
    /// Page to which the customer goes after the payment; `None` for the page of the payment.
    pub return_url: Option<String>,
    /// Sum of the refunds that are done.
    pub refunded_amount: Money,
    /// All refunds of the payment, oldest first.
    pub refunds: Vec<Refund>,
    /// Time that the platform is given as the end of the payment; `None` for payments of older versions.
    #[serde(skip)]
    pub expire_time: Option<Timestamp>,
}

impl Payment {
    /// The payment as operators see it.
    #[must_use]
    pub fn for_operators(mut self) -> Self {
        for refund in &mut self.refunds {
            refund.reason.clone_from(&refund.operator_reason);
        }
        self
    }
}

/// A refund of a payment: from a row of `pay_refund`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refund {
    /// Id of the refund; the number that the platform knows, unless the platform made the refund by itself.
    pub refund_id: RefundId,
    /// Amount of the refund.
    pub amount: Money,
    /// State of the refund.
    pub status: RefundState,
    /// Whether the platform made the refund by itself, without a request of the shop.
    pub by_platform: bool,
    /// Reason, in the words for the customer.
    pub reason: String,
    /// Reason, for operators.
    #[serde(skip)]
    pub operator_reason: String,
    /// Time of the request.
    pub create_time: Timestamp,
    /// Time at which the platform confirmed it; `None` until then.
    pub done_time: Option<Timestamp>,
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

/// Finds a payment of a user; `None` if it does not exist or belongs to another user. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Payment>>")]
pub struct Find {
    /// Id of the payment.
    pub pay_id: PayId,
    /// Customer that the payment must belong to.
    pub user_id: UserId,
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

/// Finds the payments of an order that are not closed: open, paid or refunded. A payment can be paid here before its
/// order has consumed the message. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Payment>>")]
pub struct FindOpenOrPaid {
    /// Id of the order.
    pub order_id: OrderId,
}

/// Reads one page of a user's payments, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Payment>>")]
pub struct List {
    /// Customer of the payments.
    pub user_id: UserId,
    /// Filter: order that the payment pays; `None` matches every order.
    pub order_id: Option<OrderId>,
    /// Last payment of the previous page; only older payments are returned. `None` for the first page.
    pub before: Option<PayId>,
    /// Maximum number of payments.
    pub limit: i64,
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

/// Reads the events that this owner has logged for an order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Id of the order.
    pub order_id: OrderId,
}
