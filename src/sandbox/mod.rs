//! The sandbox: a built-in payment platform for tests and demos. It has its own trades and ledger and sends real HTTP
//! callbacks.
//!
//! It owns `sandbox_trade`, `sandbox_refund`, `sandbox_delivery` and its `mq_producer`. Invariants: a trade is charged
//! at most once, in full, and only while it is open; refunds never exceed the charge; the platform never reads the
//! shop's state. On request it loses, delays, repeats or forges callbacks, to test how the shop handles them.

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
use crate::actor::waker::Handover;
use crate::actor::{Context, Health, Owner, OwnerActor};
use crate::db::Store;
use crate::domain::horizon::Horizon;
use crate::domain::provider::Provider;
use crate::gateway::Gateway;
use crate::gateway::statement::Reader;
use crate::messaging::outbox::Bound;
use crate::messaging::relay::{LastBacklog, Outbox, Route};

pub use gateway::SandboxGateway;
pub use platform::Platform;
pub use signature::Key;

/// The platform's default name at the shop.
pub const NAME: &str = "sandbox";

/// The reader of the sandbox's statements; `None` if `provider` is neither [`NAME`] nor `second`, the sandbox's second
/// name.
#[must_use]
pub fn statement_reader(provider: &str, second: Option<&str>) -> Option<Reader> {
    let reader: Reader = statement::read;
    (provider == NAME || second == Some(provider)).then_some(reader)
}

/// The owner of the platform's trades.
#[derive(Debug)]
pub struct Sandbox {
    /// Dependencies common to all owners.
    pub context: Context,
    /// The merchant id in the callbacks.
    pub merchant_id: String,
}

impl Owner for Sandbox {
    const NAME: &'static str = "sandbox";

    fn context(&self) -> &Context {
        &self.context
    }
}

/// The shop's merchant account at the platform.
#[derive(Debug, Clone)]
pub struct MerchantAccount {
    /// The shared key that signs and verifies callbacks.
    pub key: Key,
    /// The shop's merchant id.
    pub merchant_id: String,
    /// A second name under which the shop offers the platform, to demonstrate two providers.
    pub second: Option<Provider>,
    /// The base URL at which customers reach this server, without a slash at the end.
    pub public_url: String,
    /// The base URL at which the [`webhook::WebhookSender`] reaches this server, without a slash at the end. The public URL
    /// may lead through a proxy with TLS, or be unreachable from this machine.
    pub callback_url: String,
}

/// Handles to the running platform.
pub struct Started {
    /// The handle that the HTTP routes use.
    pub platform: Platform,
    /// The gateways for the payment owner: one per name.
    pub gateways: Vec<Arc<dyn Gateway>>,
    /// The health of the owner and of the webhook sender, for the status page.
    pub health: [Arc<Health>; 2],
    /// The outbox that holds undelivered callbacks, for the relay.
    pub outbox: Outbox,
    /// The route from the outbox to the webhook sender, for the relay.
    pub route: Route,
}

/// Starts the platform's actors: the owner on the arbiter of `context`, the others on the current one. `horizon` is that of the callbacks in the outbox. The tables of `store` must be migrated. The relay waker in
/// `context` must not be shared with another owner, because that owner's commits would wake the wrong relay.
#[must_use]
pub fn start(context: Context, store: Store, limits: Limits, account: MerchantAccount, horizon: Horizon) -> Started {
    let owner = Arc::new(Sandbox { context: context.clone(), merchant_id: account.merchant_id.clone() });
    let (address, health) = OwnerActor::start(owner, store, limits);
    let addr = address.mailbox();
    let (webhook_sender, sender_health) =
        webhook::WebhookSender::start(&context, address.clone(), account.key.clone(), &account.callback_url);
    let platform = Platform::new(address.clone(), &account.merchant_id, account.key.tickets());
    let gateway = |name: Provider| -> Arc<dyn Gateway> {
        Arc::new(SandboxGateway::new(
            name,
            platform.clone(),
            account.key.clone(),
            &account.public_url,
            context.faults.clone(),
        ))
    };
    let gateways = std::iter::once(Provider::from(NAME)).chain(account.second).map(gateway).collect();
    Started {
        platform,
        gateways,
        health: [health, sender_health],
        outbox: Outbox {
            producer: Sandbox::NAME,
            backlog: addr.clone().recipient(),
            last: LastBacklog::default(),
            bound: Bound { horizon, is_delayable: true },
            bring_forward: addr.clone().recipient(),
            reclaim: addr.clone().recipient(),
            prune: addr.clone().recipient(),
            list: addr.clone().recipient(),
            replay: addr.clone().recipient(),
        },
        route: Route {
            producer: Sandbox::NAME,
            group: message::WEBHOOK_GROUP,
            ack_and_claim: addr.clone().recipient(),
            deliver: webhook_sender.recipient(),
            consumer: message::WEBHOOK_GROUP,
            handover: Handover::default(),
            deliveries: Arc::default(),
        },
    }
}
