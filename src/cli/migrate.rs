//! `tradepost migrate`: migrates the tables and exits.

use std::io::Write;
use std::process::ExitCode;

use super::progress::Progress;
use crate::app::stores::Stores;
use crate::config::Settings;
use crate::domain::clock::Clock;

/// Migrates all tables to the newest version and prints the migrations that ran. Beside a server, it is refused if there
/// is anything to migrate: the server would go on with tables that it does not know.
pub fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let stores = Stores::open(settings)?;
    if !stores.is_set_up()? {
        let _locks = stores.lock()?;
        let progress = Progress::waiting("migrating the tables");
        let migrations = stores.set_up()?;
        stores.begin_chains(settings.audit.chain, Clock::default().now())?;
        progress.finish();
        let mut out = std::io::stdout();
        for migration in migrations {
            writeln!(out, "{migration}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
