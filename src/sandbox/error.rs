//! Business refusals of the platform.

use super::trade::Status;
use crate::domain::money::Money;

/// Reasons for refusing to open a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenRefusal {
    /// A trade with this id and another amount exists.
    #[error("there is a trade of another amount under this number")]
    AmountDiffers,
    /// The amount is zero or negative.
    #[error("the amount must be more than nothing")]
    AmountNotPositive,
}

/// Reasons for leaving a trade unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The trade does not exist.
    #[error("there is no such trade")]
    NotFound,
    /// The trade already has another final status.
    #[error("the trade is {0}")]
    Ended(Status),
}

/// Reasons for refusing a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// The trade does not exist.
    #[error("there is no such trade")]
    NotFound,
    /// The trade was not charged.
    #[error("the trade is {0}")]
    NotPaid(Status),
    /// A refund with this id and another amount exists.
    #[error("there is a refund of another amount under this number")]
    AmountDiffers,
    /// The amount is zero or negative.
    #[error("the amount must be more than nothing")]
    AmountNotPositive,
    /// The amount exceeds what is left of the charge.
    #[error("only {0} is left of the charge")]
    TooMuch(Money),
}
