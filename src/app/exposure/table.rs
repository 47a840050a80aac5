//! The table: setting, profile, address, what a start does, the condition, the problem, the way out.

use super::Outcome::{self, Refused, Warned};
use super::condition::*;
use super::weak::*;
use super::{In, Line, On, database};
use crate::config::Settings;

const PLATFORM_WAY_OUT: &str = "set it to the platform's address, which begins with https://";
const SECRET: &str = "is easy to guess";
const SECRET_WAY_OUT: &str = "set it to the output of `openssl rand -hex 32`";
const DATABASE: &str = "leads to a database on another machine, and the connection may be in plain text";
const DATABASE_WAY_OUT: &str =
    "add ?sslmode=verify-full or require (PostgreSQL), ?ssl_mode=verify_identity or required (MySQL)";
const LISTEN: &str = "is an address that other machines reach, in plain text";
const LISTEN_WAY_OUT: &str =
    "set http.tls, listen on 127.0.0.1, or name the proxies with TLS in front in http.trusted_proxies";
const EVERY_CLIENT: &str = "has all addresses, so every client can say that it has another one";
const PROXIES_WAY_OUT: &str = "name the addresses or networks of the proxies alone";
const ANYONE_PAYS: &str = "anyone who reaches this server can pay, decline and refund without money";
const DEMO_SOLD: &str = "the demo goods are for sale, and the demo user has 1000.00 to spend";
const CUSTOMERS: &str = "set profile = \"production\" for a shop with customers";

/// A line about both profiles or one of them, on all or only on open addresses.
const fn line(
    key: &'static str,
    (profile, address): (In, On),
    outcome: Outcome,
    is_so: fn(&Settings) -> bool,
    problem: &'static str,
    way_out: &'static str,
) -> Line {
    Line { key, profile, address, outcome, is_so, problem, way_out }
}

const ANY: (In, On) = (In::Any, On::Any);
const DEFAULT: (In, On) = (In::Default, On::Any);
const DEFAULT_OPEN: (In, On) = (In::Default, On::Open);
const PRODUCTION: (In, On) = (In::Production, On::Any);
const PRODUCTION_OPEN: (In, On) = (In::Production, On::Open);

/// All lines. A setting with several of them has the refused ones first.
#[rustfmt::skip]
pub const LINES: &[Line] = &[
    // The sandbox platform and the demo data.
    line("gateway.sandbox.enabled", PRODUCTION, Refused, |s| s.gateway.sandbox.enabled, "must be false in the production profile", "set it to false"),
    line("demo.seed", PRODUCTION, Refused, |s| s.demo.seed, "must be false in the production profile", "set it to false"),
    line("gateway.sandbox.enabled", DEFAULT_OPEN, Refused, is_sandbox_unsaid, ANYONE_PAYS, "listen on 127.0.0.1, set it to false, or set gateway.sandbox.public to true too"),
    line("demo.seed", DEFAULT_OPEN, Refused, is_demo_unsaid, DEMO_SOLD, "listen on 127.0.0.1, set it to false, or set demo.public to true too"),
    line("gateway.sandbox.public", DEFAULT_OPEN, Warned, is_sandbox_public, ANYONE_PAYS, CUSTOMERS),
    line("demo.public", DEFAULT_OPEN, Warned, is_demo_public, DEMO_SOLD, CUSTOMERS),
    line("gateway.sandbox.enabled", DEFAULT, Warned, is_sandbox_behind_proxy, ANYONE_PAYS, CUSTOMERS),
    line("demo.seed", DEFAULT, Warned, is_demo_behind_proxy, DEMO_SOLD, CUSTOMERS),
    line("store.accept_demo_data", PRODUCTION, Warned, |s| s.store.accept_demo_data, "goods, balances and payments without money are accepted", "start with a new store, and set it to false"),
    // Connections in plain text.
    line("http.listen", PRODUCTION, Refused, is_public_plain_without_proxy, LISTEN, LISTEN_WAY_OUT),
    line("admin.listen", PRODUCTION, Refused, is_admin_plain_without_proxy, LISTEN, LISTEN_WAY_OUT),
    line("http.listen", DEFAULT, Warned, is_public_plain_without_proxy, LISTEN, LISTEN_WAY_OUT),
    line("admin.listen", DEFAULT, Warned, is_admin_plain_without_proxy, LISTEN, LISTEN_WAY_OUT),
    line("http.trusted_proxies", PRODUCTION, Refused, is_every_client_a_proxy, EVERY_CLIENT, PROXIES_WAY_OUT),
    line("http.trusted_proxies", DEFAULT, Warned, is_every_client_a_proxy, EVERY_CLIENT, PROXIES_WAY_OUT),
    line("http.public_url", ANY, Refused, is_tls_without_https, "does not begin with https://, but http.tls is set", "set it to the https:// address of the certificate"),
    line("http.public_url", PRODUCTION, Refused, is_without_https, "does not begin with https://", "set it to the https:// address at which customers and platforms reach the shop"),
    line("gateway.alipay.url", PRODUCTION, Refused, is_alipay_plain, "is in plain text", PLATFORM_WAY_OUT),
    line("gateway.wechat.url", PRODUCTION, Refused, is_wechat_plain, "is in plain text", PLATFORM_WAY_OUT),
    line("gateway.wechat.fallback_url", PRODUCTION, Refused, is_wechat_fallback_plain, "is in plain text", PLATFORM_WAY_OUT),
    line("gateway.alipay.url", DEFAULT, Warned, is_alipay_plain_and_remote, "is in plain text", PLATFORM_WAY_OUT),
    line("gateway.wechat.url", DEFAULT, Warned, is_wechat_plain_and_remote, "is in plain text", PLATFORM_WAY_OUT),
    line("trace.endpoint", ANY, Warned, is_trace_plain_and_remote, "is another machine's, in plain text", "send the traces to a collector on this machine, or over https://"),
    line("store.url", PRODUCTION, Refused, database::is_plain, DATABASE, DATABASE_WAY_OUT),
    line("store.goods.url", PRODUCTION, Refused, database::is_goods_plain, DATABASE, DATABASE_WAY_OUT),
    line("store.coupon.url", PRODUCTION, Refused, database::is_coupon_plain, DATABASE, DATABASE_WAY_OUT),
    line("store.user.url", PRODUCTION, Refused, database::is_user_plain, DATABASE, DATABASE_WAY_OUT),
    line("store.order.url", PRODUCTION, Refused, database::is_order_plain, DATABASE, DATABASE_WAY_OUT),
    line("store.pay.url", PRODUCTION, Refused, database::is_pay_plain, DATABASE, DATABASE_WAY_OUT),
    line("store.url", DEFAULT, Warned, database::is_plain, DATABASE, DATABASE_WAY_OUT),
    // Secrets.
    line("session.secret", PRODUCTION, Refused, is_session_secret_weak, SECRET, SECRET_WAY_OUT),
    line("session.old_secret", PRODUCTION, Refused, is_old_secret_weak, SECRET, "remove it: tokens that it signed could be forged"),
    line("metrics.token", PRODUCTION, Refused, is_metrics_token_weak, SECRET, SECRET_WAY_OUT),
    line("metrics.token", PRODUCTION, Refused, is_metrics_token_a_secret, "is the secret of the sessions, with which anyone can be signed in", SECRET_WAY_OUT),
    line("gateway.wechat.api_v3_key", PRODUCTION, Refused, is_wechat_key_weak, SECRET, "set a random one on WeChat Pay's merchant platform, and here"),
    line("session.secret", DEFAULT, Warned, is_session_secret_weak, SECRET, SECRET_WAY_OUT),
    line("gateway.sandbox.secret", DEFAULT, Warned, is_sandbox_secret_weak, SECRET, SECRET_WAY_OUT),
    line("admin.password", PRODUCTION, Refused, is_admin_password_of_demo, "is the demo user's password", "set another one, or none, so that one is generated"),
    line("admin.password", PRODUCTION, Refused, is_admin_password_weak, "is one of the most common, or little more than the name", "set another one, or none, so that one is generated"),
    line("admin.password", DEFAULT_OPEN, Warned, is_admin_password_weak, "is one of the most common, or little more than the name", "set another one, or none, so that one is generated"),
    // Sessions and the log.
    line("session.token_ttl", PRODUCTION, Refused, is_token_endless, "must be at most 720h", "set it to 12h: users sign in again"),
    line("session.token_ttl", DEFAULT, Warned, is_token_endless, "is longer than 30 days, and so is a stolen token", "set it to 12h: users sign in again"),
    line("session.token_ttl", PRODUCTION, Warned, is_token_long, "is longer than a day, and so is a stolen token", "set it to 12h: users sign in again"),
    line("session.admin_ttl", PRODUCTION, Refused, is_admin_token_long, "must be at most 24h", "set it to 30m"),
    line("session.hashing_max", ANY, Warned, is_hashing_much, "lets sign-ins take all cores, and 19 MiB each", "set it to half the number of cores"),
    line("log.filter", PRODUCTION, Warned, is_log_full, "logs at the level trace, which fills the disk", "set it to info"),
    // Limits that are turned off.
    line("http.head_within", PRODUCTION, Warned, |s| is_endless(s.http.head_within.0), "lets a client hold a connection without a request", "set it to 10s"),
    line("http.body_within", PRODUCTION, Warned, |s| is_endless(s.http.body_within.get()), "lets a client hold a request whose body never comes", "set it to 10s"),
    line("http.taken_within", PRODUCTION, Warned, |s| is_endless(s.http.taken_within.0), "lets a client that takes no answers hold them in memory", "set it to 30s"),
    line("http.connections_per_address_max", PRODUCTION, Warned, |s| is_off(s.http.connections_per_address_max), "lets an address have all connections", "set it to 1000"),
    line("http.in_flight_per_user_max", PRODUCTION, Warned, |s| is_off(s.http.in_flight_per_user_max), "lets one user keep the orders of all others out", "set it to 16"),
    line("limits.requests_per_address", PRODUCTION, Warned, |s| is_off(s.limits.requests_per_address), "lets an address send any number of requests", "set it to 3000"),
    line("limits.sign_ins_per_address", PRODUCTION, Warned, |s| is_off(s.limits.sign_ins_per_address), "lets an address try any number of passwords", "set it to 30"),
    line("limits.registrations_per_address", PRODUCTION, Warned, |s| is_off(s.limits.registrations_per_address), "lets an address open any number of accounts", "set it to 60"),
    line("limits.payment_pages_per_address", PRODUCTION, Warned, |s| is_off(s.limits.payment_pages_per_address), "lets an address look for any number of payments", "set it to 1200"),
    line("limits.refusals_per_address", PRODUCTION, Warned, |s| is_off(s.limits.refusals_per_address), "lets an address try any number of tokens and addresses", "set it to 300"),
    line("limits.orders_per_user", PRODUCTION, Warned, |s| is_off(s.limits.orders_per_user), "lets a user fill the disk with orders that are refused", "set it to 60"),
    line("limits.payments_per_user", PRODUCTION, Warned, |s| is_off(s.limits.payments_per_user), "lets a user call the platforms any number of times", "set it to 60"),
    line("limits.requests_per_user", PRODUCTION, Warned, |s| is_off(s.limits.requests_per_user), "lets a user send any number of requests", "set it to 1200"),
    line("limits.exempt", PRODUCTION, Warned, |s| s.limits.exempt.has_all(), "has all addresses, so no limit of an address holds", "name the addresses of the shop's own servers alone"),
    line("orders.unpaid_orders_max", PRODUCTION, Warned, |s| is_off(s.orders.unpaid_orders_max), "lets an account have any number of unpaid orders", "set it to 20"),
    line("orders.unpaid_units_max", PRODUCTION, Warned, |s| is_off(s.orders.unpaid_units_max), "lets an account hold all units of a product without paying", "set it to 100"),
    line("orders.unpaid_units_in_all_max", PRODUCTION, Warned, |s| is_off(s.orders.unpaid_units_in_all_max), "lets an account hold the whole stock without paying", "set it to 500"),
    // What is open.
    line("gateway.alipay.app_id", PRODUCTION, Refused, is_without_platform, "no payment platform is set up, so no order can be paid", "set gateway.alipay or gateway.wechat (docs/payment-platforms.md)"),
    line("admin.listen", PRODUCTION_OPEN, Refused, is_admin_public_without_proxy, "is empty, so everyone who reaches the shop reaches the administrator routes", "set it to an address of their own, such as 127.0.0.1:8081"),
    line("admin.listen", PRODUCTION, Warned, is_admin_public_behind_proxy, "is empty, so only the proxy keeps others from the administrator routes", "set it to an address of their own, such as 127.0.0.1:8081"),
    line("webhooks.allow_http", PRODUCTION, Warned, |s| s.webhooks.allow_http, "lets events be sent in plain text", "set it to false: https:// keeps orders from being read and changed on the way"),
    line("webhooks.allow_private_addresses", PRODUCTION, Warned, |s| s.webhooks.allow_private_addresses, "lets an administrator make this server send requests to other servers of its network", "set it to false, unless a receiver of events is in that network"),
    line("metrics.public", PRODUCTION_OPEN, Warned, |s| s.metrics.public, "shows the figures of the business to everyone", "set metrics.token, and this to false"),
];
