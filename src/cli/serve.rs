//! `tradepost serve`: runs the server.

use std::io::Write;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::bail;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::service_manager::Notifier;
use crate::app::{App, telemetry};
use crate::config::{self, Settings};
use crate::domain::clock::Clock;
use crate::http::connection::tls::served::Served;

/// The exit code if SIGINT cuts the stop short: the one that shells report for it.
const CUT_SHORT: i32 = 130;

/// Runs the server until the process receives a stop signal.
pub fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let logging = telemetry::start(&settings.log)?;
    let faults = config::faults()?;
    actix_web::rt::System::new().block_on(async {
        let within = settings.http.shutdown_within.0;
        let mut stopped = Box::pin(stop_signal()?);
        // From now on, a SIGHUP does not end the process.
        let hang_ups = signal(SignalKind::hangup())?;
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
        actix_web::rt::spawn(reload_on(hang_ups, app.certificate.clone()));
        let manager = notifier();
        if let Some(manager) = manager.clone() {
            manager.ready(&format!("listening on {}", app.url()));
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
    let mut lines = vec![format!("Tradepost is listening on {}", app.url())];
    lines.extend(app.notes.iter().cloned());
    let _ = writeln!(out, "{}", lines.join("\n")).and_then(|()| out.flush());
}

/// Reads the files of the certificate again on each SIGHUP. Without TLS, it is ignored: a closing terminal sends it.
async fn reload_on(mut hang_ups: Signal, certificate: Option<Arc<Served>>) {
    while hang_ups.recv().await.is_some() {
        match certificate.clone() {
            Some(certificate) => drop(actix_web::rt::task::spawn_blocking(move || certificate.reload()).await),
            None => tracing::info!("SIGHUP is ignored"),
        }
    }
}

/// Completes on SIGINT (Ctrl-C) or SIGTERM.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
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
