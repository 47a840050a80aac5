//! `tradepost check`: verifies the files of all SQLite stores, also beside a running server.

use std::io::Write;
use std::process::ExitCode;

use super::backup::size;
use super::colour::Colours;
use super::progress::Progress;
use crate::app::stores::Stores;
use crate::config::Settings;
use crate::db::connection::verify::Verification;
use crate::db::{Class, Store};

/// The outcome for one store.
struct Verdict {
    word: &'static str,
    exit_code: u8,
    problems: Vec<String>,
}

/// Verifies every store and prints one line for each, and its problems. The exit code is 0 if all are intact, 1 if one
/// is damaged, 2 if one cannot be read.
pub fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let stores = Stores::open(settings)?;
    let colours = Colours::of_output();
    let progress = Progress::bytes(stores.all().iter().map(|(_, store, _)| size(store)).sum());
    let (mut lines, mut code) = (Vec::new(), 0);
    for (owner, store, _) in stores.all() {
        progress.doing(owner);
        let Verdict { word, exit_code, problems } = verify(owner, store);
        progress.advance(size(store));
        let word = format!("{word:8}");
        let word = if exit_code == 0 { colours.good(&word) } else { colours.bad(&word) };
        let place = store.file().map_or_else(|| store.engine().to_owned(), |file| file.display().to_string());
        lines.push(format!("{word} {owner:8} {place}"));
        lines.extend(problems.into_iter().map(|problem| format!("         {problem}")));
        code = code.max(exit_code);
    }
    progress.finish();
    writeln!(std::io::stdout(), "{}", lines.join("\n"))?;
    Ok(ExitCode::from(code))
}

fn verify(owner: &str, store: &Store) -> Verdict {
    // The sandbox platform has no store if it was never enabled here.
    if owner != "sandbox" && store.file().is_some_and(|file| !file.exists()) {
        return Verdict { word: "MISSING", exit_code: 2, problems: Vec::new() };
    }
    match store.problems(Verification::All) {
        Ok(None) => {
            let problems = vec!["the server verifies its own files".to_owned()];
            Verdict { word: "server", exit_code: 0, problems }
        }
        Ok(Some(problems)) if problems.is_empty() => Verdict { word: "intact", exit_code: 0, problems },
        Ok(Some(problems)) => Verdict { word: "DAMAGED", exit_code: 1, problems },
        Err(error) => {
            let (word, exit_code) = if error.class == Class::Damaged { ("DAMAGED", 1) } else { ("FAILED", 2) };
            Verdict { word, exit_code, problems: vec![error.source.to_string()] }
        }
    }
}
