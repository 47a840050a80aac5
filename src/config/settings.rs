//! The types of the settings. `config/default.toml` documents each setting.
#![expect(missing_docs, reason = "config/default.toml documents each setting")]

use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::layer::Effective;
use super::value::{
    H5Type, InitialPassword, LogFilter, PublicUrl, SecondName, SeparateListen, SigningSecret, StockSetting,
};
use super::webhooks::Webhooks;
use crate::actor::owner::Limits;
use crate::actor::retry::Backoff;
use crate::db;
use crate::domain::cap::Caps;
use crate::domain::count::Count;
use crate::domain::horizon::{Horizon, Horizons};
use crate::domain::id::NodeId;
use crate::domain::money::Money;
use crate::domain::origin::Origins;
use crate::domain::quantity::StockShown;
use crate::domain::span::{Pause, PositiveSpan, Span, Wait};
use crate::messaging::relay;
use crate::trace;

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub profile: Profile,
    pub node: Node,
    pub log: Log,
    pub http: Http,
    pub limits: RequestLimits,
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
    pub metrics: Metrics,
    pub trace: trace::Policy,
    pub webhooks: Webhooks,
    /// All of them as text, with their origins and without secrets.
    #[serde(skip)]
    pub effective: Vec<Effective>,
}

/// Limits of a pause within a transaction. MariaDB counts in seconds.
const IDLE_WITHIN_MIN: Duration = Duration::from_secs(1);
const IDLE_WITHIN_MAX: Duration = Duration::from_secs(3600);

impl Settings {
    /// How much of the stock the public sees.
    #[must_use]
    pub const fn stock_shown(&self) -> StockShown {
        match (self.orders.stock_shown, self.profile) {
            (StockSetting::Exact, _) | (StockSetting::OfProfile, Profile::Default) => StockShown::Exact,
            (StockSetting::Few, _) | (StockSetting::OfProfile, Profile::Production) => StockShown::Few,
            (StockSetting::Availability, _) => StockShown::Availability,
        }
    }

    /// The limits in the form that the stores take.
    #[must_use]
    pub fn store_limits(&self) -> db::Limits {
        let store = &self.store;
        db::Limits {
            readers: store.readers.get(),
            writers: store.writers.get(),
            acquire_within: store.acquire_within.get(),
            lock_within: store.lock_within.get(),
            statement_within: store.statement_within.get(),
            // A node that is stopped for longer may not write any more.
            idle_within: self.node.lease.get().clamp(IDLE_WITHIN_MIN, IDLE_WITHIN_MAX),
            cache_kib: store.cache_mib.get() * 1024,
        }
    }

    /// How far ahead the stored moments can be under these settings.
    #[must_use]
    pub fn horizons(&self) -> Horizons {
        Horizons {
            deadline: Horizon::of([self.orders.deadline.0]),
            payment: Horizon::of([self.orders.pay_within.get(), self.payments.close_again_after.get()]),
            message: self.relay.horizon(),
            sync: self.payments.ask.horizon(),
            refund: self.payments.refund.horizon(),
        }
    }
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
    pub id: Option<NodeId>,
    pub lease: PositiveSpan,
}

impl Node {
    /// The number of the settings, or 0, for a node whose stores are files.
    #[must_use]
    pub fn number_or_zero(self) -> NodeId {
        self.id.unwrap_or_default()
    }
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
    pub workers: Count<0, 256>,
    pub connections_max: Count<1, 1_000_000>,
    pub connections_per_address_max: Count<0, 1_000_000>,
    pub keep_alive: Span,
    pub head_within: Span,
    pub taken_within: Span,
    pub trusted_proxies: crate::domain::network::TrustedProxies,
    pub in_flight_max: Count<1, 100_000>,
    pub in_flight_per_user_max: Count<0, 100_000>,
    pub admit_within: Span,
    pub body_within: Wait,
    pub request_within: Wait,
    pub shutdown_within: Span,
    pub cors_origins: Origins,
    pub tls: Tls,
}

/// `[http.tls]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
}

impl Tls {
    /// Whether the listeners speak TLS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.certificate_file.as_os_str().is_empty()
    }

    /// The scheme of URLs to the listeners.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.is_on() { "https" } else { "http" }
    }
}

/// `[limits]`: requests of an address or of a user in a minute, or registrations in an hour; 0 is no limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLimits {
    pub requests_per_address: Count<0, 10_000_000>,
    pub sign_ins_per_address: Count<0, 10_000_000>,
    pub registrations_per_address: Count<0, 10_000_000>,
    pub payment_pages_per_address: Count<0, 10_000_000>,
    pub refusals_per_address: Count<0, 10_000_000>,
    pub orders_per_user: Count<0, 10_000_000>,
    pub payments_per_user: Count<0, 10_000_000>,
    pub requests_per_user: Count<0, 10_000_000>,
    pub exempt: crate::domain::network::TrustedProxies,
}

/// `[admin]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    pub listen: SeparateListen,
    pub user: crate::domain::text::UserName,
    pub password: InitialPassword,
    pub second_factor: SecondFactor,
}

/// Whether administrators may have a second factor, or must have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    Optional,
    Required,
}

/// `[session]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub secret: SigningSecret,
    pub old_secret: SigningSecret,
    pub token_ttl: PositiveSpan,
    pub admin_ttl: PositiveSpan,
    pub hashing_max: Count<0, 128>,
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
    pub readers: Count<1, 256>,
    pub writers: Count<1, 256>,
    pub acquire_within: Wait,
    pub lock_within: Wait,
    pub statement_within: Wait,
    pub cache_mib: Count<2, 1_000_000>,
    pub accept_demo_data: bool,
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

    /// Replaces the URL of all owners and each owner's own URL.
    pub fn map_urls(&mut self, to: impl Fn(&str) -> String) {
        self.url = to(&self.url);
        for own in [&mut self.goods, &mut self.coupon, &mut self.user, &mut self.order, &mut self.pay] {
            if !own.url.is_empty() {
                own.url = to(&own.url);
            }
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
    pub mailbox: Count<1, 1_000_000>,
    pub reserved: Count<0, 1_000_000>,
    pub batch_max: Count<1, 100_000>,
    pub batch_wait: Pause,
    pub threads: Count<0, 6>,
}

impl Owners {
    /// The limits in the form that the owners take.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            mailbox: self.mailbox.size(),
            reserved: self.reserved.size(),
            batch_max: self.batch_max.size(),
            batch_wait: self.batch_wait.get(),
        }
    }
}

/// `[orders]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    pub deadline: Span,
    pub answer_within: Wait,
    pub in_flight_max: Count<1, 1_000_000>,
    pub pay_within: PositiveSpan,
    pub shipping_fee: Money,
    pub free_shipping_over: Money,
    pub unpaid_orders_max: Count<0, 1_000_000>,
    pub unpaid_units_max: Count<0, 1_000_000_000>,
    pub unpaid_units_in_all_max: Count<0, 1_000_000_000>,
    pub stock_shown: StockSetting,
    pub sweep_every: PositiveSpan,
    pub backoff: Backoff,
}

impl Orders {
    /// The caps on what one account may hold in unpaid orders.
    #[must_use]
    pub fn caps(&self) -> Caps {
        Caps::new(self.unpaid_orders_max.get(), self.unpaid_units_max.get(), self.unpaid_units_in_all_max.get())
    }
}

/// `[payments]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    pub sweep_every: PositiveSpan,
    pub close_again_after: PositiveSpan,
    pub answer_within: Span,
    pub return_origins: Origins,
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
    pub h5_type: H5Type,
    pub subject: String,
    pub url: String,
    pub fallback_url: String,
}

/// `[gateway.sandbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    pub enabled: bool,
    pub public: bool,
    pub secret: SigningSecret,
    pub old_secret: SigningSecret,
    pub merchant_id: String,
    pub callback_url: PublicUrl,
    pub second: SecondName,
}

/// `[demo]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    pub seed: bool,
    pub public: bool,
    pub password: InitialPassword,
}

/// `[audit]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    pub grace: Span,
    pub files: bool,
    pub chain: bool,
    pub seal_every: PositiveSpan,
}

impl Audit {
    /// Interval at which the records of the ledgers are sealed; `None` if they are not chained.
    #[must_use]
    pub fn seal_every(self) -> Option<Duration> {
        self.chain.then(|| self.seal_every.get())
    }
}

/// `[metrics]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub token: SigningSecret,
    pub public: bool,
}

fn node_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NodeId>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.trim() {
        "" => Ok(None),
        number => match number.parse::<i32>().map(NodeId::try_from) {
            Ok(Ok(id)) => Ok(Some(id)),
            _ => Err(serde::de::Error::custom(format!("{text:?} is not a number from 0 to 1023, and not empty"))),
        },
    }
}

/// With more points per unit, the points of the largest payment would leave the range of points.
const POINTS_PER_UNIT_MAX: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    match Decimal::from_str_exact(&text) {
        Ok(value) if (Decimal::ZERO..=POINTS_PER_UNIT_MAX).contains(&value) => Ok(value),
        _ => Err(serde::de::Error::custom("must be a number such as \"1\" or \"0.5\", from 0 to 1000000")),
    }
}
