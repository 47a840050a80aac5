//! The mark of a state: a word in a colour. The word says all; the colour only helps.

use maud::{Markup, Render, html};

use crate::domain::status::{ChargeState, OrderStatus, PayStatus, RefundState, ShippingStatus};
use crate::pay::message::Status as PaymentStatus;
use crate::web::language::Words;

/// The meaning of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Something is under way, or waits.
    Waiting,
    /// Something went wrong or needs an operator.
    Bad,
    /// A fact to know.
    Info,
    /// An end without meaning for today.
    Quiet,
}

impl Tone {
    /// The class of the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Quiet => "quiet",
        }
    }
}

/// A word with its tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pill<'a>(pub Tone, pub &'a str);

impl Render for Pill<'_> {
    fn render(&self) -> Markup {
        html! { span.pill.(self.0.class()) { (self.1) } }
    }
}

impl Pill<'static> {
    /// The state of an order.
    #[must_use]
    pub const fn order(words: &Words, status: OrderStatus) -> Self {
        let states = &words.states;
        match status {
            OrderStatus::Unconfirmed => Self(Tone::Waiting, states.unconfirmed),
            OrderStatus::Confirmed => Self(Tone::Good, states.confirmed),
            OrderStatus::Cancelled => Self(Tone::Quiet, states.cancelled),
            OrderStatus::Invalid => Self(Tone::Bad, states.invalid),
            OrderStatus::Refunded => Self(Tone::Info, states.refunded),
        }
    }

    /// The state of an order's payment.
    #[must_use]
    pub const fn pay(words: &Words, status: PayStatus) -> Self {
        let states = &words.states;
        match status {
            PayStatus::Unpaid => Self(Tone::Waiting, states.unpaid),
            PayStatus::Paying => Self(Tone::Waiting, states.paying),
            PayStatus::Paid => Self(Tone::Good, states.paid),
        }
    }

    /// The state of an order's delivery.
    #[must_use]
    pub const fn shipping(words: &Words, status: ShippingStatus) -> Self {
        let states = &words.states;
        match status {
            ShippingStatus::Unshipped => Self(Tone::Quiet, states.unshipped),
            ShippingStatus::Shipped => Self(Tone::Info, states.shipped),
            ShippingStatus::Received => Self(Tone::Good, states.received),
        }
    }

    /// The state of a payment.
    #[must_use]
    pub const fn payment(words: &Words, status: PaymentStatus) -> Self {
        let states = &words.states;
        match status {
            PaymentStatus::Unpaid => Self(Tone::Waiting, states.unpaid),
            PaymentStatus::Paid => Self(Tone::Good, states.paid),
            PaymentStatus::Closed => Self(Tone::Quiet, states.closed),
            PaymentStatus::Refunded => Self(Tone::Info, states.refunded),
        }
    }

    /// The state of a refund.
    #[must_use]
    pub const fn refund(words: &Words, status: RefundState) -> Self {
        let states = &words.states;
        match status {
            RefundState::Pending => Self(Tone::Waiting, states.pending),
            RefundState::Done => Self(Tone::Good, states.done),
            RefundState::Parked => Self(Tone::Bad, states.parked),
            RefundState::Dismissed => Self(Tone::Quiet, states.dismissed),
        }
    }

    /// The state of money that waits for an operator.
    #[must_use]
    pub const fn charge(words: &Words, status: ChargeState) -> Self {
        let states = &words.states;
        match status {
            ChargeState::Parked => Self(Tone::Bad, states.parked),
            ChargeState::Returned => Self(Tone::Info, states.returned),
            ChargeState::Accepted => Self(Tone::Good, states.accepted),
            ChargeState::Dismissed => Self(Tone::Quiet, states.dismissed),
        }
    }
}
