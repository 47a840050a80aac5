//! The sandbox: a stand-in payment platform, built in, with trades and a ledger of its own and real HTTP callbacks.
//!
//! It owns `sandbox_trade`, `sandbox_refund`, `sandbox_delivery` and its `mq_producer`. Its invariant: a trade is charged
//! once at most, in full, and only while it is open, and never more goes back than was charged; what it charged never depends on what the shop believes. It misbehaves on
//! request (lost, late, repeated, forged callbacks), so that the shop can be shown to bear it.

pub mod actor;
pub mod error;
pub mod gateway;
pub mod http;
pub mod message;
pub mod notification;
mod platform;
pub mod signature;
pub mod statement;
mod store;
pub mod tamper;
pub mod trade;
pub mod webhook;

use std::sync::Arc;

use crate::actor::owner::Limits;
use crate::actor::{Context, Health, Owner, OwnerActor};
use crate::db::Store;
use crate::domain::provider::Provider;
use crate::gateway::{Gateway, StatementReader};
use crate::messaging::relay::Outbox;
use crate::messaging::relay::Route;

pub use gateway::SandboxGateway;
pub use platform::Platform;
pub use signature::Key;

/// The platform's first name at the shop.
pub const NAME: &str = "sandbox";

/// The platform with this name and the way to read its statements; `second` is the sandbox's other name, if it has one.
#[must_use]
pub fn statement_reader(provider: &str, second: Option<&str>) -> Option<StatementReader> {
    (provider == NAME || second == Some(provider)).then_some(statement::read)
}

/// The owner of the platform's trades.
#[derive(Debug)]
pub struct Sandbox {
    /// What every owner is given.
    pub context: Context,
    /// The merchant its callbacks are for.
    pub merchant_id: String,
}

impl Owner for Sandbox {
    const NAME: &'static str = "sandbox";

    fn context(&self) -> &Context {
        &self.context
    }
}

/// What the platform and the shop have agreed on.
#[derive(Debug, Clone)]
pub struct MerchantAccount {
    /// Signs callbacks, and verifies them.
    pub key: Key,
    /// The merchant number it knows the shop by.
    pub merchant_id: String,
    /// A second name under which the shop knows the platform, so that it can be shown two.
    pub second: Option<Provider>,
    /// How the outside, customers and the courier included, reaches this server.
    pub public_url: String,
}

/// A platform that runs.
pub struct Started {
    /// For the HTTP routes.
    pub platform: Platform,
    /// For Pay: one for each name.
    pub gateways: Vec<Arc<dyn Gateway>>,
    /// For the status page: the owner and the courier.
    pub health: [Arc<Health>; 2],
    /// For the relay: where callbacks wait.
    pub outbox: Outbox,
    /// For the relay: how they get to the courier.
    pub route: Route,
}

/// Starts the platform's actors on the current arbiter. The tables of `store` are migrated; the nudge in `context` is not
/// shared with another owner, whose commits would wake the wrong outbox.
#[must_use]
pub fn start(context: Context, store: Store, limits: Limits, account: MerchantAccount) -> Started {
    let public_url = account.public_url.trim_end_matches('/');
    let owner = Arc::new(Sandbox { context: context.clone(), merchant_id: account.merchant_id.clone() });
    let (addr, health) = OwnerActor::start(owner, store, limits);
    let (courier, courier_health) =
        webhook::WebhookSender::start(&context, addr.clone(), account.key.clone(), public_url);
    let platform = Platform::new(addr.clone(), &account.merchant_id);
    let gateway = |name: Provider| -> Arc<dyn Gateway> {
        Arc::new(SandboxGateway::new(name, platform.clone(), account.key.clone(), public_url))
    };
    let gateways = std::iter::once(Provider::from(NAME)).chain(account.second).map(gateway).collect();
    Started {
        platform,
        gateways,
        health: [health, courier_health],
        outbox: Outbox {
            producer: Sandbox::NAME,
            backlog: addr.clone().recipient(),
            reclaim: addr.clone().recipient(),
            prune: addr.clone().recipient(),
            list: addr.clone().recipient(),
            replay: addr.clone().recipient(),
        },
        route: Route {
            producer: Sandbox::NAME,
            group: message::WEBHOOK_GROUP,
            ack_and_claim: addr.recipient(),
            deliver: courier.recipient(),
        },
    }
}
