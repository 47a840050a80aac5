//! The conditions of the table's lines, on the settings alone.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use awc::http::Uri;

use crate::config::Settings;
use crate::domain::count::Count;
use crate::domain::network::TrustedProxies;
use crate::domain::text::Password;
use crate::http::security::password::rule;

/// A token is refused if it is valid for longer.
const TOKEN_TTL_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// A token that is valid for longer is warned of.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A limit of how long a client is waited for is as good as none if it is longer.
const WAIT_LONG: Duration = Duration::from_secs(10 * 60);
/// Each hash that is computed takes 19 MiB.
const HASHING_MANY: u32 = 16;

/// Whether other machines may reach the public routes.
pub fn is_open(settings: &Settings) -> bool {
    !settings.http.listen.ip().is_loopback()
}

/// Whether the public routes are on this machine alone, and are made public by a proxy.
pub fn is_behind_local_proxy(settings: &Settings) -> bool {
    !is_open(settings) && !is_local_url(settings.http.public_url.as_str())
}

pub fn has_proxies(settings: &Settings) -> bool {
    settings.http.trusted_proxies != TrustedProxies::default()
}

/// Whether a listener is open to other machines in plain text.
fn is_plain(settings: &Settings, address: SocketAddr) -> bool {
    !address.ip().is_loopback() && !settings.http.tls.is_on()
}

pub fn is_public_plain(settings: &Settings) -> bool {
    is_plain(settings, settings.http.listen)
}

pub fn is_admin_plain(settings: &Settings) -> bool {
    settings.admin.listen.0.is_some_and(|address| is_plain(settings, address))
}

pub fn is_public_plain_without_proxy(settings: &Settings) -> bool {
    is_public_plain(settings) && !has_proxies(settings)
}

pub fn is_admin_plain_without_proxy(settings: &Settings) -> bool {
    is_admin_plain(settings) && !has_proxies(settings)
}

/// Whether the administrator routes are on the public address.
pub fn is_admin_public(settings: &Settings) -> bool {
    settings.admin.listen.0.is_none()
}

/// Whether the administrator routes are where nothing stands before them.
pub fn is_admin_public_without_proxy(settings: &Settings) -> bool {
    is_admin_public(settings) && !has_proxies(settings)
}

/// Whether a proxy stands before the administrator routes of the public address, and can keep clients from them.
pub fn is_admin_public_behind_proxy(settings: &Settings) -> bool {
    is_admin_public(settings) && (!is_open(settings) || has_proxies(settings))
}

pub fn is_sandbox_unsaid(settings: &Settings) -> bool {
    settings.gateway.sandbox.enabled && !settings.gateway.sandbox.public
}

pub fn is_sandbox_public(settings: &Settings) -> bool {
    settings.gateway.sandbox.enabled && settings.gateway.sandbox.public
}

pub fn is_sandbox_behind_proxy(settings: &Settings) -> bool {
    settings.gateway.sandbox.enabled && is_behind_local_proxy(settings)
}

pub fn is_demo_unsaid(settings: &Settings) -> bool {
    settings.demo.seed && !settings.demo.public
}

pub fn is_demo_public(settings: &Settings) -> bool {
    settings.demo.seed && settings.demo.public
}

pub fn is_demo_behind_proxy(settings: &Settings) -> bool {
    settings.demo.seed && is_behind_local_proxy(settings)
}

pub fn is_without_https(settings: &Settings) -> bool {
    !settings.http.public_url.as_str().starts_with("https://")
}

pub fn is_tls_without_https(settings: &Settings) -> bool {
    settings.http.tls.is_on() && is_without_https(settings)
}

pub fn is_without_platform(settings: &Settings) -> bool {
    !has_alipay(settings) && !has_wechat(settings)
}

fn has_alipay(settings: &Settings) -> bool {
    !settings.gateway.alipay.app_id.is_empty()
}

fn has_wechat(settings: &Settings) -> bool {
    !settings.gateway.wechat.merchant_id.is_empty()
}

pub fn is_alipay_plain(settings: &Settings) -> bool {
    has_alipay(settings) && is_plain_url(&settings.gateway.alipay.url)
}

pub fn is_wechat_plain(settings: &Settings) -> bool {
    has_wechat(settings) && is_plain_url(&settings.gateway.wechat.url)
}

pub fn is_wechat_fallback_plain(settings: &Settings) -> bool {
    has_wechat(settings) && is_plain_url(&settings.gateway.wechat.fallback_url)
}

pub fn is_alipay_plain_and_remote(settings: &Settings) -> bool {
    is_alipay_plain(settings) && !is_local_url(&settings.gateway.alipay.url)
}

pub fn is_wechat_plain_and_remote(settings: &Settings) -> bool {
    is_wechat_plain(settings) && !is_local_url(&settings.gateway.wechat.url)
}

pub fn is_trace_plain_and_remote(settings: &Settings) -> bool {
    settings
        .trace
        .endpoint
        .0
        .as_ref()
        .map(ToString::to_string)
        .is_some_and(|url| is_plain_url(&url) && !is_local_url(&url))
}

fn is_plain_url(url: &str) -> bool {
    url.starts_with("http://")
}

/// Whether a URL is empty, or one of this machine.
fn is_local_url(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return url.is_empty() };
    uri.host().is_some_and(is_local_host)
}

/// Whether a host is this machine: `localhost`, or a loopback address, perhaps in brackets.
pub fn is_local_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether the administrator's password would not be accepted of a customer.
pub fn is_admin_password_weak(settings: &Settings) -> bool {
    let password = settings.admin.password.expose();
    let is_accepted = |password: Password| rule::check("admin.password", &settings.admin.user, &password).is_ok();
    !password.is_empty() && !Password::try_from(password.to_owned()).is_ok_and(is_accepted)
}

pub fn is_admin_password_of_demo(settings: &Settings) -> bool {
    let password = settings.admin.password.expose();
    !password.is_empty() && password == settings.demo.password.expose()
}

pub fn is_metrics_token_a_secret(settings: &Settings) -> bool {
    let token = settings.metrics.token.expose();
    !token.is_empty() && [&settings.session.secret, &settings.session.old_secret].iter().any(|s| s.expose() == token)
}

pub fn is_token_endless(settings: &Settings) -> bool {
    settings.session.token_ttl.get() > TOKEN_TTL_MAX
}

pub fn is_token_long(settings: &Settings) -> bool {
    !is_token_endless(settings) && settings.session.token_ttl.get() > DAY
}

pub fn is_admin_token_long(settings: &Settings) -> bool {
    settings.session.admin_ttl.get() > DAY
}

pub fn is_every_client_a_proxy(settings: &Settings) -> bool {
    settings.http.trusted_proxies.has_all()
}

pub fn is_hashing_much(settings: &Settings) -> bool {
    settings.session.hashing_max.get() > HASHING_MANY
}

/// Whether a limit of numbers is turned off.
pub fn is_off<const MAX: u32>(limit: Count<0, MAX>) -> bool {
    limit.get() == 0
}

/// Whether a client is waited for without a limit, or with one that is none.
pub fn is_endless(within: Duration) -> bool {
    within.is_zero() || within > WAIT_LONG
}

pub fn is_log_full(settings: &Settings) -> bool {
    let filter = settings.log.filter.as_str();
    filter.split(',').any(|part| part.rsplit('=').next().is_some_and(|l| l.trim().eq_ignore_ascii_case("trace")))
}
