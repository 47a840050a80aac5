//! `tradepost serve`: runs the server.

use std::io::Write;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::bail;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::service_manager::Notifier;
use crate::app::{App, telemetry};
use crate::config::{self, Settings};
use crate::domain::clock::Clock;

/// The exit code if SIGINT cuts the stop short: the one that shells report for it.
const CUT_SHORT: i32 = 130;

/// Runs the server until the process receives a stop signal.
pub fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let logging = telemetry::start(&settings.log)?;
    let faults = config::faults()?;
    actix_web::rt::System::new().block_on(async {
        let within = settings.http.shutdown_within.0;
        let mut stopped = Box::pin(stop_signal()?);
        let started = tokio::select! {
            biased;
            () = &mut stopped => None,
            app = App::start(settings, Clock::default(), faults) => Some(app?),
        };
        let Some(mut app) = started else {
            tracing::info!("stopped during the start");
            drop(logging);
            // A thread may be waiting for a database. A start that is cut short loses nothing.
            std::process::exit(0);
        };
        announce(&app);
        let manager = notifier();
        if let Some(manager) = manager.clone() {
            manager.ready(&format!("listening on http://{}", app.address));
            let readiness = app.readiness();
            actix_web::rt::spawn(async move { manager.watch(&readiness).await });
        }
        tokio::select! {
            () = stopped => {}
            reason = app.lost() => bail!(reason),
        }
        tracing::info!("stopping; SIGINT (Ctrl-C) ends the process at once");
        if let Some(manager) = manager {
            manager.stopping();
        }
        actix_web::rt::spawn(end_at_the_next_interrupt()?);
        app.stop(within).await;
        let dropped = telemetry::lines_dropped();
        if dropped > 0 {
            tracing::warn!(dropped, "log lines were dropped: their reader was too slow");
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The connection to the service manager that has started this process; `None` if there is none, or if it cannot be
/// reached, which is logged.
fn notifier() -> Option<Rc<Notifier>> {
    let manager = config::service_manager::read()?;
    let connected = Notifier::connect(&manager);
    let logged = connected.inspect_err(|error| tracing::warn!(%error, "the service manager cannot be notified"));
    logged.ok().map(Rc::new)
}

/// Prints the address and the notes. If standard output is closed or full, the server runs anyway.
fn announce(app: &App) {
    let mut out = std::io::stdout();
    let mut lines = vec![format!("Tradepost is listening on http://{}", app.address)];
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

/// Ends the process when a human asks a second time. What is under way is durable and continues after the next start. A
/// repeated SIGTERM changes nothing: supervisors send it to the process and to its group.
fn end_at_the_next_interrupt() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        interrupt.recv().await;
        tracing::warn!("stopped at once");
        std::process::exit(CUT_SHORT);
    })
}
