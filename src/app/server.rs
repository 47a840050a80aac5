//! Builds the handlers' state and starts the HTTP servers.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App as WebApp, HttpServer, middleware::from_fn, web};

use super::graph::Graph;
use super::sandbox::{self, Platform};
use super::{audit, statement};
use crate::config::layer::Effective;
use crate::config::{Profile, Settings};
use crate::console::{self, live::Hub};
use crate::domain::clock::Clock;
use crate::domain::id::UserId;
use crate::gateway::statement::Source;
use crate::gateway::ticket::PayPages;
use crate::http::admin::auditor::Auditor;
use crate::http::admin::turn::Turn;
use crate::http::middleware::admission::AdmissionControl;
use crate::http::security::first_passwords::FirstPasswords;
use crate::http::security::metrics_access::MetricsAccess;
use crate::http::security::password::Passwords;
use crate::http::security::seal::Seals;
use crate::http::security::session::Sessions;
use crate::http::security::token::Tokens;
use crate::http::state::{ShownSetting, State};
use crate::http::{middleware, route};
use crate::metrics::{LastAudit, Sampler};
use crate::shop_window;

/// The parts of the state that decide who the caller is.
pub struct Security {
    pub tokens: Tokens,
    pub seals: Seals,
    pub passwords: Passwords,
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

/// The state of the handlers.
pub fn state(graph: &Graph, security: Security, sampler: Sampler, clock: Clock, settings: &Settings) -> State {
    let Security { tokens, seals, passwords, admin, first_passwords, pay_pages } = security;
    let sources = Arc::clone(sampler.sources());
    let auditor = auditor(settings.clone(), clock.clone(), sources.last_audit.clone());
    let token = settings.metrics.token.expose();
    let token = (!token.is_empty()).then(|| token.to_owned().into());
    State {
        owners: graph.owners.clone(),
        coordinator: graph.coordinator.clone(),
        payments: graph.payments.clone(),
        gateways: graph.gateways.clone(),
        statements: statements(graph, settings),
        reconciling: Turn::default(),
        platforms: graph.platforms.clone(),
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
        admission: AdmissionControl::new(settings.http.in_flight_max.size(), settings.http.admit_within.0),
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

/// Serves the public routes on `listener`. The admin routes are on `admin_listener` if there is one, else on
/// `listener`.
///
/// # Errors
/// Fails if a listener cannot be used.
pub fn start(
    settings: &Settings,
    state: State,
    platform: Option<Platform>,
    live: &Hub,
    listener: TcpListener,
    admin_listener: Option<TcpListener>,
) -> anyhow::Result<Vec<ServerHandle>> {
    let state = web::Data::new(state);
    let shared = admin_listener.is_none();
    let public = Routes { public: true, admin: shared };
    let mut handles = vec![serve(settings, &state, platform.clone(), live, listener, public)?];
    if let Some(listener) = admin_listener {
        handles.push(serve(settings, &state, platform, live, listener, Routes { public: false, admin: true })?);
    }
    Ok(handles)
}

fn serve(
    settings: &Settings,
    state: &web::Data<State>,
    platform: Option<Platform>,
    live: &Hub,
    listener: TcpListener,
    routes: Routes,
) -> anyhow::Result<ServerHandle> {
    let state = state.clone();
    let (platform, live) = (platform.map(web::Data::new), web::Data::new(live.clone()));
    // In production, the shop has a front of its own.
    let has_window = settings.profile == Profile::Default;
    let app = move || {
        let mut app = WebApp::new().app_data(state.clone()).wrap(from_fn(middleware::around));
        app = app.configure(console::route::shared);
        if routes.public {
            app = app.configure(route::public).configure(shop_window::route::payment);
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
    let workers = Workers::of(settings.http.workers.size(), settings.http.connections_max.size());
    let server = HttpServer::new(app)
        .workers(workers.number)
        .max_connections(workers.connections_max)
        .keep_alive(settings.http.keep_alive.0)
        .shutdown_timeout(settings.http.shutdown_within.0.as_secs())
        // actix-web's signal handling would end the process as soon as HTTP is drained, before the actors are.
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(handle)
}

/// The worker threads of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Workers {
    number: usize,
    /// Connections of one worker.
    connections_max: usize,
}

impl Workers {
    /// Shares `connections_max` connections among `wanted` workers, or one per core if that is 0. Each worker has at least
    /// one connection, and new connections go to the workers in turn.
    fn of(wanted: usize, connections_max: usize) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let number = if wanted == 0 { cores() } else { wanted }.min(connections_max).max(1);
        Self { number, connections_max: connections_max.checked_div(number).unwrap_or(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_workers_together_have_no_more_connections_than_the_setting_allows() {
        for (wanted, connections_max, number, each) in [(4, 10_000, 4, 2_500), (4, 5, 4, 1), (4, 3, 3, 1), (1, 7, 1, 7)]
        {
            let workers = Workers::of(wanted, connections_max);
            assert_eq!(workers, Workers { number, connections_max: each });
        }
        assert!(Workers::of(0, 1).number == 1);
    }
}
