//! `tradepost serve`: runs the server.

use std::io::Write;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, telemetry};
use crate::config::{self, Settings};
use crate::domain::clock::Clock;

/// The exit code if a second signal cuts the stop short: the one that shells report for SIGINT.
const CUT_SHORT: i32 = 130;

/// Runs the server until the process receives a stop signal.
pub fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let logging = telemetry::start(&settings.log)?;
    let faults = config::faults()?;
    actix_web::rt::System::new().block_on(async {
        let within = settings.http.shutdown_within.0;
        let stopped = stop_signal()?;
        let app = App::start(settings, Clock::default(), faults).await?;
        announce(&app);
        stopped.await;
        tracing::info!("stopping; a second signal ends the process at once");
        actix_web::rt::spawn(end_at_the_next_signal()?);
        app.stop(within).await;
        let dropped = logging.lines_dropped();
        if dropped > 0 {
            tracing::warn!(dropped, "log lines were dropped: their reader was too slow");
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Prints the addresses and the notes of the first start. If standard output is closed or full, the server runs anyway.
fn announce(app: &App) {
    let mut out = std::io::stdout();
    let mut lines = vec![format!("Tradepost is listening on http://{}", app.address)];
    lines.extend(app.admin_address.map(|address| format!("The admin routes are on http://{address}")));
    lines.extend(app.notes.iter().cloned());
    let _ = writeln!(out, "{}", lines.join("\n")).and_then(|()| out.flush());
}

/// Completes on SIGINT (Ctrl-C) or SIGTERM. SIGHUP, which a closing terminal sends, is ignored.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => return,
                _ = terminate.recv() => return,
                _ = hang_up.recv() => tracing::info!("SIGHUP is ignored"),
            }
        }
    })
}

/// Ends the process when it is asked a second time. What is under way is durable and continues after the next start.
fn end_at_the_next_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::warn!("stopped at once");
        std::process::exit(CUT_SHORT);
    })
}
