//! The command line of the binary: its arguments, and one module per command.

mod audit;
pub mod backup;
mod migrate;
pub mod reconcile;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config;

/// The order and payment back end of a shop.
#[derive(Debug, Parser)]
#[command(name = "tradepost", version)]
pub struct Cli {
    /// A file with settings that override the defaults.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default).
    Serve,
    /// Migrate the tables to the newest version and exit.
    Migrate,
    /// Check every invariant of the books. Exit code: 0 if all hold, 1 if one is violated, 2 if the audit fails.
    Audit {
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Compare a platform's statement with the books. Exit code: 0 if all entries match, 1 if there are
    /// differences, 2 if they cannot be compared.
    Reconcile {
        /// Name of the payment platform.
        #[arg(long)]
        provider: String,
        /// File with the platform's statement.
        file: PathBuf,
        /// Record payments and refunds missing from the books, as if the platform had sent their notifications.
        #[arg(long)]
        apply: bool,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Copy all SQLite stores as of one moment. A server may be running.
    Backup {
        /// Target directory. It must be empty; it is created if it does not exist.
        dir: PathBuf,
    },
}

/// Runs one command. An error is printed as one line on standard error. The exit code of a failure is 2 for `audit` and
/// `reconcile`, otherwise 1.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let command = cli.command.unwrap_or(Command::Serve);
    let is_check = matches!(command, Command::Audit { .. } | Command::Reconcile { .. });
    let failure_code = if is_check { 2 } else { 1 };
    let settings = config::load(cli.config.as_deref()).map_err(anyhow::Error::from);
    let outcome = settings.and_then(|settings| match command {
        Command::Serve => serve::run(settings),
        Command::Migrate => migrate::run(&settings),
        Command::Audit { json } => audit::run(&settings, json),
        Command::Reconcile { provider, file, apply, json } => reconcile::run(&settings, &provider, &file, apply, json),
        Command::Backup { dir } => backup::run(&settings, &dir),
    });
    outcome.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "tradepost: {error:#}");
        ExitCode::from(failure_code)
    })
}
