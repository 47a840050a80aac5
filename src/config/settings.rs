//! The settings as types; `config/default.toml` has a sentence for each.
#![expect(missing_docs, reason = "config/default.toml has a sentence for each")]

use std::path::PathBuf;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

use crate::actor::owner::Limits;
use crate::actor::retry::Backoff;
use crate::db;
use crate::domain::id::NodeId;
use crate::domain::money::Money;
use crate::domain::span::Span;
use crate::messaging::relay;

/// All settings; `config/default.toml` says what each is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub profile: Profile,
    pub node: Node,
    pub log: Log,
    pub http: Http,
    pub admin: Admin,
    pub session: Session,
    pub secrets: Secrets,
    pub store: Store,
    pub owners: Owners,
    pub orders: Orders,
    pub payments: Payments,
    pub points: Points,
    pub relay: relay::Policy,
    pub gateway: Gateway,
    pub demo: Demo,
    pub audit: Audit,
}

/// What this installation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    Default,
    Production,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// `[node]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    #[serde(deserialize_with = "node_id")]
    pub id: NodeId,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

/// `[http]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: std::net::SocketAddr,
    pub public_url: String,
    pub workers: usize,
    pub connections_max: usize,
    pub in_flight_max: usize,
    pub admit_within: Span,
    pub body_within: Span,
    pub shutdown_within: Span,
}

/// `[admin]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    pub listen: String,
    pub user: crate::domain::text::UserName,
    pub password: Secret,
}

/// `[session]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub secret: Secret,
    pub token_ttl: Span,
    pub hashing_max: usize,
}

/// `[secrets]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    pub folder: String,
}

/// `[store]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub url: String,
    pub readers: u32,
    pub writers: u32,
    pub acquire_within: Span,
    pub lock_within: Span,
    pub statement_within: Span,
    pub goods: OwnStore,
    pub coupon: OwnStore,
    pub user: OwnStore,
    pub order: OwnStore,
    pub pay: OwnStore,
}

impl Store {
    /// The same with all data at `url`.
    pub fn at(&mut self, url: &str) {
        url.clone_into(&mut self.url);
        for own in [&mut self.goods, &mut self.coupon, &mut self.user, &mut self.order, &mut self.pay] {
            own.url.clear();
        }
    }

    /// As the stores take them.
    #[must_use]
    pub const fn limits(&self) -> db::Limits {
        db::Limits {
            readers: self.readers,
            writers: self.writers,
            acquire_within: self.acquire_within.0,
            lock_within: self.lock_within.0,
            statement_within: self.statement_within.0,
        }
    }
}

/// `[store.<owner>]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnStore {
    pub url: String,
}

/// `[owners]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// `[payments]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    pub sweep_every: Span,
    pub close_again_after: Span,
    pub ask: Backoff,
    pub refund: Backoff,
}

/// `[points]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    #[serde(deserialize_with = "decimal")]
    pub per_unit: Decimal,
}

/// `[gateway]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    pub sandbox: Sandbox,
    pub alipay: Alipay,
    pub wechat: Wechat,
}

/// `[gateway.alipay]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alipay {
    pub app_id: String,
    pub seller_id: String,
    pub seller_email: String,
    pub app_key: PathBuf,
    pub platform_key: PathBuf,
    pub app_certificate: PathBuf,
    pub platform_certificate: PathBuf,
    pub root_certificate: PathBuf,
    pub content_key: Secret,
    pub subject: String,
    pub url: String,
}

/// `[gateway.wechat]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wechat {
    pub merchant_id: String,
    pub app_id: String,
    pub merchant_key: PathBuf,
    pub merchant_serial: String,
    pub api_v3_key: Secret,
    pub platform_key_id: String,
    pub platform_key: PathBuf,
    pub platform_certificates: PathBuf,
    pub subject: String,
    pub url: String,
    pub fallback_url: String,
}

/// `[gateway.sandbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    pub enabled: bool,
    pub secret: Secret,
    pub merchant_id: String,
    pub second: String,
}

/// `[demo]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    pub seed: bool,
    pub password: Secret,
}

/// `[audit]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
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
