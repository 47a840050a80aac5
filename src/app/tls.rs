//! TLS of the listeners, as the settings have it.

use crate::config::{self, Settings};
use crate::domain::clock::Clock;
use crate::http::connection::tls::Tls;
use crate::http::connection::tls::certificate::{Files, Part, Unusable};

/// The files of the certificate; `None` if the listeners speak plain text.
pub fn files(settings: &Settings) -> Option<Files> {
    let tls = &settings.http.tls;
    tls.is_on().then(|| Files { certificate: tls.certificate_file.clone(), key: tls.key_file.clone() })
}

/// Reads the certificate and begins to look for a newer one; `None` if the listeners speak plain text. Must be called
/// inside an actix system.
///
/// # Errors
/// Fails if a file cannot be used.
pub fn start(settings: &Settings, clock: &Clock) -> Result<Option<Tls>, config::Error> {
    let Some(files) = files(settings) else { return Ok(None) };
    let tls = Tls::new(files).map_err(|error| at_fault(&error))?;
    tls.served.watch(clock.clone());
    Ok(Some(tls))
}

/// The error of the setting that names the file at fault.
pub fn at_fault(unusable: &Unusable) -> config::Error {
    config::Error::new(setting(unusable.part), unusable)
}

const fn setting(part: Part) -> &'static str {
    match part {
        Part::Certificate => "http.tls.certificate_file",
        Part::Key => "http.tls.key_file",
    }
}
