//! `tradepost migrate`: migrates the tables and exits.

use std::io::Write;
use std::process::ExitCode;

use crate::app::stores::Stores;
use crate::config::Settings;

/// Migrates all tables to the newest version and prints the migrations that ran.
pub fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    for migration in Stores::open(settings)?.migrate()? {
        writeln!(out, "{migration}")?;
    }
    Ok(ExitCode::SUCCESS)
}
