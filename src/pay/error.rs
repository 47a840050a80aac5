//! Why Pay refuses.

use crate::gateway::WrongRecipient;

/// Why a request for a payment is refused; kept as the answer to its idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRefusal {
    /// The order is cancelled, refunded or paid already.
    OrderNotPayable,
}

impl RequestRefusal {
    /// The public code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrderNotPayable => "order_not_payable",
        }
    }

    /// The refusal with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        (code == Self::OrderNotPayable.code()).then_some(Self::OrderNotPayable)
    }
}

/// Why a notice with a good signature is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// It names a payment that is not ours; a retry heals a notice that came too early.
    #[error("the payment is unknown")]
    UnknownPayment,
    /// Its amount is not our row's.
    #[error("the amount differs")]
    Amount,
    /// Its currency is not ours.
    #[error("the currency differs")]
    Currency,
    /// It is for somebody else.
    #[error("{0}")]
    WrongRecipient(WrongRecipient),
    /// Our row is paid by another trade.
    #[error("the payment is paid by another trade")]
    AnotherTrade,
    /// It tells of a refund that is not ours.
    #[error("the refund is not ours")]
    UnknownRefund,
    /// The amount that went back is not our refund's.
    #[error("the amount of the refund differs")]
    RefundAmount,
}
