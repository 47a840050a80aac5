//! Webhooks: sends the events of the feed to the endpoints of other systems, signed as Standard Webhooks wants it
//! (<https://www.standardwebhooks.com>).
//!
//! `webhook`, `webhook_delivery` and `webhook_attempt` are in the store of User, whose administrators keep them; only this
//! room reads and writes them. For each endpoint, events are read from a cursor on. The deliveries of a page and the new
//! cursor are written in one transaction, so no event is lost or queued twice. A delivery is claimed before an attempt:
//! a claim is a lease, and its number fences the outcome. If the process dies before it has recorded an attempt, the
//! lease ends and the event is sent again, with the same id.

mod attempt;
pub mod counts;
mod fill;
pub mod handle;
pub mod message;
pub mod secret;
pub mod sender;
mod store;

use std::sync::Arc;

use crate::actor::{Faults, Health, OwnerAddr};
use crate::config;
use crate::coupon::Coupon;
use crate::domain::clock::Clock;
use crate::goods::Goods;
use crate::order::Order;
use crate::user::User;
use counts::Counts;
use secret::Secrets;

/// The dependencies of the sender and its loops.
#[derive(Clone)]
pub struct Context {
    /// Keeps the endpoints.
    pub user: OwnerAddr<User>,
    /// Has events.
    pub order: OwnerAddr<Order>,
    /// Has events.
    pub goods: OwnerAddr<Goods>,
    /// Has events.
    pub coupon: OwnerAddr<Coupon>,
    /// The settings.
    pub settings: config::Webhooks,
    /// Source of the current time.
    pub clock: Clock,
    /// The secrets of the endpoints.
    pub secrets: Arc<Secrets>,
    /// Address of the shop, without a slash at the end; may be empty.
    pub public_url: String,
    /// Injected faults.
    pub faults: Faults,
    /// Counters of the actor.
    pub health: Arc<Health>,
    /// Counters of attempts.
    pub counts: Arc<Counts>,
}
