//! Set-up of logging, done once by the binary. A reader of the log that is slow, stopped or gone never blocks or fails
//! work: a separate thread writes the lines from a bounded buffer, and lines that do not fit are dropped and counted.

use std::io::IsTerminal;
use std::sync::OnceLock;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{self, Log, LogFormat};

/// Capacity of the buffer, in lines. At 200 bytes per line it takes about 3 MiB.
const LINES_BUFFERED: usize = 16_384;

/// The running log. Dropping it writes the buffered lines, for at most a second if the reader is slow.
#[derive(Debug)]
pub struct Logging {
    _worker: WorkerGuard,
}

/// The counter of dropped lines. There is one log per process.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// The number of log lines of this process that were dropped; 0 if it has no log.
pub fn lines_dropped() -> u64 {
    DROPPED.get().map_or(0, |dropped| u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX))
}

/// The filter, without the lines of the HTTP server about its own threads and about what is not HTTP, of which any client
/// can cause any number, unless they are asked for.
fn with_quiet_server(filter: &str) -> String {
    let is_asked = |name: &str| filter.contains(name) || ["debug", "trace"].contains(&filter);
    let quiet = [("actix_server", "warn"), ("actix_http", "off")].into_iter().filter(|(name, _)| !is_asked(name));
    quiet.fold(filter.to_owned(), |filter, (name, level)| format!("{filter},{name}={level}"))
}

/// Sends log lines to standard error, in the format and with the filter of `log`. Lines are coloured only on a terminal,
/// and not if the environment variable `NO_COLOR` is set.
///
/// # Errors
/// Fails if `log.filter` cannot be parsed.
pub fn start(log: &Log) -> Result<Logging, config::Error> {
    let filter = EnvFilter::try_new(with_quiet_server(log.filter.as_str()))
        .map_err(|error| config::Error::new("log.filter", error))?;
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES_BUFFERED);
    let (writer, worker) = builder.thread_name("log").finish(std::io::stderr());
    let dropped = writer.error_counter();
    let is_coloured = std::io::stderr().is_terminal() && !config::is_colour_refused();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(is_coloured);
    match log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    let _ = DROPPED.set(dropped);
    Ok(Logging { _worker: worker })
}
