//! The composition root: starts stores, actors, coordinator, relay and HTTP, and stops them in order.

pub mod announcement;
pub mod audit;
pub(crate) mod bootstrap;
pub mod exposure;
mod figures;
mod graph;
pub(crate) mod identity;
mod limits;
pub mod membership;
pub(crate) mod open_files;
pub mod readiness;
mod removed;
pub(crate) mod sandbox;
mod server;
pub mod service_manager;
pub mod statement;
pub mod stores;
pub mod telemetry;
mod threads;
pub(crate) mod tls;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use anyhow::Context as _;
use socket2::SockRef;

use crate::actor::Faults;
use crate::config::{self, Settings};
use crate::console::live::Hub;
use crate::coordinator;
use crate::db::connection::folder::{self, FolderLock};
use crate::domain::clock::Clock;
use crate::gateway::ticket::PayPages;
use crate::gateway::{Gateway, Shop, alipay, wechat};
use crate::http::connection::tls::served::Served;
use crate::http::security::first_passwords::FirstPasswords;
use crate::http::security::password::Passwords;
use crate::http::security::seal::Seals;
use crate::http::security::second_factor::factors::SecondFactors;
use crate::messaging::relay;
use crate::node::lease::Lease;
use crate::payments;
use crate::trace::Tracer;
use crate::webhook;
use crate::webhook::secret::Secrets;
use bootstrap::secret;
use graph::{Graph, Parts};
use membership::Membership;
use readiness::Readiness;
use server::{Listeners, Security};
use stores::Stores;
use threads::Threads;

/// A running application.
pub struct App {
    /// Address of the public routes.
    pub address: SocketAddr,
    /// Address of the admin routes if they have their own listener.
    pub admin_address: Option<SocketAddr>,
    /// The certificate of both, if they speak TLS.
    pub certificate: Option<Arc<Served>>,
    /// Lines to print: what runs where, and the generated passwords until the administrator has signed in.
    pub notes: Vec<String>,
    graph: Graph,
    stores: Stores,
    clock: Clock,
    threads: Threads,
    handles: Vec<ServerHandle>,
    /// The viewers of the live parts of pages.
    live: Hub,
    /// The lease of this node's number, if the stores are on a server.
    lease: Option<Lease>,
    /// Held until the process ends.
    locks: Vec<FolderLock>,
}

impl App {
    /// Starts the application: migrates the stores, starts the actors on threads of their own, creates the accounts and
    /// secrets of a first start, and listens. Must be called inside an actix system.
    ///
    /// # Errors
    /// Fails if a setting cannot be used, a store cannot be opened or an address is in use.
    pub async fn start(settings: Settings, clock: Clock, faults: Faults) -> anyhow::Result<Self> {
        exposure::expect_allowed(&settings)?;
        open_files::raise_limit(&settings);
        let (stores, locks) = open_stores(settings.clone()).await?;
        let folder = secrets_folder(&settings)?;
        exposure::file::check(&settings, &stores)?;
        exposure::warn(&settings);
        // Before the accounts: a start that fails here must not have created one whose password it then cannot show.
        let secret = secret::configured_or_generated(&settings.session.secret, &folder, "token", settings.profile)?;
        let old_secret = Some(settings.session.old_secret.expose()).filter(|old| !old.is_empty());
        let pay_pages = PayPages::new(secret.as_bytes(), old_secret.map(str::as_bytes));
        let tls = tls::start(&settings, &clock)?;
        let certificate = tls.as_ref().map(|tls| Arc::clone(&tls.served));
        let (listener, admin_listener) = listen(&settings)?;
        let address = listener.local_addr()?;
        let admin_address = admin_listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let Membership { node, lease } = membership::join(&settings, &stores, &folder, address, &clock).await?;
        // After the number is taken: until then, another process may have made ids with it.
        let largest_id = stores.largest_id()?;
        let (chained, is_on, now) = (stores.clone(), settings.audit.chain, clock.now());
        actix_web::rt::task::spawn_blocking(move || chained.begin_chains(is_on, now)).await??;
        let parts = Parts {
            settings: settings.clone(),
            stores: stores.clone(),
            clock: clock.clone(),
            faults,
            largest_id,
            sandbox: sandbox::account(&settings, &folder, address)?,
            platforms: platforms(&settings, &clock, pay_pages.clone())?,
            tracer: Tracer::start(&settings.trace, node.number.get().into()),
            node,
            secrets: Secrets::new(secret.as_bytes(), old_secret.map(str::as_bytes)),
        };
        let number = parts.node.number;
        let threads = Threads::start(&settings.owners);
        let graph = graph::build_on(&threads, parts).await?;
        if let Err(refused) = bootstrap::while_busy(|| exposure::demo::expect_none(&graph, &settings)).await {
            drop(graph);
            end(threads).await;
            return Err(refused);
        }
        let passwords = Passwords::new(limits::hashes(&settings))?;
        let first = FirstPasswords::in_folder(&folder);
        let admin =
            bootstrap::while_busy(|| bootstrap::admin::admin(&graph, &passwords, &settings.admin, &first)).await?;
        if settings.demo.seed {
            bootstrap::while_busy(|| bootstrap::demo::seed(&graph, &passwords, &settings.demo, &first)).await?;
        }
        let mut notes = announcement::lines(&settings, &stores, number, address, admin_address);
        notes.extend(bootstrap::while_busy(|| bootstrap::notes(&graph, &passwords, &first)).await?);
        let tokens = server::tokens(&settings, secret.as_bytes(), clock.clone());
        let tokens = tokens.of_installation(&stores.shop_id()?.context("the stores have no identity")?);
        let (seals, admin) = (Seals::new(secret.as_bytes()), admin.user_id);
        let second_factors = server::second_factors(&settings, secret.as_bytes(), old_secret.map(str::as_bytes));
        if old_secret.is_some() {
            bootstrap::while_busy(|| reseal(&graph, &second_factors)).await?;
        }
        let security = Security { tokens, seals, passwords, second_factors, first_passwords: first, admin, pay_pages };
        let sampler = figures::start(&graph, &stores, &clock, threads.main());
        let state = server::state(&graph, security, sampler, clock.clone(), &settings);
        let live = Hub::default();
        let listeners = Listeners { public: listener, admin: admin_listener, tls };
        let handles = server::start(&settings, state, &graph, &live, listeners)?;
        announcement::log(&settings, &stores, number, address, admin_address);
        bootstrap::while_busy(|| removed::park_and_warn(&graph)).await?;
        Ok(Self {
            address,
            admin_address,
            certificate,
            notes,
            graph,
            stores,
            clock,
            threads,
            handles,
            live,
            lease,
            locks,
        })
    }

    /// URL of the public routes on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.certificate.is_some() { "https" } else { "http" }, self.address)
    }

    /// Completes with the reason when this node has lost its number to another one. It writes nothing any more, so the
    /// process should end. Never completes if the stores are files.
    pub async fn lost(&mut self) -> String {
        match &mut self.lease {
            Some(lease) => match (&mut lease.lost).await {
                Ok(reason) => reason,
                Err(_) => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// Whether this application can serve, to be asked while it runs.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let (node, health) = (self.graph.node.clone(), self.graph.health.clone());
        Readiness { node, health, actors: self.threads.all() }
    }

    /// The stores of this application, for an audit while it runs.
    #[must_use]
    pub const fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Starts the work that is due and returns how much is in progress: unfinished orders, pending messages, and
    /// payments to synchronise with platforms. Zero means that nothing is due until time passes or a request arrives.
    pub async fn work_left(&self) -> usize {
        let sagas = self.graph.recovery.uncounted().send(coordinator::message::ReconcileUnfinished).await.unwrap_or(0);
        let routes = self.graph.messaging.relay.send(relay::Poll).await.unwrap_or(0);
        let payments = self.graph.payments.uncounted().send(payments::message::FindDue).await.unwrap_or(0);
        sagas + routes + payments
    }

    /// Sends the events that are due to webhooks and returns how much that was. A stop does not wait for it: endpoints may be
    /// slow, and what they do not get now is sent by the next start.
    pub async fn webhooks_left(&self) -> usize {
        self.graph.webhooks.sender.send(webhook::sender::Poll).await.unwrap_or(0)
    }

    /// Stops in order. First HTTP stops, after the responses in progress are sent. Then orders and messages in progress
    /// finish, for at most `within`; the rest is durable and resumes on the next start. Sagas that end with a thread that
    /// served HTTP are resumed at once. Last, the stores are checkpointed.
    pub async fn stop(self, within: Duration) {
        self.live.close();
        for handle in &self.handles {
            handle.stop(true).await;
        }
        let deadline = tokio::time::Instant::now() + within;
        while self.work_left().await > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let Self { graph, stores, threads, lease, locks, clock, .. } = self;
        let tracer = graph.tracer.clone();
        drop(graph);
        threads.stop();
        let _ = actix_web::rt::task::spawn_blocking(move || {
            // The actors' threads must end first: that closes the writers' connections.
            threads.join();
            stores.seal_chains(clock.now());
            stores.checkpoint();
            drop((lease, locks));
        })
        .await;
        // The spans of work that was cut off have ended with the actors' threads.
        tracer.stop().await;
    }
}

/// Encrypts the stored secrets again that were encrypted with the key of `session.old_secret`.
async fn reseal(graph: &Graph, second_factors: &SecondFactors) -> anyhow::Result<()> {
    second_factors.reseal_all(&graph.owners.user).await?;
    Ok(graph.webhooks.secrets.reseal_all(&graph.owners.user).await?)
}

/// Ends the actors, whose addresses are dropped, and their threads.
async fn end(threads: Threads) {
    threads.stop();
    let _ = actix_web::rt::task::spawn_blocking(move || threads.join()).await;
}

/// Opens, locks and migrates the stores, on a thread of its own: a database may be slow to answer, and the caller must be
/// able to react to a stop signal meanwhile.
async fn open_stores(settings: Settings) -> anyhow::Result<(Stores, Vec<FolderLock>)> {
    let open = move || -> anyhow::Result<_> {
        let stores = Stores::open(&settings)?;
        let locks = stores.lock()?;
        #[cfg(feature = "sqlite")]
        stores.verify()?;
        stores.set_up()?;
        stores.pin()?;
        stores.expect_connections()?;
        Ok((stores, locks))
    };
    actix_web::rt::task::spawn_blocking(open).await?
}

/// The directory of generated secrets. It is created if it does not exist.
pub(crate) fn secrets_folder(settings: &Settings) -> Result<PathBuf, config::Error> {
    let folder = secrets_path(settings);
    folder::create(&folder).map_err(|reason| config::Error::new("secrets.folder", reason))?;
    Ok(folder)
}

/// The path of the directory of generated secrets, which may not exist yet.
pub(crate) fn secrets_path(settings: &Settings) -> PathBuf {
    PathBuf::from(match settings.secrets.folder.as_str() {
        "" => settings.store.url.strip_prefix("sqlite://").unwrap_or("data"),
        folder => folder,
    })
}

/// Connections that may wait to be accepted. The standard library's 128 are too few for a burst.
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

/// The payment products of Alipay and WeChat Pay that the settings configure.
pub(crate) fn platforms(
    settings: &Settings,
    clock: &Clock,
    pay_pages: PayPages,
) -> Result<Vec<Arc<dyn Gateway>>, config::Error> {
    let public_url = settings.http.public_url.as_str().to_owned();
    let shop = Shop { public_url, clock: clock.clone(), pay_pages };
    let mut all = alipay::gateways(&settings.gateway.alipay, &shop)?;
    all.extend(wechat::gateways(&settings.gateway.wechat, &shop)?);
    Ok(all)
}
