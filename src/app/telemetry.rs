//! Logging, set up once by the binary.

use tracing_subscriber::EnvFilter;

use crate::config::{self, Log, LogFormat};

/// Sends log lines to standard error, as the settings say.
///
/// # Errors
/// Where `log.filter` cannot be read.
pub fn start(log: &Log) -> Result<(), config::Error> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| config::Error::new("log.filter", error))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
