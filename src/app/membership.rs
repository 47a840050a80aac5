//! Joins the nodes that share a database server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix::Arbiter;

use anyhow::Context as _;

use super::stores::Stores;
use crate::actor::{BlockingExecutor, Chain, Context, Faults, RelayWaker};
use crate::config::{self, Settings};
use crate::domain::clock::Clock;
use crate::domain::id::{IdGenerator, NodeId};
use crate::node::lease::{Lease, Request};
use crate::node::{Identity, Node};

/// This process as a node, and the lease of its number if the stores are on a server.
pub struct Membership {
    /// This node among the others.
    pub node: Node,
    /// The lease; `None` if the stores are files.
    pub lease: Option<Lease>,
}

impl Membership {
    /// The context of an owner that a command starts for itself, on the current arbiter.
    #[must_use]
    pub fn context(&self, settings: &Settings, clock: &Clock) -> Context {
        Context {
            arbiter: Arbiter::current(),
            executor: BlockingExecutor::default(),
            clock: clock.clone(),
            ids: Arc::new(IdGenerator::new(clock.clone(), self.node.number)),
            node: self.node.number,
            fence: self.node.fence.clone(),
            faults: Faults::default(),
            relay_waker: RelayWaker::default(),
            chain: Chain::new(settings.audit.seal_every()),
        }
    }
}

/// Joins as a server that listens on `address`. A killed server that used the same `folder` is recognised there.
///
/// # Errors
/// One line that names the setting: the number is held by a running node, or the database cannot be used.
pub async fn join(
    settings: &Settings,
    stores: &Stores,
    folder: &Path,
    address: SocketAddr,
    clock: &Clock,
) -> anyhow::Result<Membership> {
    let request = request(settings, settings.node.id, address.to_string(), Some(folder.to_owned()));
    take(settings.node.number_or_zero(), stores, request, clock).await
}

/// Joins for a command that makes ids beside the running servers.
///
/// # Errors
/// As [`join`].
pub async fn join_for_command(
    settings: &Settings,
    stores: &Stores,
    command: &str,
    clock: &Clock,
) -> anyhow::Result<Membership> {
    let request = request(settings, None, format!("tradepost {command}"), None);
    take(settings.node.number_or_zero().of_command(), stores, request, clock).await
}

async fn take(number_if_alone: NodeId, stores: &Stores, request: Request, clock: &Clock) -> anyhow::Result<Membership> {
    if stores.owners.order.is_embedded() {
        return Ok(Membership { node: Node::alone(number_if_alone), lease: None });
    }
    let (store, clock) = (stores.owners.order.clone(), clock.clone());
    let lease = actix_web::rt::task::spawn_blocking(move || Lease::acquire(&store, request, &clock)).await;
    let lease = lease.context("the node's number was not taken")?.map_err(|why| config::Error::new("node.id", why))?;
    Ok(Membership { node: lease.node.clone(), lease: Some(lease) })
}

fn request(settings: &Settings, wanted: Option<NodeId>, address: String, folder: Option<PathBuf>) -> Request {
    let identity = Identity {
        boot_id: uuid::Uuid::now_v7().to_string(),
        address,
        host: host(),
        process_id: std::process::id(),
        version: env!("CARGO_PKG_VERSION"),
    };
    Request { wanted, lease: settings.node.lease.get(), identity, folder }
}

/// The name of this machine.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "an unknown host".to_owned() } else { name.trim().to_owned() }
}
