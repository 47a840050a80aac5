//! `tradepost audit`: checks every invariant of the stores.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use crate::app;
use crate::config::Settings;
use crate::domain::clock::Clock;

/// Checks every invariant and prints the report. The exit code is 0 if all hold, 1 if one is violated.
pub fn run(settings: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new();
    let report = app::audit::audit(settings, Clock::default().now(), |done, of| bar.show(done, of))?;
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

/// A progress bar on standard error; hidden if that is not a terminal.
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
