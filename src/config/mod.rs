//! Loads the settings in three layers: `config/default.toml` (compiled in), a settings file, and environment variables.
//! Later layers override earlier ones. `config/default.toml` lists all keys. A key that it does not list is an error,
//! and so is a value of another type than the default.

mod check;
pub mod credentials;
pub mod key_file;
pub mod layer;
pub mod secret;
pub mod service_manager;
mod settings;
mod suggestion;
#[cfg(test)]
mod tests;
mod value;
mod webhooks;

use std::path::Path;

use layer::{File, Layers, Variable};
pub use settings::*;
pub use value::{InitialPassword, LogFilter, PublicUrl, SecondName, SeparateListen, SigningSecret};
pub use webhooks::{Schedule, Webhooks};

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
    layers(file)?.settings()
}

/// Loads the layers of the settings, whose values are not checked yet.
///
/// # Errors
/// The first setting that does not exist or has another type, or `--config` if `file` cannot be read.
pub fn layers(file: Option<&Path>) -> Result<Layers, Error> {
    let mut layers = Layers::defaults()?;
    if let Some(path) = file {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Error::new("--config", format!("{name}: {error}")))?;
        layers.apply_file(File { name: &name, text: &text })?;
    }
    environment()?.into_iter().try_for_each(|variable| layers.apply_variable(variable))?;
    Ok(layers)
}

/// The environment variables of this process that start with [`PREFIX`], and `RUST_LOG` as `log.filter` if the variable of
/// that setting is not set. Other variables are ignored, even if they are not UTF-8.
///
/// # Errors
/// Fails if the value of a setting is not UTF-8.
#[expect(clippy::disallowed_methods, reason = "only this module reads the environment")]
fn environment() -> Result<Vec<Variable>, Error> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let Some(value) = value.to_str() else {
            return Err(Error::new(&key_of(name), format!("the variable {name} is not UTF-8")));
        };
        variables.push(variable(name, value));
    }
    let own = "log.filter";
    if let Ok(filter) = std::env::var("RUST_LOG")
        && !filter.is_empty()
        && !variables.iter().any(|variable| variable.key == own)
    {
        variables.push(Variable { name: "RUST_LOG".to_owned(), key: own.to_owned(), text: filter });
    }
    Ok(variables)
}

/// The environment variables of this process that look like settings but are not read, each with the name that would be:
/// `TRADEPOST_HTTP_LISTEN` and `TRADEPOST__HTTP__LISTEN`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "only this module reads the environment")]
pub fn unread_variables() -> Vec<(String, String)> {
    let Ok(defaults) = Layers::defaults() else { return Vec::new() };
    let variables: Vec<String> = defaults.effective().iter().map(|setting| variable_of(&setting.key)).collect();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unread = names.filter(|name| name.to_uppercase().starts_with("TRADEPOST") && !name.starts_with(PREFIX));
    let meant = unread.filter_map(|name| {
        let meant = suggestion::same_letters(&name, variables.iter().map(String::as_str))?.to_owned();
        Some((name, meant))
    });
    meant.collect()
}

/// Whether the environment variable `NO_COLOR` is set and not empty; see <https://no-color.org>.
#[must_use]
pub fn is_colour_refused() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The key of the setting of an environment variable: `orders.pay_within` for `TRADEPOST__ORDERS__PAY_WITHIN`.
fn key_of(name: &str) -> String {
    name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".")
}

/// The environment variable of the setting `key`: `TRADEPOST__ORDERS__PAY_WITHIN` for `orders.pay_within`.
#[must_use]
pub fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

fn variable(name: &str, text: &str) -> Variable {
    Variable { name: name.to_owned(), key: key_of(name), text: text.to_owned() }
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
    let mut layers = Layers::defaults()?;
    layers.apply_file(File { name: "the settings file", text: file })?;
    variables.into_iter().try_for_each(|(name, text)| layers.apply_variable(variable(&name, &text)))?;
    layers.settings()
}
