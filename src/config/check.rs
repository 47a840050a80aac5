//! Checks of settings that depend on each other.

use std::time::Duration;

use super::{Error, Profile, Settings};

/// A shorter lease would end because of ordinary delays.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// Checks the settings against the profile: production excludes the sandbox platform and the demo data. Checks that the
/// lease of a node is not too short, and that this binary can export traces if it is to.
///
/// # Errors
/// The first setting that the profile does not allow.
pub fn check(settings: &Settings) -> Result<(), Error> {
    if settings.node.lease.get() < SHORTEST_LEASE {
        return Err(Error::new("node.lease", format!("must be at least {SHORTEST_LEASE:?}")));
    }
    if settings.trace.endpoint.0.is_some() && !cfg!(feature = "traces") {
        return Err(Error::new(
            "trace.endpoint",
            "this binary cannot export traces: it was built without the feature traces",
        ));
    }
    if settings.profile != Profile::Production {
        return Ok(());
    }
    let not_for_production =
        [("gateway.sandbox.enabled", settings.gateway.sandbox.enabled), ("demo.seed", settings.demo.seed)];
    match not_for_production.into_iter().find(|(_, enabled)| *enabled) {
        Some((key, _)) => Err(Error::new(key, "must be false in the production profile")),
        None => Ok(()),
    }
}
