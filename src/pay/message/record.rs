//! The messages about the records of payments that a reconciliation compares with a statement.

use actix::Message;

use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::Money;
use crate::domain::provider::Provider;

/// Reads the records of payments for a reconciliation. Payments that do not exist or are on another platform are
/// missing from the result. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<PaymentRecord>>")]
pub struct FindPaymentRecords {
    /// Products of the platform on which the payments are.
    pub providers: Vec<Provider>,
    /// Ids of the payments.
    pub payments: Vec<PayId>,
}

/// Reads one page of the records of payments that were paid or refunded in a period, sorted by id, for a reconciliation.
/// Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<PaymentRecord>>")]
pub struct ListPaidRecords {
    /// Products of the platform on which the payments are.
    pub providers: Vec<Provider>,
    /// Start of the period, inclusive, compared with our times.
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
    /// Name of the platform's product.
    pub provider: Provider,
    /// Amount to pay.
    pub amount: Money,
    /// Time of creation: the platform has charged nothing before.
    pub add_time: Timestamp,
    /// Time at which it was known to be paid: the platform has charged it before; `None` if it is not paid.
    pub pay_time: Option<Timestamp>,
    /// The platform's number of the payment; `None` if it is not paid.
    pub trade_no: Option<String>,
    /// All refunds of the payment, also parked ones.
    pub refunds: Vec<RefundRecord>,
}

/// A refund, for comparison with the platform's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRecord {
    /// The number by which the platform knows the refund: our id of it, or its own if it made the refund by itself.
    pub number: String,
    /// Amount to refund.
    pub amount: Money,
    /// Whether the platform has confirmed the refund.
    pub is_done: bool,
    /// Time of the request: the platform has refunded nothing before.
    pub create_time: Timestamp,
    /// Time at which it was known to be made; `None` if it is not.
    pub done_time: Option<Timestamp>,
    /// The part that is known only from the platform's sum, without the platform's number.
    pub unnamed: Money,
}

/// Finds the payments of refunds, for a reconciliation. Unknown refunds are left out. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<(RefundId, PayId)>>")]
pub struct FindRefundedPayments {
    /// Ids of the refunds.
    pub refunds: Vec<RefundId>,
}
