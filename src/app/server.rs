//! Builds the handlers' state and starts the HTTP servers.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;

use actix_server::ServerHandle;
use actix_web::{App as WebApp, middleware::from_fn, web};

use super::graph::Graph;
use super::sandbox;
use super::{audit, limits, statement};
use crate::config::layer::Effective;
use crate::config::{Profile, SecondFactor, Settings};
use crate::console::{self, live::Hub};
use crate::coordinator::actor::OrderCoordinator;
use crate::domain::clock::Clock;
use crate::domain::id::UserId;
use crate::gateway::statement::Source;
use crate::gateway::ticket::PayPages;
use crate::http::admin::auditor::Auditor;
use crate::http::admin::turn::Turn;
use crate::http::connection::open::Connections;
use crate::http::connection::server;
use crate::http::connection::tls::Tls;
use crate::http::middleware::admission::AdmissionControl;
use crate::http::security::first_passwords::FirstPasswords;
use crate::http::security::metrics_access::MetricsAccess;
use crate::http::security::password::Passwords;
use crate::http::security::seal::Seals;
use crate::http::security::second_factor::factors::SecondFactors;
use crate::http::security::session::Sessions;
use crate::http::security::token::Tokens;
use crate::http::state::{Coordinator, ShownSetting, State};
use crate::http::{middleware, route};
use crate::metrics::{LastAudit, Sampler};
use crate::shop_window;

/// The parts of the state that decide who the caller is.
pub struct Security {
    pub tokens: Tokens,
    pub seals: Seals,
    pub passwords: Passwords,
    pub second_factors: SecondFactors,
    pub admin: UserId,
    pub first_passwords: FirstPasswords,
    pub pay_pages: PayPages,
}

/// The access tokens under these settings.
pub fn tokens(settings: &Settings, secret: &[u8], clock: Clock) -> Tokens {
    let session = &settings.session;
    let tokens = Tokens::new(secret, clock, session.token_ttl.get()).with_admin_ttl(session.admin_ttl.get());
    match session.old_secret.expose() {
        "" => tokens,
        old => tokens.accepting(old.as_bytes()),
    }
}

/// The second factors under these settings.
pub fn second_factors(settings: &Settings, secret: &[u8], old_secret: Option<&[u8]>) -> SecondFactors {
    let is_required = settings.admin.second_factor == SecondFactor::Required;
    SecondFactors::new(secret, old_secret, is_required, settings.http.public_url.as_str())
}

/// The state of the handlers.
pub fn state(graph: &Graph, security: Security, sampler: Sampler, clock: Clock, settings: &Settings) -> State {
    let Security { tokens, seals, passwords, second_factors, admin, first_passwords, pay_pages } = security;
    let sources = Arc::clone(sampler.sources());
    let auditor = auditor(settings.clone(), clock.clone(), sources.last_audit.clone());
    let token = settings.metrics.token.expose();
    let token = (!token.is_empty()).then(|| token.to_owned().into());
    State {
        owners: graph.owners.clone(),
        payments: graph.payments.clone(),
        gateways: graph.gateways.clone(),
        statements: statements(graph, settings),
        reconciling: Turn::default(),
        platforms: graph.platforms.clone(),
        webhooks: graph.webhooks.clone(),
        node: graph.node.clone(),
        ids: Arc::clone(&graph.ids),
        started: sources.started,
        sources,
        sampler,
        metrics_access: MetricsAccess { public: settings.metrics.public, token },
        clock,
        tokens,
        seals,
        passwords,
        second_factors,
        admin,
        sessions: Arc::new(Sessions::default()),
        first_passwords,
        pay_pages,
        health: graph.health.clone(),
        horizons: settings.horizons(),
        outboxes: graph.messaging.outboxes.clone(),
        engine: graph.health.iter().find_map(|actor| actor.engine()).unwrap_or_default(),
        settings: settings.effective.iter().map(shown).collect(),
        public_url: settings.http.public_url.as_str().to_owned(),
        request_within: settings.http.request_within.get(),
        tracer: graph.tracer.clone(),
        stock_shown: settings.stock_shown(),
        admission: AdmissionControl::new(
            settings.http.in_flight_max.size(),
            settings.http.in_flight_per_user_max.size(),
            settings.http.admit_within.0,
        ),
        limits: limits::requests(settings),
        connections: Vec::new(),
        trusted_proxies: settings.http.trusted_proxies.clone(),
        body_within: settings.http.body_within.get(),
        start_within: settings.payments.answer_within.0,
        cors_origins: settings.http.cors_origins.clone(),
        return_origins: settings.payments.return_origins.clone(),
        auditor,
    }
}

/// The statements of the gateways.
fn statements(graph: &Graph, settings: &Settings) -> HashMap<String, Source> {
    let names = graph.gateways.all().map(|gateway| gateway.name().to_owned());
    names.filter_map(|name| Some((name.clone(), statement::source(settings, &name)?))).collect()
}

/// A setting as operators see it.
fn shown(setting: &Effective) -> ShownSetting {
    let Effective { key, value, origin } = setting;
    let json = || serde_json::to_string(value).unwrap_or_default();
    let value = value.as_str().map_or_else(json, str::to_owned);
    ShownSetting { key: key.clone(), value, origin: origin.to_string() }
}

/// Runs the audit with these settings.
fn auditor(settings: Settings, clock: Clock, last: LastAudit) -> Auditor {
    let check = move |observe: &dyn Fn(u64, u64)| {
        audit::audit(&settings, &clock, &[], None, observe).map_err(|error| format!("{error:#}"))
    };
    Auditor::new(check, last)
}

/// The route groups a server serves.
#[derive(Clone, Copy)]
struct Routes {
    public: bool,
    admin: bool,
}

/// The sockets to serve on.
pub struct Listeners {
    /// The public routes.
    pub public: TcpListener,
    /// The admin routes, if they have a listener of their own.
    pub admin: Option<TcpListener>,
    /// TLS of both.
    pub tls: Option<Tls>,
}

/// Serves the public routes on the public listener. The admin routes are there too if they have none of their own.
///
/// # Errors
/// Fails if a listener cannot be used.
pub fn start(
    settings: &Settings,
    state: State,
    graph: &Graph,
    live: &Hub,
    listeners: Listeners,
) -> anyhow::Result<Vec<ServerHandle>> {
    let Listeners { public, admin, tls } = listeners;
    let routes = Routes { public: true, admin: admin.is_none() };
    let servers: Vec<(TcpListener, Routes)> = std::iter::once((public, routes))
        .chain(admin.map(|listener| (listener, Routes { public: false, admin: true })))
        .collect();
    let tables: Vec<Arc<Connections>> = servers.iter().map(|_| limits::connections(settings, servers.len())).collect();
    let state = web::Data::new(State { connections: tables.clone(), ..state });
    let serve = |((listener, routes), table): ((TcpListener, Routes), &Arc<Connections>)| {
        serve(settings, &state, graph, live, table, (listener, tls.clone()), routes)
    };
    servers.into_iter().zip(&tables).map(serve).collect()
}

fn serve(
    settings: &Settings,
    state: &web::Data<State>,
    graph: &Graph,
    live: &Hub,
    table: &Arc<Connections>,
    (listener, tls): (TcpListener, Option<Tls>),
    routes: Routes,
) -> anyhow::Result<ServerHandle> {
    let state = state.clone();
    let serving = limits::serving(settings, table);
    let (platform, live) = (graph.platform.clone().map(web::Data::new), web::Data::new(live.clone()));
    let (runner, coordinators) = (graph.runner.clone(), graph.recovery.clone());
    // In production, the shop has a front of its own.
    let has_window = settings.profile == Profile::Default;
    // Called on each thread that serves.
    let app = move || {
        let coordinator = coordinators.to(OrderCoordinator::start(runner.clone()));
        let mut app = WebApp::new()
            .app_data(state.clone())
            .app_data(Coordinator::new(coordinator))
            .wrap(from_fn(middleware::around));
        if routes.public {
            app = app.configure(route::public);
        }
        app = app.configure(console::route::shared);
        if routes.public {
            app = app.configure(shop_window::route::payment);
            app = match has_window {
                true => app.configure(|cfg| shop_window::route::pages(cfg, routes.admin)),
                false => app.configure(shop_window::route::plain),
            };
        }
        if let Some(platform) = &platform {
            app = app.app_data(platform.clone());
            if routes.public {
                app = app.configure(sandbox::routes);
            }
            if routes.admin {
                app = app.configure(sandbox::pages);
            }
        }
        if routes.admin {
            app = app.app_data(live.clone()).configure(route::admin).configure(console::route::pages);
        }
        app
    };
    Ok(server::start(serving, table, listener, tls, app)?)
}
