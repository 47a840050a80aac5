//! All configured platforms.

use std::sync::Arc;

use super::guarded::Guarded;
use super::single::Platform;
use crate::domain::clock::Clock;
use crate::domain::provider::Provider;
use crate::gateway::{Gateway, Gateways};

/// All configured platforms. Clones share their state.
#[derive(Clone)]
pub struct Platforms {
    all: Arc<Vec<Platform>>,
    gateways: Gateways,
}

impl Platforms {
    /// Groups the gateways by their platforms.
    #[must_use]
    pub fn new(gateways: Gateways, clock: &Clock) -> Self {
        let mut all: Vec<Platform> = Vec::new();
        for gateway in gateways.all() {
            let provider = Provider::from(gateway.name());
            match all.iter_mut().find(|platform| platform.name() == gateway.platform()) {
                Some(platform) => platform.add(provider),
                None => all.push(Platform::new(gateway.platform(), provider, clock.clone())),
            }
        }
        Self { all: Arc::new(all), gateways }
    }

    /// All platforms.
    pub fn iter(&self) -> impl Iterator<Item = &Platform> {
        self.all.iter()
    }

    /// Number of platforms.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The gateway named `provider`; `None` if it is not configured.
    #[must_use]
    pub fn find(&self, provider: &str) -> Option<Guarded<'_>> {
        let gateway: &dyn Gateway = self.gateways.find(provider)?;
        let platform = self.iter().find(|platform| platform.name() == gateway.platform())?;
        Some(Guarded { platform, gateway })
    }

    /// The names of all products.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.gateways.all().map(|gateway| gateway.name().to_owned()).collect()
    }

    /// All products.
    #[must_use]
    pub fn configured(&self) -> Vec<Provider> {
        self.iter().flat_map(|platform| platform.providers().iter().cloned()).collect()
    }

    /// The products whose platform answers.
    #[must_use]
    pub fn called(&self) -> Vec<Provider> {
        let called = self.iter().filter(|platform| platform.refuses().is_none());
        called.flat_map(|platform| platform.providers().iter().cloned()).collect()
    }
}
