//! The command line of the binary: its arguments, and one module per command.

mod admin;
mod audit;
pub mod backup;
mod check;
pub mod import;
mod migrate;
pub mod reconcile;
pub mod restore;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::app::announcement::VERSION;
use crate::app::audit::Since;
use crate::audit::KeptHead;
use crate::config;
use crate::domain::Invalid;
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;

/// The order and payment back end of a shop.
#[derive(Debug, Parser)]
#[command(name = "tradepost", version = VERSION)]
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
        /// A head that an earlier audit printed, such as order=17:9f86…; may be repeated. It must be on the chain.
        #[arg(long = "head", value_name = "OWNER=NUMBER:HASH")]
        kept: Vec<KeptHead>,
        /// A file with the output of earlier audits, whose heads must be on the chains.
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
        /// Check only what was changed since then: a time span such as 1h, or a time such as 2026-11-25T10:00:00Z.
        #[arg(long, value_name = "TIME", conflicts_with_all = ["kept", "heads"])]
        since: Option<Since>,
    },
    /// Verify the files of all SQLite stores. Exit code: 0 if all are intact, 1 if one is damaged, 2 if one cannot be read.
    Check,
    /// Compare a platform's statement with the books. Exit code: 0 if all entries match, 1 if there are
    /// differences, 2 if they cannot be compared.
    Reconcile {
        /// Name of the payment platform.
        #[arg(long)]
        provider: String,
        /// File with the platform's statement: as it was downloaded, or the archive.
        #[arg(required_unless_present = "day", conflicts_with = "day")]
        file: Option<PathBuf>,
        /// Download the statement of this day, such as 2026-11-25, from the platform.
        #[arg(long, value_parser = day)]
        day: Option<Day>,
        /// The kind of statement: trade (payments and refunds) or funds (what was booked in the merchant's account).
        #[arg(long, value_parser = bill, default_value = "trade")]
        bill: Bill,
        /// Record payments and refunds missing from the books, as if the platform had sent their notifications. A
        /// statement of funds repairs nothing.
        #[arg(long)]
        apply: bool,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Import data into a running server.
    Import {
        #[command(subcommand)]
        command: import::Command,
    },
    /// Manage administrators.
    Admin {
        #[command(subcommand)]
        command: admin::Command,
    },
    /// Copy all SQLite stores as of one moment. A server may be running.
    Backup {
        /// Target directory. It must be empty; it is created if it does not exist.
        dir: PathBuf,
    },
    /// Put the stores of a backup where the settings say. Existing stores are never overwritten.
    Restore {
        /// Directory of the backup.
        dir: PathBuf,
    },
}

fn day(text: &str) -> Result<Day, Invalid> {
    text.parse()
}

fn bill(text: &str) -> Result<Bill, Invalid> {
    text.parse()
}

/// Runs one command. An error is printed as one line on standard error. The exit code of a failure is 2 for `audit`,
/// `check` and `reconcile`, otherwise 1.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let command = cli.command.unwrap_or(Command::Serve);
    let is_check = matches!(command, Command::Audit { .. } | Command::Check | Command::Reconcile { .. });
    let failure_code = if is_check { 2 } else { 1 };
    let settings = config::load(cli.config.as_deref()).map_err(anyhow::Error::from);
    let outcome = settings.and_then(|settings| match command {
        Command::Serve => serve::run(settings),
        Command::Migrate => migrate::run(&settings),
        Command::Audit { json, kept, heads, since } => audit::run(&settings, json, kept, heads.as_deref(), since),
        Command::Check => check::run(&settings),
        Command::Reconcile { provider, file, day, bill, apply, json } => {
            let input = day.map(reconcile::Input::Day).or(file.map(reconcile::Input::File));
            let input = input.context("a file or --day must be given")?;
            let arguments = reconcile::Arguments { provider: &provider, bill, apply };
            reconcile::run(&settings, &arguments, &input, json)
        }
        Command::Import { command } => import::run(&settings, command),
        Command::Admin { command } => admin::run(&settings, command),
        Command::Backup { dir } => backup::run(&settings, &dir),
        Command::Restore { dir } => restore::run(&settings, &dir),
    });
    outcome.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "tradepost: {error:#}");
        ExitCode::from(failure_code)
    })
}
