//! `tradepost check`: verifies the files of all SQLite stores, also beside a running server.

use std::io::Write;
use std::process::ExitCode;

use crate::app::stores::Stores;
use crate::config::Settings;
use crate::db::Class;
use crate::db::connection::verify::Verification;

/// Verifies every store and prints one line for each, and its problems. The exit code is 0 if all are intact, 1 if one
/// is damaged, 2 if one cannot be read.
pub fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let stores = Stores::open(settings)?;
    let mut out = std::io::stdout();
    let mut code = 0;
    for (owner, store, _) in stores.all() {
        let place = store.file().map_or_else(|| store.engine().to_owned(), |file| file.display().to_string());
        // The sandbox platform has no store if it was never enabled here.
        if owner != "sandbox" && store.file().is_some_and(|file| !file.exists()) {
            code = 2;
            writeln!(out, "MISSING  {owner:8} {place}")?;
            continue;
        }
        let (verdict, problems) = match store.problems(Verification::All) {
            Ok(None) => ("server", vec!["the server verifies its own files".to_owned()]),
            Ok(Some(problems)) if problems.is_empty() => ("intact", problems),
            Ok(Some(problems)) => {
                code = code.max(1);
                ("DAMAGED", problems)
            }
            Err(error) if error.class == Class::Damaged => {
                code = code.max(1);
                ("DAMAGED", vec![error.source.to_string()])
            }
            Err(error) => {
                code = 2;
                ("FAILED", vec![error.source.to_string()])
            }
        };
        writeln!(out, "{verdict:8} {owner:8} {place}")?;
        for problem in problems {
            writeln!(out, "         {problem}")?;
        }
    }
    Ok(ExitCode::from(code))
}
