//! The settings about the readers of `/metrics`.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HOST, HeaderName, VIA, X_FORWARDED_FOR};
use secrecy::{ExposeSecret, SecretString};

use crate::http::extract::bearer::bearer;

/// The callers who may read the metrics besides administrators.
#[derive(Debug, Default)]
pub struct MetricsAccess {
    /// The setting `metrics.public`: all may.
    pub public: bool,
    /// The setting `metrics.token`: the holder of this token may. `None` if it is not set: then this machine may.
    pub token: Option<SecretString>,
}

impl MetricsAccess {
    /// Whether the sender of `req` may read the metrics.
    #[must_use]
    pub fn admits(&self, req: &HttpRequest) -> bool {
        match &self.token {
            _ if self.public => true,
            Some(token) => bearer(req).is_some_and(|sent| is_equal(sent, token.expose_secret())),
            None => is_local(req),
        }
    }
}

/// Compares in a time that does not depend on how much of `sent` is right.
fn is_equal(sent: &str, token: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(sent.as_bytes(), token.as_bytes()).is_ok()
}

/// Headers of a request that another machine sent to a proxy on this one.
const OF_PROXIES: [HeaderName; 4] = [FORWARDED, X_FORWARDED_FOR, VIA, HeaderName::from_static("x-real-ip")];

/// Whether the request comes from this machine, and not through a proxy on it. The address must be named as one, or a page
/// of a name that resolves to this machine could read the answer.
fn is_local(req: &HttpRequest) -> bool {
    let is_loopback = req.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let is_forwarded = OF_PROXIES.iter().any(|name| req.headers().contains_key(name));
    let host = req.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_start_matches('[').trim_end_matches(']');
    is_loopback && !is_forwarded && (name == "localhost" || name.parse::<IpAddr>().is_ok())
}
