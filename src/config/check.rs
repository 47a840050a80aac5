//! Checks of settings that depend on each other.

use super::{Error, Profile, Settings};

/// Checks the settings against the profile: production excludes the sandbox platform and the demo data.
///
/// # Errors
/// The first setting that the profile does not allow.
pub fn check(settings: &Settings) -> Result<(), Error> {
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
