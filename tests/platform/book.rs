//! Trades and refunds of a platform. All amounts are in fen.

use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

/// The state of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The code was issued and not scanned. The platform reports that the trade does not exist.
    Unscanned,
    /// The buyer can pay.
    Waiting,
    /// The trade ended unpaid.
    Closed,
    /// The trade is paid and can be refunded.
    Paid,
    /// The trade is paid and can no longer be refunded.
    Finished,
}

/// A payment requested by the shop, and its state.
#[derive(Debug, Clone)]
pub struct Trade {
    /// The shop's number.
    pub out_trade_no: String,
    /// The platform's number.
    pub trade_no: String,
    pub stage: Stage,
    /// The requested amount.
    pub total: i64,
    /// The parameters of the create call. The same number with other parameters is refused.
    pub parameters: Value,
    /// The code that the buyer scans, or the prepay id.
    pub code: String,
    /// Time at which the code expires.
    pub code_until: Timestamp,
    /// Time at which the trade closes if it is unpaid.
    pub closes_at: Timestamp,
    pub notify_url: String,
    pub created_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub paid: Option<Paid>,
    pub refunds: Vec<Refund>,
}

/// The charge of a trade.
#[derive(Debug, Clone, Copy)]
pub struct Paid {
    pub at: Timestamp,
    /// The charged amount; the trade's total unless the test sets another.
    pub charged: i64,
    /// The part that a coupon of the platform paid.
    pub coupon: i64,
}

/// The state of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// The refund is accepted and not done.
    Processing,
    /// The buyer has the money.
    Success,
    /// The money cannot reach the buyer, and an operator must resolve it.
    Abnormal,
    /// The refund failed, and the shop keeps the money.
    Closed,
}

/// A refund of a trade.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The shop's number.
    pub number: String,
    /// The platform's number.
    pub id: String,
    pub amount: i64,
    pub state: RefundState,
    pub notify_url: String,
    pub started_at: Timestamp,
    /// Time of the next state and the state itself, if it changes by itself.
    pub next_state: Option<(Timestamp, RefundState)>,
    /// Time at which the buyer got the money.
    pub done_at: Option<Timestamp>,
}

impl Trade {
    /// The charged amount; zero if the trade is unpaid.
    pub fn charged(&self) -> i64 {
        self.paid.map_or(0, |paid| paid.charged)
    }

    /// The sum of the successful refunds.
    pub fn refunded(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.state == RefundState::Success).map(|refund| refund.amount).sum()
    }

    /// The sum of all refunds that are successful, processing or stuck, which cannot be refunded again.
    pub fn allocated(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.state != RefundState::Closed).map(|refund| refund.amount).sum()
    }

    pub fn is_paid(&self) -> bool {
        matches!(self.stage, Stage::Paid | Stage::Finished)
    }

    pub fn refund(&self, number: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    /// Pays the trade.
    ///
    /// # Errors
    /// The reason why the platform refuses the payment.
    pub fn pay(&mut self, payment: Payment, now: Timestamp) -> Result<(), &'static str> {
        match self.stage {
            Stage::Unscanned | Stage::Waiting if now >= self.closes_at => return Err("its time is over"),
            Stage::Unscanned | Stage::Waiting if now >= self.code_until => return Err("the code is too old"),
            Stage::Unscanned | Stage::Waiting => {}
            Stage::Closed => return Err("it is closed"),
            Stage::Paid | Stage::Finished => return Err("it is paid already"),
        }
        let charged = payment.charged.unwrap_or(self.total);
        self.stage = Stage::Paid;
        self.paid = Some(Paid { at: now, charged, coupon: payment.coupon });
        Ok(())
    }

    pub fn close(&mut self, now: Timestamp) {
        self.stage = Stage::Closed;
        self.closed_at = Some(now);
    }
}

/// The payment of a buyer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Payment {
    charged: Option<i64>,
    coupon: i64,
}

impl Payment {
    /// The platform charges `charged`, whatever the shop requested.
    pub const fn of(charged: i64) -> Self {
        Self { charged: Some(charged), coupon: 0 }
    }

    /// A coupon of the platform pays `coupon` of the amount and the buyer the rest.
    pub const fn with_coupon(coupon: i64) -> Self {
        Self { charged: None, coupon }
    }
}

/// The course of a refund.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    pub after: Option<Duration>,
    pub end: RefundState,
}

impl Course {
    /// The refund is done when the shop is answered.
    pub const AT_ONCE: Self = Self { after: None, end: RefundState::Success };

    /// The refund is accepted and ends after `after` in the state `end`.
    pub const fn later(after: Duration, end: RefundState) -> Self {
        Self { after: Some(after), end }
    }
}
