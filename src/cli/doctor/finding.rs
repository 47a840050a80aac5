//! A finding of the doctor.

use serde::Serialize;

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is as it should be.
    Ok,
    /// The server runs, but something should be looked at.
    Warn,
    /// The server does not run, or not safely.
    Bad,
}

/// The outcome of a check, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name of the check: of the setting, where there is one.
    pub check: String,
    /// The outcome.
    pub verdict: Verdict,
    /// The facts.
    pub detail: String,
    /// The next step, for what is not ok.
    pub way_out: Option<String>,
}

impl Finding {
    /// Nothing to do.
    pub fn ok(check: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Ok, detail: one_line(detail.into()), way_out: None }
    }

    /// Something to look at.
    pub fn warn(check: impl Into<String>, detail: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, way_out: Some(one_line(way_out.into())), ..Self::ok(check, detail) }
    }

    /// Something to repair.
    pub fn bad(check: impl Into<String>, detail: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, ..Self::warn(check, detail, way_out) }
    }
}

/// The text on one line: messages of database servers have several.
fn one_line(text: String) -> String {
    if text.contains(char::is_control) { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text }
}
