//! Settles with the payment platforms what callbacks alone do not: asks how open payments stand, makes refunds until the
//! platform has answered for good, and gives up orders that are not paid, after their payments were closed at the
//! platform.
//!
//! What is due is in the owners' tables, each row with the next moment somebody must look at it. A row is given out with
//! that moment moved on, so that one that cannot be settled now (its platform is away, or it is broken) comes back later
//! and stops no other, and a process that dies half-way leaves nothing forgotten. No answer is never taken for a no.

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

/// What job works with.
#[derive(Clone)]
#[expect(missing_docs, reason = "each is what its name says")]
pub struct Context {
    pub order: Addr<order::actor::Actor>,
    pub pay: Addr<pay::actor::Actor>,
    pub gateways: Gateways,
    pub clock: Clock,
    pub payments: config::Payments,
    /// `orders.pay_within`
    pub pay_within: std::time::Duration,
    pub faults: Faults,
    pub health: Arc<Health>,
}
