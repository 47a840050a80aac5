//! The settings: `config/default.toml` (compiled in), then a file, then the environment. The default file is the list of
//! all keys: any other is refused, and a value must be of the kind that stands there.

mod check;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use std::path::Path;

use toml::{Table, Value};

pub use settings::*;
pub use value::{InitialPassword, PublicUrl, SecondName, SeparateListen, SigningSecret};

use crate::actor::Faults;

/// `config/default.toml`.
pub const DEFAULT: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "TRADEPOST__";

/// A setting that cannot be used: the one line the start fails with.
#[derive(Debug, thiserror::Error)]
#[error("setting {key}: {why}")]
pub struct Error {
    /// Which setting, as `section.key`.
    pub key: String,
    /// What is wrong with it.
    pub why: String,
}

impl Error {
    /// `key` is wrong because of `why`.
    pub fn new(key: &str, why: impl std::fmt::Display) -> Self {
        Self { key: one_line(key), why: one_line(&why.to_string()) }
    }
}

/// The same with control characters as they are written in a string: what stands in a file may have line feeds in it,
/// which would forge lines of the log.
fn one_line(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        if c.is_control() {
            line.extend(c.escape_default())
        } else {
            line.push(c)
        }
        line
    })
}

/// Reads the settings: the defaults, then `file`, then the variables of this process that begin with `TRADEPOST__`.
///
/// # Errors
/// The first setting that cannot be used.
pub fn load(file: Option<&Path>) -> Result<Settings, Error> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Error::new("--config", format!("{}: {error}", path.display())))?,
        None => String::new(),
    };
    read(&text, environment())
}

/// The variables of this process.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn environment() -> Vec<(String, String)> {
    std::env::vars().filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

/// The faults a test run planned from outside, in the variable `TRADEPOST_FAULTS`; only with the cargo feature `faults`.
///
/// # Errors
/// Where it cannot be read.
#[cfg(feature = "faults")]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn faults() -> Result<Faults, Error> {
    let plan = std::env::var("TRADEPOST_FAULTS").unwrap_or_default();
    Faults::parse(&plan).map_err(|why| Error::new("TRADEPOST_FAULTS", why))
}

/// No faults: this build has none.
///
/// # Errors
/// None.
#[cfg(not(feature = "faults"))]
pub fn faults() -> Result<Faults, Error> {
    Ok(Faults::default())
}

/// The settings from the text of a file and named variables, over the defaults.
///
/// # Errors
/// The first setting that cannot be used.
pub fn read(file: &str, variables: Vec<(String, String)>) -> Result<Settings, Error> {
    let mut table: Table = DEFAULT.parse().map_err(|error| Error::new("config/default.toml", error))?;
    let file: Table = file.parse().map_err(|error: toml::de::Error| Error::new("--config", error.message()))?;
    overlay(&mut table, file, "")?;
    for (name, text) in variables {
        set(&mut table, &name, &text)?;
    }
    let settings: Settings = serde_path_to_error::deserialize(table).map_err(|error| {
        let key = error.path().to_string();
        Error::new(&key, error.into_inner().message())
    })?;
    check::check(&settings)?;
    Ok(settings)
}

fn overlay(table: &mut Table, from: Table, path: &str) -> Result<(), Error> {
    for (key, value) in from {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (table.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(value)) => overlay(inner, value, &path)?,
            (Some(default), value) if default.same_type(&value) => *default = value,
            (Some(default), value) => {
                return Err(Error::new(
                    &path,
                    format!("must be of type {}, not {}", default.type_str(), value.type_str()),
                ));
            }
            (None, _) => return Err(Error::new(&path, "there is no such setting")),
        }
    }
    Ok(())
}

fn set(table: &mut Table, name: &str, text: &str) -> Result<(), Error> {
    let path = name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".");
    let unknown = || Error::new(&path, format!("there is no such setting ({name})"));
    let (sections, key) = path.rsplit_once('.').map_or((None, path.as_str()), |(sections, key)| (Some(sections), key));
    let inner = sections
        .into_iter()
        .flat_map(|sections| sections.split('.'))
        .try_fold(table, |table, section| table.get_mut(section).and_then(Value::as_table_mut));
    let value = inner.and_then(|table| table.get_mut(key)).ok_or_else(unknown)?;
    *value = match value {
        Value::String(_) => Value::String(text.to_owned()),
        Value::Integer(_) => {
            text.parse().map(Value::Integer).map_err(|_| Error::new(&path, format!("{text:?} is not an integer")))?
        }
        Value::Boolean(_) => {
            text.parse().map(Value::Boolean).map_err(|_| Error::new(&path, format!("{text:?} is not true or false")))?
        }
        _ => return Err(unknown()),
    };
    Ok(())
}
