//! Why the platform refuses.

use super::trade::Status;
use crate::domain::money::Money;

/// Why a trade is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenRefusal {
    /// The number has a trade already, of another amount.
    #[error("there is a trade of another amount under this number")]
    AmountDiffers,
    /// Nothing is to be paid.
    #[error("the amount must be more than nothing")]
    AmountNotPositive,
}

/// Why a trade stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such trade.
    #[error("there is no such trade")]
    NotFound,
    /// It ended another way already.
    #[error("the trade is {0}")]
    Ended(Status),
}

/// Why no money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// No such trade.
    #[error("there is no such trade")]
    NotFound,
    /// Nothing was charged.
    #[error("the trade is {0}")]
    NotPaid(Status),
    /// The number has a refund already, of another amount.
    #[error("there is a refund of another amount under this number")]
    AmountDiffers,
    /// Nothing is to go back.
    #[error("the amount must be more than nothing")]
    AmountNotPositive,
    /// More than is left of the charge.
    #[error("only {0} is left of the charge")]
    TooMuch(Money),
}
