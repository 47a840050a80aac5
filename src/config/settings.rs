//! The types of the settings. `config/default.toml` documents each setting.
#![expect(missing_docs, reason = "config/default.toml documents each setting")]

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::value::{InitialPassword, LogFilter, PublicUrl, SecondName, SeparateListen, SigningSecret};
use crate::actor::owner::Limits;
use crate::actor::retry::Backoff;
use crate::db;
use crate::domain::id::NodeId;
use crate::domain::money::Money;
use crate::domain::span::{PositiveSpan, Span};
use crate::messaging::relay;

/// All settings.
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

/// The profile of the installation. `production` excludes the sandbox platform and the demo data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    Default,
    Production,
}

/// The format of log lines.
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
    pub filter: LogFilter,
    pub format: LogFormat,
}

/// `[http]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: std::net::SocketAddr,
    pub public_url: PublicUrl,
    pub workers: usize,
    pub connections_max: NonZeroUsize,
    pub in_flight_max: NonZeroUsize,
    pub admit_within: Span,
    pub body_within: PositiveSpan,
    pub shutdown_within: Span,
}

/// `[admin]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    pub listen: SeparateListen,
    pub user: crate::domain::text::UserName,
    pub password: InitialPassword,
}

/// `[session]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub secret: SigningSecret,
    pub token_ttl: PositiveSpan,
    pub hashing_max: NonZeroUsize,
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
    pub readers: NonZeroU32,
    pub writers: NonZeroU32,
    pub acquire_within: PositiveSpan,
    pub lock_within: PositiveSpan,
    pub statement_within: PositiveSpan,
    pub goods: OwnStore,
    pub coupon: OwnStore,
    pub user: OwnStore,
    pub order: OwnStore,
    pub pay: OwnStore,
}

impl Store {
    /// Stores the data of all owners at `url` and clears the owners' own URLs.
    pub fn use_one_url(&mut self, url: &str) {
        url.clone_into(&mut self.url);
        for own in [&mut self.goods, &mut self.coupon, &mut self.user, &mut self.order, &mut self.pay] {
            own.url.clear();
        }
    }

    /// The limits in the form that the stores take.
    #[must_use]
    pub const fn limits(&self) -> db::Limits {
        db::Limits {
            readers: self.readers.get(),
            writers: self.writers.get(),
            acquire_within: self.acquire_within.get(),
            lock_within: self.lock_within.get(),
            statement_within: self.statement_within.get(),
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
    pub mailbox: NonZeroUsize,
    pub reserved: usize,
    pub batch_max: NonZeroUsize,
}

impl Owners {
    /// The limits in the form that the owners take.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits { mailbox: self.mailbox.get(), reserved: self.reserved, batch_max: self.batch_max.get() }
    }
}

/// `[orders]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    pub deadline: Span,
    pub answer_within: PositiveSpan,
    pub in_flight_max: NonZeroUsize,
    pub pay_within: PositiveSpan,
    pub shipping_fee: Money,
    pub free_shipping_over: Money,
    pub sweep_every: PositiveSpan,
    pub backoff: Backoff,
}

/// `[payments]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    pub sweep_every: PositiveSpan,
    pub close_again_after: PositiveSpan,
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
    pub content_key: SecretString,
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
    pub api_v3_key: SecretString,
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
    pub secret: SigningSecret,
    pub merchant_id: String,
    pub second: SecondName,
}

/// `[demo]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    pub seed: bool,
    pub password: InitialPassword,
}

/// `[audit]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    pub grace: Span,
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
