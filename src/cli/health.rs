//! `tradepost health`: asks the running server whether it is ready, for health checks of containers.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};

use super::probe;
use crate::config::Settings;

/// Prints the state of the server at `address`, by default that of the settings. The exit code is 0 if it is ready, 1 if
/// not.
pub fn run(settings: &Settings, address: Option<SocketAddr>) -> anyhow::Result<ExitCode> {
    let address = address.unwrap_or(settings.http.listen);
    ensure!(address.port() != 0, "http.listen has no fixed port: give the address of the server");
    let answer = probe::get(address, "/readyz", settings.http.tls.is_on());
    let answer = answer.with_context(|| format!("no server answers on {address}"))?;
    let (word, code) = match answer.status {
        200 => ("ready", ExitCode::SUCCESS),
        _ => ("not ready", ExitCode::from(1)),
    };
    writeln!(std::io::stdout(), "{word}")?;
    Ok(code)
}
