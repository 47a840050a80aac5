//! The input and the output of the generator process.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::shop::Shop;
use super::tally::Measured;

/// Instructions for the generator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub address: String,
    pub session_secret: String,
    /// The shop that the tokens are for.
    pub shop_id: String,
    pub admin_password: String,
    pub sandbox_secret: String,
    pub shop: Shop,
    pub kind: Kind,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// Callbacks per second in all phases; 0 for none.
    pub callbacks: u32,
    /// Numbers used up by earlier runs on the same data.
    pub first: Used,
}

/// The numbers of coupons and payments that are used up, because orders and callbacks were sent for them.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Used {
    pub coupons: u64,
    pub payments: u64,
}

/// The kind of order that is sent. Each order has one line, a coupon, some balance and its own idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Orders are spread evenly over all goods.
    Spread,
    /// All orders are for the same goods.
    Hot,
    /// All orders are for the same goods, which have a small stock.
    Scarce,
    /// Each order is also paid on the sandbox platform, which sends a callback.
    Paid,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// Each connection sends its next order when the previous one is answered. The first `warm_up_s` are not measured.
    Closed { connections: usize, warm_up_s: f64, seconds: f64 },
    /// Orders are sent at a steady rate, whether or not earlier ones are answered: `factor` times the rate that was
    /// measured in the first phase.
    Open { connections: usize, factor: f64, seconds: f64 },
    /// Waits until every message is delivered.
    Drain,
}

impl Phase {
    /// The number of connections.
    pub fn connections(self) -> usize {
        match self {
            Self::Closed { connections, .. } | Self::Open { connections, .. } => connections,
            Self::Drain => 0,
        }
    }

    /// The part at the beginning that is not measured.
    pub fn warm_up(self) -> Duration {
        match self {
            Self::Closed { warm_up_s, .. } => Duration::from_secs_f64(warm_up_s),
            Self::Open { .. } | Self::Drain => Duration::ZERO,
        }
    }

    /// The planned duration; `None` for [`Phase::Drain`].
    pub fn length(self) -> Option<Duration> {
        match self {
            Self::Closed { seconds, .. } | Self::Open { seconds, .. } => Some(Duration::from_secs_f64(seconds)),
            Self::Drain => None,
        }
    }
}

/// Measurements of a phase.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PhaseResult {
    /// Start of the measured part, in seconds since the generator started.
    pub began: f64,
    /// Duration of the measured part.
    pub seconds: f64,
    /// Scheduled rate of an open loop, in orders per second; otherwise 0.
    pub offered: f64,
    pub orders: Measured,
    pub callbacks: Measured,
}

/// Measurements of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// One entry per phase.
    pub phases: Vec<PhaseResult>,
    /// Orders created in the whole run, including the parts that are not measured.
    pub made: u64,
    /// Numbers used up so far, including by this run.
    pub used: Used,
    /// Processor time of the generator, in seconds.
    pub cpu_s: f64,
    /// The server's status page at the end.
    pub status: Value,
}
