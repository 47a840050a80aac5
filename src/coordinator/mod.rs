//! Runs what needs several owners: placing an order, which is a saga, and starting a payment.
//!
//! | step | forward | compensate |
//! | --- | --- | --- |
//! | quote | goods, user, coupon answer what they hold; the price is computed, expectations checked | - |
//! | pre-order | Order writes `unconfirmed`: from here the saga is durable | Order cancels, and writes the messages |
//! | stock | Goods takes the units | gives back what this order took |
//! | coupon | Coupon binds it to the order | frees it if bound to this order |
//! | balance | User takes `money_paid` | gives back what this order took |
//! | confirm | Order: `unconfirmed -> confirmed`, the pivot | - |
//!
//! [`quote`] and [`place`] lead to the pre-order; [`saga`] decides from there, [`step`] says what each step sends to
//! whom, [`drive`] sends it; the compensations travel as messages, written with the cancellation.

pub mod actor;
mod drive;
pub mod message;
mod place;
mod quote;
pub mod saga;
mod step;
mod tracker;

use std::sync::Arc;

use actix::Addr;

use crate::actor::{Faults, Health};
use crate::config;
use crate::domain::clock::Clock;
use crate::domain::id::IdGenerator;
use crate::{coupon, goods, order, pay, user};

/// The addresses of the five owners.
#[derive(Clone)]
#[expect(missing_docs, reason = "each is what its name says")]
pub struct Owners {
    pub coupon: Addr<coupon::actor::Actor>,
    pub goods: Addr<goods::actor::Actor>,
    pub user: Addr<user::actor::Actor>,
    pub order: Addr<order::actor::Actor>,
    pub pay: Addr<pay::actor::Actor>,
}

/// What the coordinator works with.
#[derive(Clone)]
#[expect(missing_docs, reason = "each is what its name says")]
pub struct Context {
    pub owners: Owners,
    pub ids: Arc<IdGenerator>,
    pub clock: Clock,
    pub orders: config::Orders,
    pub faults: Faults,
    pub health: Arc<Health>,
}
