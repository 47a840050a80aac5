//! Access to the sandbox platform for the composition root. A build without the cargo feature `sandbox` has no platform
//! and rejects the setting that turns it on.

use std::net::SocketAddr;
use std::path::Path;

use actix_web::web::ServiceConfig;

use crate::config::Settings;
use crate::gateway::statement::Reader;

#[cfg(feature = "sandbox")]
mod built_in {
    pub use crate::sandbox::{MerchantAccount, Platform, start};
}

#[cfg(not(feature = "sandbox"))]
mod built_in {
    use std::sync::Arc;

    use crate::actor::owner::Limits;
    use crate::actor::{Context, Health};
    use crate::db::Store;
    use crate::domain::horizon::Horizon;
    use crate::gateway::Gateway;
    use crate::messaging::relay::{Outbox, Route};

    /// Uninhabited: there is no merchant account without the platform.
    pub enum MerchantAccount {}

    /// Uninhabited: there is no platform.
    #[derive(Clone)]
    pub enum Platform {}

    /// A running platform; never constructed.
    pub struct Started {
        pub platform: Platform,
        pub gateways: Vec<Arc<dyn Gateway>>,
        pub health: [Arc<Health>; 2],
        pub outbox: Outbox,
        pub route: Route,
    }

    /// Never called, because an account cannot exist.
    pub fn start(_: Context, _: Store, _: Limits, account: MerchantAccount, _: Horizon) -> Started {
        match account {}
    }
}

pub use built_in::{MerchantAccount, Platform, start};

/// The account of this shop at the sandbox platform, if the settings turn the platform on. `address` is the
/// address of the public routes.
///
/// # Errors
/// Fails if the platform's secret cannot be read, generated or used.
#[cfg(feature = "sandbox")]
pub fn account(settings: &Settings, folder: &Path, address: SocketAddr) -> anyhow::Result<Option<MerchantAccount>> {
    use super::bootstrap::secret;
    use crate::sandbox::Key;

    let sandbox = &settings.gateway.sandbox;
    if !sandbox.enabled {
        return Ok(None);
    }
    let secret = secret::configured_or_generated(&sandbox.secret, folder, "sandbox", settings.profile)?;
    let tls = &settings.http.tls;
    let own_url = local_url(tls.scheme(), address);
    let public_url = match settings.http.public_url.as_str() {
        "" => {
            if address.ip().is_unspecified() {
                tracing::warn!(
                    "http.public_url is empty and http.listen is {address}: checkouts are at {own_url}, which only \
                     this machine can open. Set http.public_url"
                );
            }
            own_url.clone()
        }
        url => url.to_owned(),
    };
    let callback_url = match sandbox.callback_url.as_str() {
        // A certificate is not one of a local address.
        "" if tls.is_on() => public_url.clone(),
        "" => own_url,
        url => url.to_owned(),
    };
    let second = sandbox.second.get().map(Into::into);
    let key = Key::new(&secret)?;
    let key = match sandbox.old_secret.expose() {
        "" => key,
        old => key.accepting(Key::new(old)?),
    };
    let merchant_id = sandbox.merchant_id.clone();
    Ok(Some(MerchantAccount { key, merchant_id, second, public_url, callback_url }))
}

/// The URL at which this machine reaches `address`: an address that stands for all of the machine's is replaced by its
/// loopback address.
#[cfg(feature = "sandbox")]
fn local_url(scheme: &str, mut address: SocketAddr) -> String {
    use std::net::{Ipv4Addr, Ipv6Addr};

    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("{scheme}://{address}")
}

/// No account.
///
/// # Errors
/// Fails if the settings turn the platform on.
#[cfg(not(feature = "sandbox"))]
pub fn account(settings: &Settings, _: &Path, _: SocketAddr) -> anyhow::Result<Option<MerchantAccount>> {
    use crate::config::Error;

    if settings.gateway.sandbox.enabled {
        let reason = "this build has no sandbox platform: set it to false, or build with the cargo feature sandbox";
        return Err(Error::new("gateway.sandbox.enabled", reason).into());
    }
    Ok(None)
}

/// Adds the platform's routes to `cfg`.
#[cfg(feature = "sandbox")]
pub fn routes(cfg: &mut ServiceConfig) {
    crate::sandbox::http::routes(cfg);
}

/// Adds the platform's page of the console to `cfg`.
#[cfg(feature = "sandbox")]
pub fn pages(cfg: &mut ServiceConfig) {
    crate::sandbox::http::console::routes(cfg);
}

/// Adds no page.
#[cfg(not(feature = "sandbox"))]
pub fn pages(_: &mut ServiceConfig) {}

/// Adds no routes.
#[cfg(not(feature = "sandbox"))]
pub fn routes(_: &mut ServiceConfig) {}

/// The parser of `provider`'s statements; `None` if `provider` is not the sandbox platform.
#[cfg(feature = "sandbox")]
pub fn statement_reader(provider: &str, settings: &Settings) -> Option<Reader> {
    crate::sandbox::statement_reader(provider, settings.gateway.sandbox.second.get())
}

/// No parser.
#[cfg(not(feature = "sandbox"))]
pub fn statement_reader(_: &str, _: &Settings) -> Option<Reader> {
    None
}
