//! Set-up of logging, done once by the binary.

use tracing_subscriber::EnvFilter;

use crate::config::{self, Log, LogFormat};

/// Sends log lines to standard error, in the format and with the filter of `log`.
///
/// # Errors
/// Fails if `log.filter` cannot be parsed.
pub fn start(log: &Log) -> Result<(), config::Error> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| config::Error::new("log.filter", error))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
