//! Dependencies of the handlers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};

use super::admin::auditor::Auditor;
use super::admin::turn::Turn;
use super::connection::open::Connections;
use super::limit::Limits;
use super::middleware::admission::AdmissionControl;
use super::problem::{Code, Problem};
use super::security::first_passwords::FirstPasswords;
use super::security::metrics_access::MetricsAccess;
use super::security::password::Passwords;
use super::security::seal::Seals;
use super::security::second_factor::factors::SecondFactors;
use super::security::session::Sessions;
use super::security::token::Tokens;
use crate::actor::{Health, Link};
use crate::coordinator::{self, actor::OrderCoordinator};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::horizon::Horizons;
use crate::domain::id::{IdGenerator, UserId};
use crate::domain::network::TrustedProxies;
use crate::domain::origin::Origins;
use crate::domain::quantity::StockShown;
use crate::gateway::Gateways;
use crate::gateway::statement::Source;
use crate::gateway::ticket::PayPages;
use crate::messaging::relay::Outbox;
use crate::metrics::{Sampler, Sources};
use crate::node::Node;
use crate::payments::actor::Payments;
use crate::payments::platform::all::Platforms;
use crate::trace::Tracer;
use crate::webhook::handle::Webhooks;

/// Dependencies of the handlers. All workers share one instance, in `web::Data`.
pub struct State {
    /// Addresses of the owners.
    pub owners: coordinator::Owners,
    /// Starts payments, cancels orders and queries the payment platforms.
    pub payments: Link<Payments>,
    /// The payment platforms that are set up.
    pub gateways: Gateways,
    /// The statements of these platforms, by the name of the product.
    pub statements: HashMap<String, Source>,
    /// The turn of reconciliations.
    pub reconciling: Turn,
    /// The platforms as this node sees them.
    pub platforms: Platforms,
    /// The endpoints of other systems to which events are sent.
    pub webhooks: Webhooks,
    /// This node among the nodes that share the stores.
    pub node: Node,
    /// Generator of ids.
    pub ids: Arc<IdGenerator>,
    /// Source of the current time.
    pub clock: Clock,
    /// Issues and verifies access tokens.
    pub tokens: Tokens,
    /// Seals what pages give to the browser and take back.
    pub seals: Seals,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// The second factors of administrators.
    pub second_factors: SecondFactors,
    /// The account that `admin.user` names, an administrator. Others are administrators if one has given them the role.
    /// Accounts that the setting named before are customers now.
    pub admin: UserId,
    /// The sessions that have ended.
    pub sessions: Arc<Sessions>,
    /// The addresses of the pages of payments.
    pub pay_pages: PayPages,
    /// The file with the passwords of the first start.
    pub first_passwords: FirstPasswords,
    /// Counters of all actors.
    pub health: Vec<Arc<Health>>,
    /// How far ahead stored moments can be.
    pub horizons: Horizons,
    /// Outboxes of all producers.
    pub outboxes: Vec<Outbox>,
    /// Name of the engine of the stores, such as `sqlite`.
    pub engine: &'static str,
    /// Address at which browsers reach the shop, without a slash at the end: `http.public_url`. May be empty.
    pub public_url: String,
    /// The settings in effect, without secrets.
    pub settings: Vec<ShownSetting>,
    /// Start time of this process.
    pub started: Timestamp,
    /// The sources of the figures for operators.
    pub sources: Arc<Sources>,
    /// The figures of the last 15 minutes.
    pub sampler: Sampler,
    /// The readers of `/metrics`.
    pub metrics_access: MetricsAccess,
    /// Runs the audit for administrators.
    pub auditor: Auditor,
    /// How much of the stock the public sees.
    pub stock_shown: StockShown,
    /// Limits how many requests for new work are in flight.
    pub admission: AdmissionControl,
    /// How often addresses and users may send requests.
    pub limits: Limits,
    /// The open connections of each server: that of `http.listen`, and that of `admin.listen` if there is one.
    pub connections: Vec<Arc<Connections>>,
    /// The proxies that say who the client is: `http.trusted_proxies`.
    pub trusted_proxies: TrustedProxies,
    /// Time limit for receiving a request body: `http.body_within`.
    pub body_within: Duration,
    /// How long the start of a payment waits for its platform: `payments.answer_within`.
    pub start_within: Duration,
    /// Origins of pages to which a customer may be sent after a payment: `payments.return_origins`.
    pub return_origins: Origins,
    /// Origins of pages that may read the answers: `http.cors_origins`.
    pub cors_origins: Origins,
    /// Time limit for a whole request: `http.request_within`.
    pub request_within: Duration,
    /// Records the spans of requests.
    pub tracer: Tracer,
}

/// A setting as operators see it.
#[derive(Debug, Clone)]
pub struct ShownSetting {
    /// Key of the setting, as `section.key`.
    pub key: String,
    /// The value; a mask if it is a secret.
    pub value: String,
    /// The layer that has set it, such as an environment variable.
    pub origin: String,
}

impl State {
    /// Whether clients reach this server over HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Checks that the stores of the owners for whose names `is_needed` holds accept writes, as far as known.
    ///
    /// # Errors
    /// 503 if one does not. Nothing has been done for the request then.
    pub fn expect_writable(&self, is_needed: impl Fn(&str) -> bool) -> Result<(), Problem> {
        let is_refused = |actor: &Arc<Health>| is_needed(actor.name) && !actor.is_writable();
        if self.health.iter().any(is_refused) {
            return Err(Problem::with(Code::Busy, "Nothing can be stored at present; try again later"));
        }
        Ok(())
    }
}

/// The coordinator on this worker's thread, which places orders and prices them.
pub type Coordinator = web::Data<Link<OrderCoordinator>>;

/// Result of a handler.
pub type HandlerResult = Result<HttpResponse, Problem>;

/// The [`State`] of the application that serves `req`.
///
/// # Errors
/// 500 if the application has none, which is a bug.
pub fn state(req: &HttpRequest) -> Result<web::Data<State>, Problem> {
    req.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::new(Code::Internal))
}

/// The [`Coordinator`] of the worker that serves `req`.
///
/// # Errors
/// 500 if there is none, which is a bug.
pub fn coordinator(req: &HttpRequest) -> Result<Coordinator, Problem> {
    req.app_data::<Coordinator>().cloned().ok_or_else(|| Problem::new(Code::Internal))
}
