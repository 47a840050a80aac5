//! All calls to payment platforms: starts payments, queries open ones (a callback may be lost) and closed ones (they may
//! still be payable at the platform), retries refunds until the platform's reply is final, and cancels unpaid orders
//! after closing their payments at the platform.
//!
//! Due work is in the owners' tables; each row has the time at which it is due. Claiming a row moves that time forward,
//! so a row that cannot be processed now (its platform is unavailable, or the job fails) is retried later and does not
//! block other rows. For the same reason no work is lost if the process crashes. A timeout is never treated as a
//! rejection.

pub mod actor;
mod close;
mod expire;
mod job;
pub mod message;
mod outcome;
pub mod platform;
mod poll;
mod refund;
mod start;
mod starting;
mod sync;
mod watch;

use std::sync::Arc;

use crate::actor::{Faults, Health, OwnerAddr};
use crate::config;
use crate::domain::clock::Clock;
use crate::domain::horizon::Horizons;
use crate::order::Order;
use crate::pay::Pay;
use crate::trace::Tracer;
use platform::all::Platforms;

/// The dependencies of the payments actor and its jobs.
#[derive(Clone)]
#[expect(missing_docs, reason = "the field names are self-explanatory")]
pub struct Context {
    pub order: OwnerAddr<Order>,
    pub pay: OwnerAddr<Pay>,
    pub platforms: Platforms,
    pub clock: Clock,
    pub payments: config::Payments,
    /// The setting `orders.pay_within`.
    pub pay_within: std::time::Duration,
    pub horizons: Horizons,
    pub faults: Faults,
    pub health: Arc<Health>,
    pub tracer: Tracer,
}
