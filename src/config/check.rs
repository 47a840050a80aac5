//! What one setting cannot say without another.

use super::{Error, Profile, Settings};

/// The first setting that does not fit the others.
pub fn check(settings: &Settings) -> Result<(), Error> {
    if settings.profile != Profile::Production {
        return Ok(());
    }
    let only_for_trying =
        [("gateway.sandbox.enabled", settings.gateway.sandbox.enabled), ("demo.seed", settings.demo.seed)];
    match only_for_trying.into_iter().find(|(_, is_on)| *is_on) {
        Some((key, _)) => Err(Error::new(key, "must be false in the production profile")),
        None => Ok(()),
    }
}
