//! The start message: what runs where, what is exposed, and what to do next.

use std::net::SocketAddr;

use super::stores::Stores;
use super::{exposure, open_files};
use crate::config::{Profile, Settings};
use crate::domain::id::NodeId;

/// Version and commit of this build.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("TRADEPOST_COMMIT"), ")");

/// The lines to print after the address, one per subject.
pub fn lines(
    settings: &Settings,
    stores: &Stores,
    node: NodeId,
    address: SocketAddr,
    admin: Option<SocketAddr>,
) -> Vec<String> {
    let profile = profile(settings.profile);
    let mut lines = vec![format!("version: {VERSION}, profile {profile}, node {}", node.get())];
    lines.extend(stores.places().into_iter().map(|(owners, place)| format!("data: {owners} in {place}")));
    #[cfg(feature = "sqlite")]
    if stores.all().iter().any(|(_, store, _)| store.file().is_some()) && !crate::db::sqlite_has_build_options() {
        lines.push(
            "SQLite: built without the options of .cargo/config.toml, so it is slower (docs/engines.md)".to_owned(),
        );
    }
    lines.push(match admin {
        Some(admin) => format!("administrator routes: {}://{admin}", settings.http.tls.scheme()),
        None => "administrator routes: on the same address".to_owned(),
    });
    lines.push(if settings.gateway.sandbox.enabled {
        "sandbox platform: on. Anyone can pay with it, without money (gateway.sandbox.enabled)".to_owned()
    } else {
        "sandbox platform: off".to_owned()
    });
    let servers = if admin.is_some() { 2 } else { 1 };
    let connections = open_files::connections(settings.http.connections_max.size(), servers);
    let per_address = match settings.http.connections_per_address_max.get() {
        0 => "any number".to_owned(),
        number => number.to_string(),
    };
    lines.push(format!(
        "connections: at most {connections}, {per_address} of one address; {} open files are allowed",
        open_files::now_allowed()
    ));
    lines.extend(exposure::summary::lines(settings, address, admin));
    lines
}

/// The same as one log line.
pub fn log(settings: &Settings, stores: &Stores, node: NodeId, address: SocketAddr, admin: Option<SocketAddr>) {
    let places: Vec<_> = stores.places().into_iter().map(|(owners, place)| format!("{owners} in {place}")).collect();
    tracing::info!(
        version = VERSION,
        profile = profile(settings.profile),
        node = node.get(),
        %address,
        admin_address = %admin.unwrap_or(address),
        sandbox = settings.gateway.sandbox.enabled,
        exposure = exposure::summary::lines(settings, address, admin).join("; "),
        data = places.join("; "),
        "started"
    );
}

const fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Default => "default",
        Profile::Production => "production",
    }
}
