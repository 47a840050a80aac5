//! The commands of the binary.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::app::stores::Stores;
use crate::app::{self, App};
use crate::config::{self, Settings};
use crate::domain::clock::Clock;
use crate::reconcile::{Difference, Kind};
use crate::telemetry;

/// The order and payment back end of a shop.
#[derive(Debug, Parser)]
#[command(name = "tradepost", version)]
pub struct Cli {
    /// A file with settings that differ from the defaults.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (the default).
    Serve,
    /// Bring the tables to the newest version and end.
    Migrate,
    /// Check every invariant of the books: exit 0 where all hold, 1 with the violations, 2 where they cannot be read.
    Audit {
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Compare a platform's statement with our books: exit 0 where all matches, 1 with what differs, 2 where they cannot be
    /// compared.
    Reconcile {
        /// The platform.
        #[arg(long)]
        provider: String,
        /// Its statement.
        file: PathBuf,
        /// Repair what telling Pay of it repairs.
        #[arg(long)]
        apply: bool,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Copy all SQLite stores as they are at one moment, beside a running server too.
    Backup {
        /// Where to: a directory that is made, or is there and empty.
        dir: PathBuf,
    },
}

/// Runs one command; what goes wrong is one line on standard error.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let command = cli.command.unwrap_or(Command::Serve);
    let checks = matches!(command, Command::Audit { .. } | Command::Reconcile { .. });
    let failed = if checks { 2 } else { 1 };
    let settings = config::load(cli.config.as_deref()).map_err(anyhow::Error::from);
    let done = settings.and_then(|settings| match command {
        Command::Serve => serve(settings),
        Command::Migrate => migrate(&settings),
        Command::Audit { json } => check(&settings, json),
        Command::Reconcile { provider, file, apply, json } => reconcile(&settings, &provider, &file, apply, json),
        Command::Backup { dir } => backup(&settings, &dir),
    });
    done.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "tradepost: {error:#}");
        ExitCode::from(failed)
    })
}

fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
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

fn reconcile(settings: &Settings, provider: &str, file: &Path, apply: bool, json: bool) -> anyhow::Result<ExitCode> {
    let statement = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let report = actix_web::rt::System::new().block_on(app::reconcile::run(settings, provider, &statement, apply))?;
    let mut out = std::io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        for kind in Kind::ALL {
            let count = report.counts.get(&kind).copied().unwrap_or(0);
            writeln!(out, "{:14} {count:>9}", kind.word())?;
        }
        for difference in &report.differences {
            let Difference { kind, out_trade_no, refund_no, ours, theirs, .. } = difference;
            let refund = refund_no.as_ref().map(|number| format!(" refund {number}")).unwrap_or_default();
            writeln!(out, "  {}: payment {out_trade_no}{refund}: ours: {ours}; theirs: {theirs}", kind.word())?;
        }
        writeln!(out, "{} repaired", report.repaired)?;
    }
    Ok(if report.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

#[cfg(feature = "sqlite")]
fn backup(settings: &Settings, dir: &Path) -> anyhow::Result<ExitCode> {
    let copied = app::backup::run(settings, dir)?;
    writeln!(std::io::stdout(), "copied to {}: {}", dir.display(), copied.join(", "))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(feature = "sqlite"))]
fn backup(_: &Settings, _: &Path) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no SQLite stores: use the backup of the database server")
}

/// How far a long command has come, on a terminal; elsewhere nothing is shown.
struct Bar {
    is_shown: bool,
}

impl Bar {
    const CELLS: u64 = 40;

    fn new() -> Self {
        Self { is_shown: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, done: u64, of: u64) {
        if self.is_shown {
            let cells = (done.min(of) * Self::CELLS).checked_div(of).unwrap_or(Self::CELLS);
            let full = "#".repeat(usize::try_from(cells).unwrap_or(0));
            let _ = write!(std::io::stderr(), "\r[{full:.<40}] {done} of {of} orders");
        }
    }

    fn clear(&mut self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r{:80}\r", "");
        }
    }
}

/// Ends when the process is asked to stop: Ctrl-C, or SIGTERM.
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

fn migrate(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    for migration in Stores::open(settings)?.migrate()? {
        writeln!(out, "{migration}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(settings: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new();
    let report = app::books::audit(settings, Clock::default().now(), |done, of| bar.show(done, of))?;
    bar.clear();
    let mut out = std::io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        for invariant in &report.invariants {
            let verdict = if invariant.ok { "holds" } else { "BROKEN" };
            writeln!(out, "{verdict:6}  {:18} {:>9} checked", invariant.name, invariant.checked)?;
            for violation in &invariant.violations {
                writeln!(out, "          {violation}")?;
            }
        }
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
