//! The limits of connections and requests, as the settings have them.

use std::sync::Arc;
use std::time::Duration;

use super::open_files;
use super::threads::cores;
use crate::config::Settings;
use crate::http::connection::activity::TimeLimits;
use crate::http::connection::open::{self, Connections};
use crate::http::connection::server::Serving;
use crate::http::limit::Limits;
use crate::http::limit::rate::Rate;

/// A twentieth as many connections as there may be is kept for callbacks, administrators and health checks.
const RESERVED_PART: usize = 20;
/// The fewest connections that are kept for them.
const RESERVED_MIN: usize = 16;
/// How much longer than `http.keep_alive` a connection may be idle before it is cut here.
const IDLE_GRACE: Duration = Duration::from_secs(5);
/// The most password hashes at once that no setting asks for. Each has 19 MiB of memory.
const HASHES_MAX: usize = 4;

/// The limits of requests.
pub fn requests(settings: &Settings) -> Limits {
    let limits = &settings.limits;
    let number = |rate| match rate {
        Rate::AddressRequests => limits.requests_per_address,
        Rate::SignIns => limits.sign_ins_per_address,
        Rate::Registrations => limits.registrations_per_address,
        Rate::PaymentPages => limits.payment_pages_per_address,
        Rate::Refusals => limits.refusals_per_address,
        Rate::Orders => limits.orders_per_user,
        Rate::Payments => limits.payments_per_user,
        Rate::UserRequests => limits.requests_per_user,
    };
    Limits::new(|rate| number(rate).get(), limits.exempt.clone())
}

/// An empty table of the connections of one of `servers` servers.
pub fn connections(settings: &Settings, servers: usize) -> Arc<Connections> {
    let http = &settings.http;
    let all = open_files::connections(http.connections_max.size(), servers);
    let limit = |span: Duration| (!span.is_zero()).then_some(span);
    let head = limit(http.head_within.0);
    Connections::new(open::Limits {
        all,
        reserved: (all / RESERVED_PART).max(RESERVED_MIN),
        per_address: http.connections_per_address_max.size(),
        proxies: http.trusted_proxies.clone(),
        // The HTTP server ends an idle connection itself, unless bytes of another request have come with the last one.
        time: TimeLimits {
            head,
            answer: limit(http.taken_within.0),
            idle: http.keep_alive.0.saturating_add(IDLE_GRACE),
        },
    })
}

/// The number of password hashes computed at once. With one on each core, orders wait for a core in a flood of sign-ins.
pub fn hashes(settings: &Settings) -> usize {
    match settings.session.hashing_max.size() {
        0 => (cores() / 2).clamp(1, HASHES_MAX),
        number => number,
    }
}

/// How a server with these connections serves.
pub fn serving(settings: &Settings, connections: &Connections) -> Serving {
    let http = &settings.http;
    let workers = if http.workers.size() == 0 { cores() } else { http.workers.size() };
    Serving {
        workers,
        connections: connections.report().capacity,
        keep_alive: http.keep_alive.0,
        head_within: http.head_within.0,
        shutdown_within: http.shutdown_within.0,
    }
}
