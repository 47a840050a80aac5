//! What a platform has in its books: trades and their refunds. All amounts in fen.

use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

/// How a trade stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// There is a code, and nobody has scanned it: the platform says that it knows no such trade.
    Unscanned,
    /// It waits for the buyer.
    Waiting,
    /// It ended unpaid.
    Closed,
    /// It is paid, and can be refunded.
    Paid,
    /// It is paid, and can be refunded no more.
    Finished,
}

/// What the shop asked to be paid, and what became of it.
#[derive(Debug, Clone)]
pub struct Trade {
    /// The shop's number.
    pub out_trade_no: String,
    /// The platform's number.
    pub trade_no: String,
    pub stage: Stage,
    /// What the shop asked for.
    pub total: i64,
    /// The shop's own words: the same number with others is refused.
    pub asked: Value,
    /// What the buyer scans or hands over.
    pub code: String,
    /// From when on the code is good for nothing.
    pub code_until: Timestamp,
    /// From when on it cannot be paid any more.
    pub closes_at: Timestamp,
    pub notify_url: String,
    pub made_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub paid: Option<Paid>,
    pub refunds: Vec<Refund>,
}

/// What the buyer paid.
#[derive(Debug, Clone, Copy)]
pub struct Paid {
    pub at: Timestamp,
    /// The amount of the trade; the shop's own, unless the test wants another.
    pub charged: i64,
    /// How much of it a coupon of the platform paid.
    pub coupon: i64,
}

/// How a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// It is accepted, which is not done.
    Processing,
    /// The money is back.
    Success,
    /// The money does not reach the buyer: somebody has to look at it.
    Abnormal,
    /// It is given up: the money stays with the shop.
    Closed,
}

/// What goes back of a trade.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The shop's number.
    pub number: String,
    /// The platform's number.
    pub id: String,
    pub amount: i64,
    pub state: RefundState,
    pub notify_url: String,
    pub begun_at: Timestamp,
    /// When its state changes by itself, and into what.
    pub turns: Option<(Timestamp, RefundState)>,
    /// When the money was back.
    pub done_at: Option<Timestamp>,
}

impl Trade {
    /// What the buyer was charged: zero while nobody paid.
    pub fn charged(&self) -> i64 {
        self.paid.map_or(0, |paid| paid.charged)
    }

    /// What went back.
    pub fn refunded(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.state == RefundState::Success).map(|refund| refund.amount).sum()
    }

    /// What cannot be given back any more, since it went back, is on its way or stuck.
    pub fn spoken_for(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.state != RefundState::Closed).map(|refund| refund.amount).sum()
    }

    pub fn is_paid(&self) -> bool {
        matches!(self.stage, Stage::Paid | Stage::Finished)
    }

    pub fn refund(&self, number: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    /// A buyer pays now.
    ///
    /// # Errors
    /// Why the platform does not let them.
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

/// How a buyer pays.
#[derive(Debug, Clone, Copy, Default)]
pub struct Payment {
    charged: Option<i64>,
    coupon: i64,
}

impl Payment {
    /// The platform charges so much, whatever the shop asked for.
    pub const fn of(charged: i64) -> Self {
        Self { charged: Some(charged), coupon: 0 }
    }

    /// The platform pays so much of it, the buyer the rest.
    pub const fn with_coupon(coupon: i64) -> Self {
        Self { charged: None, coupon }
    }
}

/// What becomes of a refund.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    pub after: Option<Duration>,
    pub end: RefundState,
}

impl Course {
    /// It is done when the shop is answered.
    pub const AT_ONCE: Self = Self { after: None, end: RefundState::Success };

    /// It is accepted, and so long after that it ends like this.
    pub const fn later(after: Duration, end: RefundState) -> Self {
        Self { after: Some(after), end }
    }
}
