//! Builds the handlers' state and starts the HTTP servers.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App as WebApp, HttpServer, middleware::from_fn, web};

use super::audit;
use super::graph::Graph;
use super::sandbox::{self, Platform};
use crate::config::Settings;
use crate::domain::clock::Clock;
use crate::http::admin::auditor::Auditor;
use crate::http::middleware::admission::AdmissionControl;
use crate::http::security::password::Passwords;
use crate::http::security::token::Tokens;
use crate::http::state::State;
use crate::http::{middleware, route};

/// The state of the handlers.
pub fn state(graph: &Graph, tokens: Tokens, passwords: Passwords, clock: Clock, settings: &Settings) -> State {
    let auditor = auditor(settings.clone(), clock.clone());
    State {
        owners: graph.owners.clone(),
        coordinator: graph.coordinator.clone(),
        payments: graph.payments.clone(),
        gateways: graph.gateways.clone(),
        ids: Arc::clone(&graph.ids),
        started: clock.now(),
        clock,
        tokens,
        passwords,
        health: graph.health.clone(),
        outboxes: graph.outboxes.clone(),
        admission: AdmissionControl::new(settings.http.in_flight_max.get(), settings.http.admit_within.0),
        body_within: settings.http.body_within.get(),
        auditor,
    }
}

/// Runs the audit with these settings.
fn auditor(settings: Settings, clock: Clock) -> Auditor {
    Auditor::new(move || audit::audit(&settings, clock.now(), |_, _| {}).map_err(|error| format!("{error:#}")))
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
    listener: TcpListener,
    admin_listener: Option<TcpListener>,
) -> anyhow::Result<Vec<ServerHandle>> {
    let state = web::Data::new(state);
    let shared = admin_listener.is_none();
    let mut handles = vec![serve(settings, &state, platform, listener, Routes { public: true, admin: shared })?];
    if let Some(listener) = admin_listener {
        handles.push(serve(settings, &state, None, listener, Routes { public: false, admin: true })?);
    }
    Ok(handles)
}

fn serve(
    settings: &Settings,
    state: &web::Data<State>,
    platform: Option<Platform>,
    listener: TcpListener,
    routes: Routes,
) -> anyhow::Result<ServerHandle> {
    let state = state.clone();
    let platform = platform.map(web::Data::new);
    let app = move || {
        let mut app = WebApp::new().app_data(state.clone()).wrap(from_fn(middleware::around));
        if routes.public {
            app = app.configure(route::public);
        }
        if routes.admin {
            app = app.configure(route::admin);
        }
        match &platform {
            Some(platform) => app.app_data(platform.clone()).configure(sandbox::routes),
            None => app,
        }
    };
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = if settings.http.workers == 0 { cores() } else { settings.http.workers };
    let server = HttpServer::new(app)
        .workers(workers)
        .max_connections(settings.http.connections_max.get())
        .shutdown_timeout(settings.http.shutdown_within.0.as_secs())
        // actix-web's signal handling would end the process as soon as HTTP is drained, before the actors are.
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(handle)
}
