//! All calls to payment platforms: starts payments, queries open ones (a callback may be lost), retries refunds until
//! the platform's reply is final, and cancels unpaid orders after closing their payments at the platform.
//!
//! Due work is in the owners' tables; each row has the time at which it is due. Claiming a row moves that time forward,
//! so a row that cannot be processed now (its platform is unavailable, or the job fails) is retried later and does not
//! block other rows. For the same reason no work is lost if the process crashes. A timeout is never treated as a
//! rejection.

pub mod actor;
mod close;
mod expire;
mod keyed_lock;
pub mod message;
mod outcome;
mod refund;
mod start;
mod sync;

use std::sync::Arc;

use actix::Addr;

use crate::actor::{Faults, Health};
use crate::config;
use crate::domain::clock::Clock;
use crate::gateway::Gateways;
use crate::{order, pay};

/// The dependencies of the payments actor and its jobs.
#[derive(Clone)]
#[expect(missing_docs, reason = "the field names are self-explanatory")]
pub struct Context {
    pub order: Addr<order::actor::Actor>,
    pub pay: Addr<pay::actor::Actor>,
    pub gateways: Gateways,
    pub clock: Clock,
    pub payments: config::Payments,
    /// The setting `orders.pay_within`.
    pub pay_within: std::time::Duration,
    pub faults: Faults,
    pub health: Arc<Health>,
}
