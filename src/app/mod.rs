//! The composition root: stores, actors, coordinator, relay, HTTP; and the order in which they stop.

pub mod audit;
mod bootstrap;
mod graph;
pub(crate) mod sandbox;
mod server;
pub mod stores;
pub mod telemetry;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix::Arbiter;
use actix_web::dev::ServerHandle;
use anyhow::Context;
use socket2::SockRef;

use crate::actor::Faults;
use crate::config::{self, Settings, SigningSecret};
use crate::coordinator;
use crate::domain::clock::Clock;
use crate::gateway::{Gateway, Shop, alipay, wechat};
use crate::http::security::password::Passwords;
use crate::http::security::token::Tokens;
use crate::messaging::relay;
use crate::payments;
use bootstrap::secret;
use graph::{Graph, Parts};
use stores::Stores;

/// A running application.
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where the admin routes are, if not there too.
    pub admin_address: Option<SocketAddr>,
    /// What the operator is told once: passwords that were made.
    pub notes: Vec<String>,
    graph: Graph,
    stores: Stores,
    arbiter: Arbiter,
    handles: Vec<ServerHandle>,
}

impl App {
    /// Starts everything: migrates the stores, starts the actors on a thread of their own, puts in what a first start
    /// needs, and listens. Call it inside an actix system.
    ///
    /// # Errors
    /// A setting that cannot be used, a store that cannot be opened, an address that is taken.
    pub async fn start(settings: Settings, clock: Clock, faults: Faults) -> anyhow::Result<Self> {
        let stores = Stores::open(&settings)?;
        stores.migrate()?;
        let folder = secrets_folder(&settings)?;
        let (listener, admin_listener) = listen(&settings)?;
        let address = listener.local_addr()?;
        let admin_address = admin_listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let parts = Parts {
            settings: settings.clone(),
            stores: stores.clone(),
            clock: clock.clone(),
            faults,
            sandbox: sandbox::account(&settings, &folder, address)?,
            platforms: platforms(&settings, &clock)?,
        };
        let arbiter = Arbiter::new();
        let graph = graph::build_on(&arbiter, parts).await?;
        let passwords = Passwords::new(settings.session.hashing_max.get())?;
        let mut notes = bootstrap::admin::admin(&graph, &passwords, &settings.admin).await?;
        if settings.demo.seed {
            notes.extend(bootstrap::demo::seed(&graph, &passwords, &settings.demo).await?);
        }
        let secret = given_or_made(&settings.session.secret, &folder, "token")?;
        let tokens = Tokens::new(secret.as_bytes(), clock.clone(), settings.session.token_ttl.get());
        let state = server::state(&graph, tokens, passwords, clock, &settings);
        let handles = server::start(&settings, state, graph.platform.clone(), listener, admin_listener)?;
        Ok(Self { address, admin_address, notes, graph, stores, arbiter, handles })
    }

    /// The books of this application, for an audit beside it.
    #[must_use]
    pub const fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Looks for work that is due, starts it, and answers how much is under way: unfinished orders, messages, what is to be
    /// settled with platforms. Zero: nothing is left to do until time passes or a request comes.
    pub async fn work_left(&self) -> usize {
        let sagas = self.graph.coordinator.send(coordinator::message::ReconcileUnfinished).await.unwrap_or(0);
        let routes = self.graph.relay.send(relay::Poll).await.unwrap_or(0);
        let settled = self.graph.payments.send(payments::message::FindDue).await.unwrap_or(0);
        sagas + routes + settled
    }

    /// Stops in order: no more HTTP, answers under way are sent; then orders and messages under way end, as far as the
    /// time allows (the rest is durable and goes on after the next start); then the stores are folded up.
    pub async fn stop(self, within: Duration) {
        for handle in &self.handles {
            handle.stop(true).await;
        }
        let deadline = tokio::time::Instant::now() + within;
        while self.work_left().await > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let Self { graph, stores, arbiter, .. } = self;
        drop(graph);
        arbiter.stop();
        let _ = actix_web::rt::task::spawn_blocking(move || {
            // The actors' thread ends first: with it the writers' connections are closed.
            drop(arbiter.join());
            stores.checkpoint();
        })
        .await;
    }
}

/// Where secrets are kept that are made here; made where it is missing.
fn secrets_folder(settings: &Settings) -> Result<PathBuf, config::Error> {
    let folder = match settings.secrets.folder.as_str() {
        "" => settings.store.url.strip_prefix("sqlite://").unwrap_or("data"),
        folder => folder,
    };
    let wrong = |error| config::Error::new("secrets.folder", format!("cannot use the directory {folder}: {error}"));
    std::fs::create_dir_all(folder).map_err(wrong)?;
    Ok(PathBuf::from(folder))
}

/// The secret of the settings, or the one that is kept under this name.
fn given_or_made(given: &SigningSecret, folder: &Path, name: &str) -> anyhow::Result<String> {
    match given.expose() {
        "" => secret::load_or_make(folder, name).with_context(|| format!("the {name} secret")),
        given => Ok(given.to_owned()),
    }
}

/// Connections that may knock at once; the standard library lets 128.
const LISTEN_BACKLOG: i32 = 1024;

fn listen(settings: &Settings) -> anyhow::Result<(TcpListener, Option<TcpListener>)> {
    let listener = TcpListener::bind(settings.http.listen)
        .and_then(|listener| SockRef::from(&listener).listen(LISTEN_BACKLOG).map(|()| listener))
        .map_err(|error| config::Error::new("http.listen", format!("{}: {error}", settings.http.listen)))?;
    let admin = match settings.admin.listen.0 {
        None => None,
        Some(address) => Some(
            TcpListener::bind(address)
                .map_err(|error| config::Error::new("admin.listen", format!("{address}: {error}")))?,
        ),
    };
    Ok((listener, admin))
}

/// The ways to pay on platforms outside.
fn platforms(settings: &Settings, clock: &Clock) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    let public_url = settings.http.public_url.as_str().trim_end_matches('/').to_owned();
    let shop = Shop { public_url, clock: clock.clone() };
    let mut all = alipay::gateways(&settings.gateway.alipay, &shop)?;
    all.extend(wechat::gateways(&settings.gateway.wechat, &shop)?);
    Ok(all)
}
