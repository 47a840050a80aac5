//! The sandbox platform as the composition root sees it. Without the cargo feature `sandbox` there is none, and a setting
//! that turns it on is refused.

use std::net::SocketAddr;
use std::path::Path;

use actix_web::web::ServiceConfig;

use crate::config::Settings;
use crate::gateway::StatementReader;

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
    use crate::gateway::Gateway;
    use crate::messaging::relay::{Outbox, Route};

    /// There is none.
    pub enum MerchantAccount {}

    /// There is none.
    #[derive(Clone)]
    pub enum Platform {}

    /// A platform that runs: there is none.
    pub struct Started {
        pub platform: Platform,
        pub gateways: Vec<Arc<dyn Gateway>>,
        pub health: [Arc<Health>; 2],
        pub outbox: Outbox,
        pub route: Route,
    }

    /// Nothing can be started.
    pub fn start(_: Context, _: Store, _: Limits, account: MerchantAccount) -> Started {
        match account {}
    }
}

pub use built_in::{MerchantAccount, Platform, start};

/// The account of this shop at the sandbox platform, if the settings turn it on.
#[cfg(feature = "sandbox")]
pub fn account(settings: &Settings, folder: &Path, address: SocketAddr) -> anyhow::Result<Option<MerchantAccount>> {
    use crate::sandbox::Key;

    let sandbox = &settings.gateway.sandbox;
    if !sandbox.enabled {
        return Ok(None);
    }
    let secret = super::given_or_made(&sandbox.secret, folder, "sandbox")?;
    let public_url = match settings.http.public_url.as_str() {
        "" => format!("http://{address}"),
        url => url.to_owned(),
    };
    let second = sandbox.second.get().map(Into::into);
    Ok(Some(MerchantAccount { key: Key::new(&secret)?, merchant_id: sandbox.merchant_id.clone(), second, public_url }))
}

/// No account: this build has no sandbox platform.
#[cfg(not(feature = "sandbox"))]
pub fn account(settings: &Settings, _: &Path, _: SocketAddr) -> anyhow::Result<Option<MerchantAccount>> {
    use crate::config::Error;

    if settings.gateway.sandbox.enabled {
        let why = "this build has no sandbox platform: set it to false, or build with the cargo feature sandbox";
        return Err(Error::new("gateway.sandbox.enabled", why).into());
    }
    Ok(None)
}

/// The platform's routes.
#[cfg(feature = "sandbox")]
pub fn routes(cfg: &mut ServiceConfig) {
    crate::sandbox::http::routes(cfg);
}

/// No routes.
#[cfg(not(feature = "sandbox"))]
pub fn routes(_: &mut ServiceConfig) {}

/// How statements of `provider` are read; `None` if that is not the sandbox platform.
#[cfg(feature = "sandbox")]
pub fn statement_reader(provider: &str, settings: &Settings) -> Option<StatementReader> {
    crate::sandbox::statement_reader(provider, settings.gateway.sandbox.second.get())
}

/// No statements.
#[cfg(not(feature = "sandbox"))]
pub fn statement_reader(_: &str, _: &Settings) -> Option<StatementReader> {
    None
}
