//! The order saga: placing an order across the five owners.
//!
//! | step | forward | compensate |
//! | --- | --- | --- |
//! | quote | reads goods, user and coupon; computes the price; checks the amounts that the client expects | - |
//! | pre-order | Order writes `unconfirmed`; from here the saga is durable | Order cancels and writes the messages |
//! | stock | Goods takes the units | returns the units that this order took |
//! | coupon | Coupon binds the coupon to the order | releases it if it is bound to this order |
//! | balance | User takes `money_paid` | returns the amount that this order took |
//! | confirm | Order moves `unconfirmed -> confirmed`: the pivot | - |
//!
//! `quote` and `place` run up to the pre-order. From there [`saga`] decides the next steps, `step` maps each step
//! to a message for an owner, and `drive` sends it. Compensations are outbox messages that Order writes in the
//! transaction of the cancellation.
//!
//! A saga runs on the thread of the request, whose [`actor`] starts it. [`recovery`] resumes those that have none, in one
//! place. Both use a [`runner`], which knows the sagas of all threads.

pub mod actor;
pub mod counts;
mod drive;
pub mod message;
mod place;
mod quote;
pub mod recovery;
pub mod runner;
pub mod saga;
mod step;
mod tracker;

use std::sync::Arc;

use crate::actor::{Faults, Health, OwnerAddr};
use crate::config;
use crate::coupon::Coupon;
use crate::domain::clock::Clock;
use crate::domain::id::IdGenerator;
use crate::domain::quantity::StockShown;
use crate::goods::Goods;
use crate::node::Node;
use crate::order::Order;
use crate::pay::Pay;
use crate::trace::Tracer;
use crate::user::User;
use counts::Counts;

/// The addresses of the five owners.
#[derive(Clone)]
#[expect(missing_docs, reason = "the field names are self-explanatory")]
pub struct Owners {
    pub coupon: OwnerAddr<Coupon>,
    pub goods: OwnerAddr<Goods>,
    pub user: OwnerAddr<User>,
    pub order: OwnerAddr<Order>,
    pub pay: OwnerAddr<Pay>,
}

/// The dependencies of the coordinators.
#[derive(Clone)]
#[expect(missing_docs, reason = "the field names are self-explanatory")]
pub struct Context {
    pub owners: Owners,
    pub ids: Arc<IdGenerator>,
    pub clock: Clock,
    pub orders: config::Orders,
    /// How much of the stock customers see.
    pub stock_shown: StockShown,
    pub node: Node,
    pub faults: Faults,
    pub health: Arc<Health>,
    pub counts: Arc<Counts>,
    pub tracer: Tracer,
}
