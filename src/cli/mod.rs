//! The commands of the binary.

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
        Command::Serve => serve::run(settings),
        Command::Migrate => migrate::run(&settings),
        Command::Audit { json } => audit::run(&settings, json),
        Command::Reconcile { provider, file, apply, json } => reconcile::run(&settings, &provider, &file, apply, json),
        Command::Backup { dir } => backup::run(&settings, &dir),
    });
    done.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "tradepost: {error:#}");
        ExitCode::from(failed)
    })
}
