//! Events that are counted for each payment product since the start of the process.

/// An event of a payment or a refund. It is counted when the transaction that wrote it has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occurrence {
    /// A payment was opened.
    PaymentStarted,
    /// The platform has received the amount of a payment.
    PaymentPaid,
    /// A payment was declined or closed.
    PaymentClosed,
    /// A refund was requested, by the shop or by an operator.
    RefundRequested,
    /// A platform has made a refund, also one by itself.
    RefundDone,
    /// A refund cannot be made and waits for an operator.
    RefundParked,
    /// A notification agreed with the stored payment.
    NoticeAccepted,
    /// A notification disagreed with the stored payment.
    NoticeRejected,
}
