//! Events of an order in words, and the part of the shop that each comes from.

use crate::domain::event::What;
use crate::web::component::Tone;
use crate::web::language::{Events, Words};

/// The part of the shop in which an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// The order itself.
    Order,
    /// The stock.
    Goods,
    /// The coupon.
    Coupon,
    /// Balance and points.
    User,
    /// Payments and refunds.
    Pay,
    /// The payment platform.
    Platform,
    /// Messages between owners.
    Messages,
}

impl Track {
    /// All tracks, from top to bottom.
    pub const ALL: [Self; 7] =
        [Self::Order, Self::Goods, Self::Coupon, Self::User, Self::Pay, Self::Platform, Self::Messages];

    /// The track of a kind of event.
    #[must_use]
    pub const fn of(what: What) -> Self {
        match what {
            What::StockTaken | What::StockGivenBack | What::GoodsReturned => Self::Goods,
            What::CouponBound | What::CouponFreed => Self::Coupon,
            What::BalanceTaken | What::BalanceGivenBack | What::PointsAdded | What::PointsTakenBack => Self::User,
            What::PaymentStarted
            | What::PaymentPaid
            | What::PaymentClosed
            | What::PaymentLogged
            | What::RefundStarted
            | What::RefundDone
            | What::RefundParked
            | What::RefundDismissed => Self::Pay,
            What::Notice | What::RefundByPlatform | What::RefundedByPlatform => Self::Platform,
            What::Message => Self::Messages,
            _ => Self::Order,
        }
    }

    /// The name of the track.
    #[must_use]
    pub const fn name(self, words: &Words) -> &'static str {
        let events = &words.events;
        match self {
            Self::Order => events.track_order,
            Self::Goods => events.track_goods,
            Self::Coupon => events.track_coupon,
            Self::User => events.track_user,
            Self::Pay => events.track_pay,
            Self::Platform => events.track_platform,
            Self::Messages => events.track_messages,
        }
    }
}

/// The tone of a kind of event.
#[must_use]
pub const fn tone(what: What) -> Tone {
    match what {
        What::Confirmed | What::Paid | What::PaymentPaid | What::RefundDone | What::Received => Tone::Good,
        What::Refused | What::Failed | What::GivenUp | What::RefundRefused | What::RefundParked => Tone::Bad,
        What::Cancelled | What::Expired | What::PaymentClosed | What::RefundDismissed => Tone::Quiet,
        What::Message | What::Notice | What::PaymentLogged => Tone::Waiting,
        _ => Tone::Info,
    }
}

/// The name of a kind of event.
#[must_use]
pub const fn name(words: &Events, what: What) -> &'static str {
    match what {
        What::Ordered => words.ordered,
        What::Refused => words.refused,
        What::Failed => words.failed,
        What::Confirmed => words.confirmed,
        What::Paid => words.paid,
        What::Cancelled => words.cancelled,
        What::GivenUp => words.given_up,
        What::Expired => words.expired,
        What::Shipped => words.shipped,
        What::Received => words.received,
        What::RefundRequested => words.refund_requested,
        What::RefundedPart => words.refunded_part,
        What::Refunded => words.refunded,
        What::RefundRefused => words.refund_refused,
        What::RefundedByPlatform => words.refunded_by_platform,
        What::GoodsReturned => words.goods_returned,
        What::Repaid => words.repaid,
        What::StockTaken => words.stock_taken,
        What::StockGivenBack => words.stock_given_back,
        What::CouponBound => words.coupon_bound,
        What::CouponFreed => words.coupon_freed,
        What::BalanceTaken => words.balance_taken,
        What::BalanceGivenBack => words.balance_given_back,
        What::PointsAdded => words.points_added,
        What::PointsTakenBack => words.points_taken_back,
        What::PaymentStarted => words.payment_started,
        What::PaymentPaid => words.payment_paid,
        What::PaymentClosed => words.payment_closed,
        What::PaymentLogged => words.payment_logged,
        What::Notice => words.notice,
        What::RefundStarted => words.refund_started,
        What::RefundDone => words.refund_done,
        What::RefundParked => words.refund_parked,
        What::RefundDismissed => words.refund_dismissed,
        What::RefundByPlatform => words.refund_by_platform,
        What::Message => words.message,
    }
}

/// The name of a fact of an event; `None` for a fact of a later release.
#[must_use]
pub fn fact(words: &Events, name: &str) -> Option<&'static str> {
    let name = match name {
        "goods_amount" => words.goods_amount,
        "shipping_fee" => words.shipping_fee,
        "order_amount" => words.order_amount,
        "coupon_paid" => words.coupon_paid,
        "money_paid" => words.money_paid,
        "pay_amount" => words.pay_amount,
        "amount" => words.amount,
        "pay_id" => words.pay_id,
        "refund_id" => words.refund_id,
        "goods_id" => words.goods_id,
        "goods_number" => words.goods_number,
        "coupon_id" => words.coupon_id,
        "points" => words.points,
        "provider" => words.provider,
        "duration_ms" => words.duration,
        "carrier" => words.carrier,
        "tracking_no" => words.tracking_no,
        "refusal" => words.refusal,
        "remark" => words.remark,
        "times" => words.times,
        "attempts" => words.attempts,
        "state" => words.state,
        "event_id" => words.event_id,
        "number" => words.number,
        "topic" => words.topic,
        "tag" => words.tag,
        "group" => words.group,
        _ => return None,
    };
    Some(name)
}
