//! Two lines for people: the parts that other machines reach, and the connections that are not encrypted.

use std::net::SocketAddr;

use super::{condition, database};
use crate::config::Settings;

/// The lines of a start that listens on `address`, and on `admin` for administrators if that is not the same.
#[must_use]
pub fn lines(settings: &Settings, address: SocketAddr, admin: Option<SocketAddr>) -> [String; 2] {
    [
        format!("exposed to other machines: {}", or_nothing(&exposed(settings, address, admin))),
        format!("not encrypted: {}", or_nothing(&plain(settings, address, admin))),
    ]
}

fn or_nothing(parts: &[String]) -> String {
    if parts.is_empty() { "nothing".to_owned() } else { parts.join("; ") }
}

fn exposed(settings: &Settings, address: SocketAddr, admin: Option<SocketAddr>) -> Vec<String> {
    let mut parts = Vec::new();
    let is_open = !address.ip().is_loopback();
    if is_open {
        parts.push(format!("the shop on {address}"));
    }
    match admin {
        Some(admin) if !admin.ip().is_loopback() => parts.push(format!("administrator routes on {admin}")),
        None if is_open => parts.push("administrator routes (admin.listen)".to_owned()),
        _ => {}
    }
    let is_public = is_open || condition::is_behind_local_proxy(settings);
    if is_public && settings.gateway.sandbox.enabled {
        parts.push("the sandbox platform, where anyone can pay without money (gateway.sandbox.enabled)".to_owned());
    }
    if is_public && settings.demo.seed {
        parts.push("demo goods and the demo user (demo.seed)".to_owned());
    }
    if is_open && settings.metrics.public {
        parts.push("figures of the business (metrics.public)".to_owned());
    }
    if !is_open && condition::is_behind_local_proxy(settings) {
        parts.push(format!("what the proxy of {} passes on", settings.http.public_url.as_str()));
    }
    parts
}

fn plain(settings: &Settings, address: SocketAddr, admin: Option<SocketAddr>) -> Vec<String> {
    let mut parts = Vec::new();
    if !settings.http.tls.is_on() {
        let open = [Some(address), admin].into_iter().flatten().filter(|address| !address.ip().is_loopback());
        parts.extend(open.map(|address| format!("HTTP on {address} (http.tls)")));
    }
    let store = &settings.store;
    let own = [&store.goods, &store.coupon, &store.user, &store.order, &store.pay].map(|own| own.url.as_str());
    if own.into_iter().chain([store.url.as_str()]).any(database::is_url_plain) {
        parts.push("connections to the database (store.url)".to_owned());
    }
    if condition::is_trace_plain_and_remote(settings) {
        parts.push("traces (trace.endpoint)".to_owned());
    }
    parts
}
