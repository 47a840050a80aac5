//! `tradepost audit`: checks every invariant of the stores.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use super::colour::Colours;
use super::progress::Progress;
use crate::app;
use crate::app::audit::Since;
use crate::audit::{ChainHead, KeptHead};
use crate::config::Settings;
use crate::domain::clock::Clock;

/// The word before a head in the printed report.
const HEAD: &str = "head";

/// Checks every invariant, and that the heads in `kept` and in the file `heads` are on the chains, and prints the
/// report. The exit code is 0 if all hold, 1 if one is violated.
pub fn run(
    settings: &Settings,
    json: bool,
    mut kept: Vec<KeptHead>,
    heads: Option<&Path>,
    since: Option<Since>,
) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        since.is_none() || settings.audit.chain,
        "audit.chain: is off, so nothing says what was changed since then; audit without --since"
    );
    if let Some(file) = heads {
        kept.extend(read_heads(file)?);
    }
    let progress = Progress::steps(0, "orders");
    let report = app::audit::audit(settings, &Clock::default(), &kept, since, |done, of| progress.set(done, of));
    progress.finish();
    let (report, colours) = (report?, Colours::of_output());
    let mut out = std::io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        for invariant in &report.invariants {
            let verdict = if invariant.ok { colours.good("holds ") } else { colours.bad("BROKEN") };
            writeln!(out, "{verdict}  {:18} {:>9} checked", invariant.name, invariant.checked)?;
            for violation in &invariant.violations {
                writeln!(out, "          {violation}")?;
            }
        }
        for ChainHead { owner, head, .. } in &report.heads {
            writeln!(out, "{HEAD}    {owner}={head}")?;
        }
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Reads the heads in `file`: the lines that the report begins with [`HEAD`].
fn read_heads(file: &Path) -> anyhow::Result<Vec<KeptHead>> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("{name}"))?;
    let lines = text.lines().filter_map(|line| line.strip_prefix(HEAD)).map(str::trim);
    let heads: Vec<KeptHead> = lines.map(str::parse).collect::<Result<_, _>>().with_context(|| format!("{name}"))?;
    anyhow::ensure!(!heads.is_empty(), "{name}: no line of it begins with {HEAD:?}");
    Ok(heads)
}
