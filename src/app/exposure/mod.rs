//! Settings, files and stores that a start must not expose: refused or warned of, by profile and address.
//!
//! `table.rs` has a line for each of them. [`file`](mod@file) looks at files and folders, [`demo`] at what a store holds, and
//! [`summary`] says what is left.

mod condition;
mod database;
pub mod demo;
pub mod file;
pub mod summary;
mod table;
#[cfg(test)]
mod tests;
pub mod weak;

use crate::config::layer::Origin;
use crate::config::{Error, Profile, Settings};

/// The profiles that a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum In {
    Any,
    Default,
    Production,
}

impl In {
    fn has(self, profile: Profile) -> bool {
        match self {
            Self::Any => true,
            Self::Default => profile == Profile::Default,
            Self::Production => profile == Profile::Production,
        }
    }
}

/// The addresses that a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// All addresses.
    Any,
    /// `http.listen` is an address that other machines may reach.
    Open,
}

impl On {
    fn has(self, settings: &Settings) -> bool {
        match self {
            Self::Any => true,
            Self::Open => condition::is_open(settings),
        }
    }
}

/// The reaction of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ends with one line.
    Refused,
    /// It logs a warning.
    Warned,
}

/// A line of the table.
struct Line {
    key: &'static str,
    profile: In,
    address: On,
    outcome: Outcome,
    is_so: fn(&Settings) -> bool,
    problem: &'static str,
    way_out: &'static str,
}

/// A line of the table that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The setting.
    pub key: &'static str,
    /// The reaction of a start.
    pub outcome: Outcome,
    /// The fault of its value.
    pub problem: &'static str,
    /// The next step.
    pub way_out: &'static str,
}

/// The lines of the table that are so under these settings, in their order.
#[must_use]
pub fn judge(settings: &Settings) -> Vec<Found> {
    let is_so =
        |line: &&Line| line.profile.has(settings.profile) && line.address.has(settings) && (line.is_so)(settings);
    let found = table::LINES.iter().filter(is_so);
    found.map(|&Line { key, outcome, problem, way_out, .. }| Found { key, outcome, problem, way_out }).collect()
}

/// Refuses what may not be exposed.
///
/// # Errors
/// The first setting that is refused, with the way out.
pub fn expect_allowed(settings: &Settings) -> Result<(), Error> {
    match judge(settings).into_iter().find(|found| found.outcome == Outcome::Refused) {
        None => Ok(()),
        Some(Found { key, problem, way_out, .. }) => Err(refused(settings, key, problem, way_out)),
    }
}

/// Logs a warning for each setting that exposes something.
pub fn warn(settings: &Settings) {
    for Found { key, problem, way_out, .. } in
        judge(settings).into_iter().filter(|found| found.outcome == Outcome::Warned)
    {
        tracing::warn!("setting {key}: {problem}: {way_out}");
    }
}

/// The error of the setting `key`, with the layer that set it.
fn refused(settings: &Settings, key: &str, problem: &str, way_out: &str) -> Error {
    let origin = settings.effective.iter().find(|setting| setting.key == key).map(|setting| &setting.origin);
    let origin = origin.filter(|origin| **origin != Origin::Default).map(|origin| format!(" ({origin})"));
    Error::new(key, format!("{problem}: {way_out}{}", origin.unwrap_or_default()))
}
