//! The command line of the binary: its arguments, and one module per command.

mod admin;
mod audit;
pub mod backup;
mod certificate_check;
mod check;
mod colour;
mod completions;
mod doctor;
mod health;
mod help;
pub mod import;
mod man;
mod migrate;
mod probe;
mod progress;
pub mod reconcile;
pub mod restore;
mod serve;
mod settings;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueHint};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::app::announcement::VERSION;
use crate::app::audit::Since;
use crate::audit::KeptHead;
use crate::config;
use crate::domain::Invalid;
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;

/// The order and payment back end of a shop.
#[derive(Debug, Parser)]
#[command(name = "tradepost", version = VERSION, after_help = help::TRADEPOST)]
pub struct Cli {
    /// A file with settings that override the defaults.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default).
    #[command(after_help = help::SERVE)]
    Serve,
    /// Migrate the tables to the newest version and exit.
    #[command(after_help = help::MIGRATE)]
    Migrate,
    /// Check every invariant of the books.
    #[command(after_help = help::AUDIT)]
    Audit {
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
        /// A head that an earlier audit printed, such as order=17:9f86…; may be repeated. It must be on the chain.
        #[arg(long = "head", value_name = "OWNER=NUMBER:HASH")]
        kept: Vec<KeptHead>,
        /// A file with the output of earlier audits, whose heads must be on the chains.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        heads: Option<PathBuf>,
        /// Check only what was changed since then: a time span such as 1h, or a time such as 2026-11-25T10:00:00Z.
        #[arg(long, value_name = "TIME", conflicts_with_all = ["kept", "heads"])]
        since: Option<Since>,
    },
    /// Verify the files of all SQLite stores.
    #[command(after_help = help::CHECK)]
    Check,
    /// Compare a platform's statement with the books.
    #[command(after_help = help::RECONCILE)]
    Reconcile {
        /// Name of the payment platform.
        #[arg(long)]
        provider: String,
        /// File with the platform's statement: as it was downloaded, or the archive.
        #[arg(required_unless_present = "day", conflicts_with = "day", value_hint = ValueHint::FilePath)]
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
    #[command(after_help = help::IMPORT)]
    Import {
        #[command(subcommand)]
        command: import::Command,
    },
    /// Manage administrators.
    #[command(after_help = help::ADMIN)]
    Admin {
        #[command(subcommand)]
        command: admin::Command,
    },
    /// Copy all SQLite stores as of one moment. A server may be running.
    #[command(after_help = help::BACKUP)]
    Backup {
        /// Target directory. It is created, or must be empty and closed to other users.
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
    },
    /// Put the stores of a backup where the settings say. Existing stores are never overwritten.
    #[command(after_help = help::RESTORE)]
    Restore {
        /// Directory of the backup.
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
    },
    /// Print the settings in effect, and where each comes from.
    #[command(after_help = help::CONFIG)]
    Config {
        /// Only settings that are not at their default.
        #[arg(long)]
        changed: bool,
        /// Print the settings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Look for what would keep the server from running well: stores, clocks, files, ports, keys.
    #[command(after_help = help::DOCTOR)]
    Doctor {
        /// Print the findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Ask the running server whether it is ready.
    #[command(after_help = help::HEALTH)]
    Health {
        /// Address of the server. Default: the setting http.listen.
        address: Option<SocketAddr>,
    },
    /// Print what a shell needs to complete commands and options.
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: completions::Shell,
    },
    /// Print a manual page, or write all of them.
    #[command(after_help = help::MAN)]
    Man {
        /// The command whose page is printed, such as `import goods`. Default: the page of tradepost itself.
        #[arg(value_name = "COMMAND", conflicts_with = "dir")]
        names: Vec<String>,
        /// Write the pages of all commands into this directory.
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        dir: Option<PathBuf>,
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
    if !matches!(command, Command::Man { .. }) {
        // Manual pages are for everyone. What the other commands write is not.
        umask(Mode::RWXG | Mode::RWXO);
    }
    let is_check = matches!(command, Command::Audit { .. } | Command::Check | Command::Reconcile { .. });
    let failure_code = if is_check { 2 } else { 1 };
    carry_out(command, cli.config.as_deref()).unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "tradepost: {error:#}");
        ExitCode::from(failure_code)
    })
}

fn carry_out(command: Command, file: Option<&Path>) -> anyhow::Result<ExitCode> {
    // Some commands also work if the settings are wrong.
    let settings = || config::load(file);
    match command {
        Command::Serve => serve::run(settings()?),
        Command::Migrate => migrate::run(&settings()?),
        Command::Audit { json, kept, heads, since } => audit::run(&settings()?, json, kept, heads.as_deref(), since),
        Command::Check => check::run(&settings()?),
        Command::Reconcile { provider, file, day, bill, apply, json } => {
            let input = day.map(reconcile::Input::Day).or(file.map(reconcile::Input::File));
            let input = input.context("a file or --day must be given")?;
            let arguments = reconcile::Arguments { provider: &provider, bill, apply };
            reconcile::run(&settings()?, &arguments, &input, json)
        }
        Command::Import { command } => import::run(&settings()?, command),
        Command::Admin { command } => admin::run(&settings()?, command),
        Command::Backup { dir } => backup::run(&settings()?, &dir),
        Command::Restore { dir } => restore::run(&settings()?, &dir),
        Command::Config { changed, json } => settings::run(file, changed, json),
        Command::Doctor { json } => doctor::run(file, json),
        Command::Health { address } => health::run(&settings()?, address),
        Command::Completions { shell } => completions::run(shell),
        Command::Man { names, dir } => man::run(&names, dir.as_deref()),
    }
}
