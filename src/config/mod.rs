//! Loads the settings in three layers: `config/default.toml` (compiled in), a settings file, and environment variables.
//! Later layers override earlier ones. `config/default.toml` lists all keys. A key that it does not list is an error,
//! and so is a value of another type than the default.

mod check;
pub mod credentials;
pub mod key_file;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use std::path::Path;

use toml::{Table, Value};

pub use settings::*;
pub use value::{InitialPassword, LogFilter, PublicUrl, SecondName, SeparateListen, SigningSecret};

use crate::actor::Faults;

/// The text of `config/default.toml`.
pub const DEFAULT: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "TRADEPOST__";

/// An invalid setting. Its `Display` text is a single line.
#[derive(Debug, thiserror::Error)]
#[error("setting {key}: {why}")]
pub struct Error {
    /// The key of the setting, as `section.key`, or the name of the option or variable at fault.
    pub key: String,
    /// The problem with it.
    pub why: String,
}

impl Error {
    /// Creates the error for `key` with the reason `why`. Control characters in both are escaped.
    pub fn new(key: &str, why: impl std::fmt::Display) -> Self {
        Self { key: one_line(key), why: one_line(&why.to_string()) }
    }
}

/// Escapes control characters. A settings file may contain line feeds, which could otherwise forge log lines.
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

/// Loads the settings: the defaults, then `file`, then the environment variables that start with `TRADEPOST__`.
///
/// # Errors
/// The first invalid setting, or `--config` if `file` cannot be read.
pub fn load(file: Option<&Path>) -> Result<Settings, Error> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Error::new("--config", format!("{}: {error}", path.display())))?,
        None => String::new(),
    };
    read(&text, environment()?)
}

/// The environment variables of this process that start with [`PREFIX`], and `RUST_LOG` as `log.filter` if the variable of
/// that setting is not set. Other variables are ignored, even if they are not UTF-8.
///
/// # Errors
/// Fails if the value of a setting is not UTF-8.
#[expect(clippy::disallowed_methods, reason = "only this module reads the environment")]
fn environment() -> Result<Vec<(String, String)>, Error> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let Some(value) = value.to_str() else {
            return Err(Error::new(&path_of(name), format!("the variable {name} is not UTF-8")));
        };
        variables.push((name.to_owned(), value.to_owned()));
    }
    let own = format!("{PREFIX}LOG__FILTER");
    if let Ok(filter) = std::env::var("RUST_LOG")
        && !filter.is_empty()
        && !variables.iter().any(|(name, _)| *name == own)
    {
        variables.push((own, filter));
    }
    Ok(variables)
}

/// Whether the environment variable `NO_COLOR` is set and not empty; see <https://no-color.org>.
#[must_use]
pub fn is_colour_refused() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The setting of an environment variable: `orders.pay_within` for `TRADEPOST__ORDERS__PAY_WITHIN`.
fn path_of(name: &str) -> String {
    name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".")
}

/// Reads the planned faults of a test run from the environment variable `TRADEPOST_FAULTS`. Requires the cargo feature
/// `faults`.
///
/// # Errors
/// If the plan cannot be parsed.
#[cfg(feature = "faults")]
#[expect(clippy::disallowed_methods, reason = "only this module reads the environment")]
pub fn faults() -> Result<Faults, Error> {
    let plan = std::env::var("TRADEPOST_FAULTS").unwrap_or_default();
    Faults::parse(&plan).map_err(|why| Error::new("TRADEPOST_FAULTS", why))
}

/// Returns no faults, because this build does not have the cargo feature `faults`.
///
/// # Errors
/// Never.
#[cfg(not(feature = "faults"))]
pub fn faults() -> Result<Faults, Error> {
    Ok(Faults::default())
}

/// Applies `file`, the text of a settings file, and then `variables`, pairs of name and value, to the defaults.
///
/// # Errors
/// The first invalid setting.
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

/// Replaces values in `table` by those in `from`. `path` is the key of `table`, for error messages.
fn overlay(table: &mut Table, from: Table, path: &str) -> Result<(), Error> {
    for (key, value) in from {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (table.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(value)) => overlay(inner, value, &path)?,
            (Some(default), value) if default.same_type(&value) => *default = value,
            // It used to be an integer.
            (Some(default), Value::Integer(number)) if path == "node.id" => {
                *default = Value::String(number.to_string())
            }
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

/// Sets the setting that is named by the environment variable `name`. `text` is parsed as the type of the default.
fn set(table: &mut Table, name: &str, text: &str) -> Result<(), Error> {
    let path = path_of(name);
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
