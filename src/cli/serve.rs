//! `tradepost serve`: runs the server.

use std::io::Write;
use std::process::ExitCode;

use crate::app::{App, telemetry};
use crate::config::{self, Settings};
use crate::domain::clock::Clock;

/// Runs the server until the process receives a stop signal.
pub fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings.log)?;
    let faults = config::faults()?;
    actix_web::rt::System::new().block_on(async {
        let within = settings.http.shutdown_within.0;
        let stopped = stop_signal()?;
        let app = App::start(settings, Clock::default(), faults).await?;
        let mut out = std::io::stdout();
        writeln!(out, "Tradepost is listening on http://{}", app.address)?;
        if let Some(address) = app.admin_address {
            writeln!(out, "The admin routes are on http://{address}")?;
        }
        for note in &app.notes {
            writeln!(out, "{note}")?;
        }
        out.flush()?;
        stopped.await;
        tracing::info!("stopping");
        app.stop(within).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Completes on SIGINT (Ctrl-C) or SIGTERM.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
