//! The settings: `config/default.toml` (compiled in), then a file, then the environment. The default file is the list of
//! all keys: any other is refused, and a value must be of the kind that stands there.

use std::path::Path;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use toml::{Table, Value};

use crate::domain::id::NodeId;
use crate::domain::money::Money;
use crate::domain::span::Span;
use crate::runtime::owner::Limits;
use crate::runtime::{Faults, relay, retry::Backoff};

/// `config/default.toml`.
pub const DEFAULT: &str = include_str!("../config/default.toml");
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
        Self { key: key.to_owned(), why: why.to_string() }
    }
}

/// All settings; `config/default.toml` says what each is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Settings {
    pub profile: Profile,
    pub node: Node,
    pub log: Log,
    pub http: Http,
    pub admin: Admin,
    pub session: Session,
    pub store: Store,
    pub owners: Owners,
    pub orders: Orders,
    pub points: Points,
    pub relay: relay::Policy,
    pub gateway: Gateway,
    pub demo: Demo,
    pub audit: Audit,
}

/// What this installation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub enum Profile {
    Default,
    Production,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub enum LogFormat {
    Text,
    Json,
}

/// `[node]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Node {
    #[serde(deserialize_with = "node_id")]
    pub id: NodeId,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

/// `[http]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Http {
    pub listen: std::net::SocketAddr,
    pub public_url: String,
    pub workers: usize,
    pub connections_max: usize,
    pub body_within: Span,
    pub shutdown_within: Span,
}

/// `[admin]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Admin {
    pub listen: String,
    pub user: crate::domain::text::UserName,
    pub password: Secret,
}

/// `[session]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Session {
    pub token_ttl: Span,
    pub hashing_max: usize,
}

/// `[store]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Store {
    pub url: String,
    pub readers: u32,
    pub goods: OwnStore,
    pub coupon: OwnStore,
    pub user: OwnStore,
    pub order: OwnStore,
    pub pay: OwnStore,
}

/// `[store.<owner>]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct OwnStore {
    pub url: String,
}

/// `[owners]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Owners {
    pub mailbox: usize,
    pub reserved: usize,
    pub batch_max: usize,
}

impl Owners {
    /// As the owners take them.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits { mailbox: self.mailbox, reserved: self.reserved, batch_max: self.batch_max }
    }
}

/// `[orders]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Orders {
    pub deadline: Span,
    pub answer_within: Span,
    pub in_flight_max: usize,
    pub pay_within: Span,
    pub shipping_fee: Money,
    pub free_shipping_over: Money,
    pub sweep_every: Span,
    pub backoff: Backoff,
}

/// `[points]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Points {
    #[serde(deserialize_with = "decimal")]
    pub per_unit: Decimal,
}

/// `[gateway]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Gateway {
    pub sandbox: Sandbox,
}

/// `[gateway.sandbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Sandbox {
    pub enabled: bool,
    pub secret: Secret,
    pub merchant_id: String,
}

/// `[demo]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Demo {
    pub seed: bool,
    pub password: Secret,
}

/// `[audit]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config/default.toml has a sentence for each")]
pub struct Audit {
    pub grace: Span,
}

/// A value that is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn node_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NodeId, D::Error> {
    i32::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
}

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    match Decimal::from_str_exact(&text) {
        Ok(value) if value >= Decimal::ZERO => Ok(value),
        _ => Err(serde::de::Error::custom("must be a number such as \"1\" or \"0.5\", not negative")),
    }
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
    check(&settings)?;
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

/// What the type of one value alone cannot say.
fn check(settings: &Settings) -> Result<(), Error> {
    let at_least_one = [
        ("owners.mailbox", settings.owners.mailbox),
        ("owners.batch_max", settings.owners.batch_max),
        ("orders.in_flight_max", settings.orders.in_flight_max),
        ("session.hashing_max", settings.session.hashing_max),
        ("http.connections_max", settings.http.connections_max),
        ("store.readers", usize::try_from(settings.store.readers).unwrap_or(0)),
        ("relay.batch_max", usize::from(settings.relay.batch_max)),
        ("relay.attempts", usize::try_from(settings.relay.attempts).unwrap_or(0)),
    ];
    let longer_than_nothing = [
        ("orders.answer_within", settings.orders.answer_within),
        ("orders.sweep_every", settings.orders.sweep_every),
        ("orders.pay_within", settings.orders.pay_within),
        ("relay.poll", settings.relay.poll),
        ("relay.lease", settings.relay.lease),
        ("session.token_ttl", settings.session.token_ttl),
        ("http.body_within", settings.http.body_within),
    ];
    for (key, value) in at_least_one {
        if value == 0 {
            return Err(Error::new(key, "must be at least 1"));
        }
    }
    for (key, value) in longer_than_nothing {
        if value.0.is_zero() {
            return Err(Error::new(key, "must be longer than nothing"));
        }
    }
    let secret = settings.gateway.sandbox.secret.expose();
    if !secret.is_empty() && (secret.len() < 32 || secret.trim() != secret) {
        return Err(Error::new(
            "gateway.sandbox.secret",
            "must have at least 32 characters, without blanks at its ends",
        ));
    }
    for (key, password) in [("admin.password", &settings.admin.password), ("demo.password", &settings.demo.password)] {
        let length = password.expose().chars().count();
        if length != 0 && !(8..=128).contains(&length) {
            return Err(Error::new(key, "must have 8 to 128 characters"));
        }
    }
    let (url, listen) = (&settings.http.public_url, &settings.admin.listen);
    if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Error::new("http.public_url", "must begin with http:// or https://"));
    }
    if !listen.is_empty() && listen.parse::<std::net::SocketAddr>().is_err() {
        return Err(Error::new("admin.listen", "must be an address such as 127.0.0.1:8081"));
    }
    if settings.profile == Profile::Production {
        for (key, on) in
            [("gateway.sandbox.enabled", settings.gateway.sandbox.enabled), ("demo.seed", settings.demo.seed)]
        {
            if on {
                return Err(Error::new(key, "must be false in the production profile"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &str, variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        read(file, variables).expect_err("it was taken").to_string()
    }

    #[test]
    fn the_defaults_are_complete() {
        let settings = read("", Vec::new()).unwrap();
        assert_eq!(settings.http.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.orders.pay_within.0, std::time::Duration::from_secs(30 * 60));
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = "[orders]\nshipping_fee = \"7.50\"\npay_within = \"5m\"\n";
        let variables = vec![("TRADEPOST__ORDERS__PAY_WITHIN".to_owned(), "90s".to_owned())];
        let settings = read(file, variables).unwrap();
        assert_eq!(settings.orders.shipping_fee, Money(750));
        assert_eq!(settings.orders.pay_within.0, std::time::Duration::from_secs(90));
    }

    #[test]
    fn every_wrong_setting_is_named() {
        assert!(refused("colour = 1", &[]).contains("setting colour: there is no such setting"));
        assert!(refused("[http]\nlisten = 5", &[]).contains("setting http.listen: must be of type string"));
        for (name, text, told) in [
            ("TRADEPOST__HTTP__LISTEN", "nowhere", "http.listen"),
            ("TRADEPOST__HTTP__LISTN", "x", "http.listn"),
            ("TRADEPOST__NODE__ID", "1024", "node.id"),
            ("TRADEPOST__NODE__ID", "one", "node.id"),
            ("TRADEPOST__DEMO__SEED", "yes", "demo.seed"),
            ("TRADEPOST__ORDERS__DEADLINE", "soon", "orders.deadline"),
            ("TRADEPOST__ORDERS__SHIPPING_FEE", "-1", "orders.shipping_fee"),
            ("TRADEPOST__OWNERS__BATCH_MAX", "0", "owners.batch_max"),
            ("TRADEPOST__GATEWAY__SANDBOX__SECRET", "short", "gateway.sandbox.secret"),
            ("TRADEPOST__ADMIN__PASSWORD", "short", "admin.password"),
            ("TRADEPOST__ADMIN__LISTEN", "8081", "admin.listen"),
            ("TRADEPOST__HTTP__PUBLIC_URL", "example.org", "http.public_url"),
            ("TRADEPOST__POINTS__PER_UNIT", "1e3", "points.per_unit"),
            ("TRADEPOST__PROFILE", "staging", "profile"),
            ("TRADEPOST__PROFILE", "production", "gateway.sandbox.enabled"),
        ] {
            let line = refused("", &[(name, text)]);
            assert!(line.contains(told) && line.lines().count() == 1, "{name}={text}: {line}");
        }
    }
}
