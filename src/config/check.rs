//! Checks of settings that depend on each other. What the settings expose is another question, which only a server asks
//! (`app::exposure`).

use std::time::Duration;

use super::{Error, Settings};

/// A shorter lease would end because of ordinary delays.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// Checks that the lease of a node is not too short, that a certificate has its key, and that this binary can export traces
/// if it is to.
///
/// # Errors
/// The first setting that cannot be used.
pub fn check(settings: &Settings) -> Result<(), Error> {
    if settings.node.lease.get() < SHORTEST_LEASE {
        return Err(Error::new("node.lease", format!("must be at least {SHORTEST_LEASE:?}")));
    }
    let tls = &settings.http.tls;
    match (tls.is_on(), tls.key_file.as_os_str().is_empty()) {
        (true, true) => return Err(Error::new("http.tls.key_file", "must be set if http.tls.certificate_file is")),
        (false, false) => return Err(Error::new("http.tls.certificate_file", "must be set if http.tls.key_file is")),
        _ => {}
    }
    if settings.trace.endpoint.0.is_some() && !cfg!(feature = "traces") {
        return Err(Error::new(
            "trace.endpoint",
            "this binary cannot export traces: it was built without the feature traces",
        ));
    }
    Ok(())
}
