//! `tradepost doctor`: looks for what would keep the server from running well, and says what to do. It changes nothing.

mod access;
mod certificate;
mod exposure;
mod finding;
mod machine;
mod platform;
mod port;
mod store;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use self::finding::{Finding, Verdict};
use super::colour::Colours;
use crate::config::{self, Settings};
use crate::domain::clock::Clock;

/// All findings.
#[derive(Serialize)]
struct Report {
    /// Whether nothing is bad.
    ok: bool,
    findings: Vec<Finding>,
}

/// Checks everything and prints the findings. The exit code is 0 if nothing is bad, 1 otherwise.
pub fn run(file: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let findings = examine(file);
    let ok = findings.iter().all(|finding| finding.verdict != Verdict::Bad);
    if json {
        let report = Report { ok, findings };
        writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&findings)?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn examine(file: Option<&Path>) -> Vec<Finding> {
    let mut findings = unread_variables();
    match config::load(file) {
        Err(error) => {
            let way_out = "correct it; `tradepost config` shows what is in effect";
            findings.push(Finding::bad("settings", error.to_string(), way_out));
        }
        Ok(settings) => {
            findings.push(Finding::ok("settings", "all are valid".to_owned()));
            findings.extend(examine_settings(&settings, file));
        }
    }
    findings
}

fn examine_settings(settings: &Settings, file: Option<&Path>) -> Vec<Finding> {
    let clock = Clock::default();
    let mut findings = exposure::check(settings);
    findings.extend(access::check(settings, file));
    findings.extend(certificate::of_listeners(settings, clock.now()));
    findings.extend(store::check(settings, &clock));
    findings.extend(port::check(settings));
    findings.extend(machine::check(settings));
    findings.extend(platform::check(settings, &clock));
    findings
}

/// The variables that look like settings and have no effect.
fn unread_variables() -> Vec<Finding> {
    let unread = config::unread_variables().into_iter();
    let finding = |(name, meant)| Finding::warn("environment", format!("{name} has no effect"), format!("set {meant}"));
    unread.map(finding).collect()
}

fn print(findings: &[Finding]) -> anyhow::Result<()> {
    let (mut out, colours) = (std::io::stdout(), Colours::of_output());
    let width = findings.iter().map(|finding| finding.check.chars().count()).max().unwrap_or(0);
    for Finding { check, verdict, detail, way_out } in findings {
        let word = match verdict {
            Verdict::Ok => colours.good("ok  "),
            Verdict::Warn => colours.doubtful("warn"),
            Verdict::Bad => colours.bad("bad "),
        };
        let way_out = way_out.as_ref().map(|way_out| format!(": {way_out}")).unwrap_or_default();
        writeln!(out, "{word}  {check:width$}  {detail}{way_out}")?;
    }
    Ok(())
}
