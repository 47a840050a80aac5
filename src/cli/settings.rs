//! `tradepost config`: the settings in effect, and where each comes from.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use toml::Value;

use super::colour::Colours;
use crate::config;
use crate::config::layer::{Effective, Origin};

/// A setting, as JSON.
#[derive(Serialize)]
struct Line<'a> {
    setting: &'a str,
    value: &'a Value,
    variable: String,
    #[serde(flatten)]
    origin: Source<'a>,
}

#[derive(Serialize)]
#[serde(tag = "origin", rename_all = "snake_case")]
enum Source<'a> {
    Default,
    File { file: &'a str, line: usize },
    Variable { from: &'a str },
}

/// Prints the settings in effect, or only those that are `changed`. Secrets are masked. If a value is invalid, the error
/// follows the list.
pub fn run(file: Option<&Path>, changed: bool, json: bool) -> anyhow::Result<ExitCode> {
    let layers = config::layers(file)?;
    let mut all = layers.effective();
    if changed {
        all.retain(|setting| setting.origin != Origin::Default);
    }
    if json {
        print_json(&all)?
    } else {
        print(&all)?
    }
    layers.settings()?;
    Ok(ExitCode::SUCCESS)
}

fn print_json(all: &[Effective]) -> anyhow::Result<()> {
    let line = |setting: &'_ Effective| -> serde_json::Result<serde_json::Value> {
        let origin = match &setting.origin {
            Origin::Default => Source::Default,
            Origin::File { name, line } => Source::File { file: name, line: *line },
            Origin::Variable(name) => Source::Variable { from: name },
        };
        let variable = config::variable_of(&setting.key);
        serde_json::to_value(Line { setting: &setting.key, value: &setting.value, variable, origin })
    };
    let lines = all.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&lines)?)?;
    Ok(())
}

fn print(all: &[Effective]) -> anyhow::Result<()> {
    let colours = Colours::of_output();
    let texts: Vec<(String, &Origin)> = all.iter().map(|setting| (setting.line(), &setting.origin)).collect();
    let width = texts.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
    let mut out = std::io::stdout();
    for (text, origin) in texts {
        writeln!(out, "{text:width$}  {}", colours.faint(&format!("# {origin}")))?;
    }
    Ok(())
}
