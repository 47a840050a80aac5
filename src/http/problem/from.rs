//! The problems that refusals and failures of other rooms become.

use super::{Code, FieldError, OUTCOME_UNKNOWN, Problem};
use crate::actor::Failure;
use crate::domain::refusal::Refusal;
use crate::pay::error::RequestRefusal;

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::fields(vec![error])
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Busy => Self::new(Code::Busy),
            Failure::Unknown => Self::outcome_unknown(OUTCOME_UNKNOWN),
            Failure::Poison => Self::new(Code::Internal),
        }
    }
}

impl From<actix::MailboxError> for Problem {
    fn from(error: actix::MailboxError) -> Self {
        Failure::from(error).into()
    }
}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::GoodsNotFound => Self::GoodsNotFound,
            Refusal::CouponNotFound => Self::CouponNotFound,
            Refusal::GoodsPriceMismatch => Self::GoodsPriceMismatch,
            Refusal::ShippingFeeMismatch => Self::ShippingFeeMismatch,
            Refusal::OrderAmountMismatch => Self::OrderAmountMismatch,
            Refusal::OrderAmountTooHigh => Self::OrderAmountTooHigh,
            Refusal::MoneyPaidTooHigh => Self::MoneyPaidTooHigh,
            Refusal::GoodsOffSale => Self::GoodsOffSale,
            Refusal::InsufficientStock => Self::InsufficientStock,
            Refusal::InsufficientBalance => Self::InsufficientBalance,
            Refusal::CouponAlreadyUsed => Self::CouponAlreadyUsed,
            Refusal::TooManyUnpaidOrders => Self::TooManyUnpaidOrders,
            Refusal::TooManyUnpaidUnits => Self::TooManyUnpaidUnits,
            Refusal::TooManyUnitsInAll => Self::TooManyUnitsInAll,
            Refusal::OrderDeadlinePassed => Self::OrderDeadlinePassed,
        }
    }
}

impl From<RequestRefusal> for Code {
    fn from(refusal: RequestRefusal) -> Self {
        match refusal {
            RequestRefusal::OrderNotPayable => Self::OrderNotPayable,
        }
    }
}
