//! The refusals of Pay.

use crate::domain::status::ChargeState;
use crate::gateway::WrongRecipient;

/// Reason for refusing to open a payment. It is stored, so that a repeated idempotency key gets the same refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRefusal {
    /// The order is cancelled, refunded or paid already.
    OrderNotPayable,
}

impl RequestRefusal {
    /// The public code, which is also the stored one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrderNotPayable => "order_not_payable",
        }
    }

    /// Parses a code; `None` if no refusal has it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        (code == Self::OrderNotPayable.code()).then_some(Self::OrderNotPayable)
    }
}

/// Reason for not carrying out a decision about a parked charge or refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionRefusal {
    /// There is no parked charge or refund with this id.
    NotFound,
    /// Another decision was made before; the state is what it led to.
    AlreadyDecided(ChargeState),
    /// The decision does not fit the item, for this reason.
    NotPossible(String),
}

/// Reason for rejecting a notification whose signature is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The notification names an unknown payment. If it has arrived before its payment was stored, a retry succeeds.
    #[error("the payment is unknown")]
    UnknownPayment,
    /// The amount is not the amount of the payment.
    #[error("the amount differs")]
    Amount,
    /// The currency is not the shop's currency.
    #[error("the currency differs")]
    Currency,
    /// The notification is addressed to another merchant, app or seller.
    #[error("{0}")]
    WrongRecipient(WrongRecipient),
    /// The payment is paid already by another trade of the platform.
    #[error("the payment is paid by another trade")]
    AnotherTrade,
    /// The platform's trade has paid another payment.
    #[error("the trade has paid another payment")]
    TradeOfAnother,
    /// The charge did not match its payment at first, and an operator gives it back.
    #[error("the charge is given back")]
    GivenBack,
    /// The notification names an unknown refund of a payment that is not paid, or one that does not fit into what was
    /// paid, or its total cannot be explained while a refund of ours is under way.
    #[error("the refund is not ours")]
    UnknownRefund,
    /// The refunded amount is not the amount of the refund.
    #[error("the amount of the refund differs")]
    RefundAmount,
}
