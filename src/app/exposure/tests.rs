//! Each line of the table is reached by settings that break it, and by no others.

use std::collections::BTreeSet;

use super::Outcome::{self, Refused, Warned};
use super::table::LINES;
use super::*;
use crate::config;

/// Settings, as in the environment without the prefix.
type Variables = &'static [(&'static str, &'static str)];

const RANDOM: &str = "8f0c6d1be2a94735c0d1f6e27b3a9549";
/// A shop that may be exposed.
const PRODUCTION: Variables = &[
    ("PROFILE", "production"),
    ("GATEWAY__SANDBOX__ENABLED", "false"),
    ("DEMO__SEED", "false"),
    ("HTTP__PUBLIC_URL", "https://shop.example.com"),
    ("ADMIN__LISTEN", "127.0.0.1:8081"),
    ("GATEWAY__ALIPAY__APP_ID", "2021000000000001"),
];
const TLS: Variables = &[("HTTP__TLS__CERTIFICATE_FILE", "shop.pem"), ("HTTP__TLS__KEY_FILE", "shop.key")];
const OPEN: (&str, &str) = ("HTTP__LISTEN", "0.0.0.0:8080");
const PROXY: (&str, &str) = ("HTTP__TRUSTED_PROXIES", "10.0.0.1");
const SANDBOX: (&str, &str) = ("GATEWAY__SANDBOX__PUBLIC", "true");
const DEMO: (&str, &str) = ("DEMO__PUBLIC", "true");
const WECHAT: (&str, &str) = ("GATEWAY__WECHAT__MERCHANT_ID", "1900000109");

fn read(variables: &[(&str, &str)]) -> Settings {
    try_read(variables).unwrap()
}

fn try_read(variables: &[(&str, &str)]) -> Result<Settings, Error> {
    let named = |(name, value): &(&str, &str)| (format!("TRADEPOST__{name}"), (*value).to_owned());
    config::read("", variables.iter().map(named).collect())
}

/// The keys and outcomes of the lines that are so, in the order of the table.
fn found(variables: &[(&str, &str)]) -> Vec<(&'static str, Outcome)> {
    judge(&read(variables)).into_iter().map(|found| (found.key, found.outcome)).collect()
}

/// Settings of the default profile, and the lines that they reach.
const IN_DEFAULT: &[(Variables, &[(&str, Outcome)])] = &[
    (&[OPEN, PROXY], &[("gateway.sandbox.enabled", Refused), ("demo.seed", Refused)]),
    (&[OPEN, PROXY, SANDBOX, DEMO], &[("gateway.sandbox.public", Warned), ("demo.public", Warned)]),
    (
        &[("HTTP__PUBLIC_URL", "https://shop.example.com")],
        &[("gateway.sandbox.enabled", Warned), ("demo.seed", Warned)],
    ),
    (&[OPEN, ("GATEWAY__SANDBOX__ENABLED", "false"), ("DEMO__SEED", "false")], &[("http.listen", Warned)]),
    (
        &[("GATEWAY__SANDBOX__ENABLED", "false"), ("DEMO__SEED", "false"), ("HTTP__TRUSTED_PROXIES", "0.0.0.0/0")],
        &[("http.trusted_proxies", Warned)],
    ),
    (&[("ADMIN__LISTEN", "0.0.0.0:8081")], &[("admin.listen", Warned)]),
    (TLS, &[("http.public_url", Refused)]),
    (
        &[("GATEWAY__ALIPAY__APP_ID", "1"), ("GATEWAY__ALIPAY__URL", "http://alipay.example.com")],
        &[("gateway.alipay.url", Warned)],
    ),
    (&[WECHAT, ("GATEWAY__WECHAT__URL", "http://wechat.example.com")], &[("gateway.wechat.url", Warned)]),
    (&[("STORE__URL", "postgres://shop@db/tradepost")], &[("store.url", Warned)]),
    (&[("SESSION__SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], &[("session.secret", Warned)]),
    (&[("GATEWAY__SANDBOX__SECRET", "00000000000000000000000000000000")], &[("gateway.sandbox.secret", Warned)]),
    (
        &[OPEN, PROXY, SANDBOX, DEMO, ("ADMIN__PASSWORD", "password1")],
        &[("gateway.sandbox.public", Warned), ("demo.public", Warned), ("admin.password", Warned)],
    ),
    (&[("SESSION__TOKEN_TTL", "721h")], &[("session.token_ttl", Warned)]),
    (&[("SESSION__HASHING_MAX", "17")], &[("session.hashing_max", Warned)]),
];

/// Settings over those of [`PRODUCTION`], and the lines that they reach.
const IN_PRODUCTION: &[(Variables, &[(&str, Outcome)])] = &[
    (&[("GATEWAY__SANDBOX__ENABLED", "true"), SANDBOX], &[("gateway.sandbox.enabled", Refused)]),
    (&[("DEMO__SEED", "true"), DEMO], &[("demo.seed", Refused)]),
    (&[("STORE__ACCEPT_DEMO_DATA", "true")], &[("store.accept_demo_data", Warned)]),
    (&[OPEN], &[("http.listen", Refused)]),
    (&[("HTTP__LISTEN", "[::]:8080")], &[("http.listen", Refused)]),
    (&[("HTTP__TRUSTED_PROXIES", "10.0.0.1, ::/0")], &[("http.trusted_proxies", Refused)]),
    (&[OPEN, ("HTTP__TRUSTED_PROXIES", "0.0.0.0/0")], &[("http.trusted_proxies", Refused)]),
    (&[("ADMIN__LISTEN", "192.0.2.1:8081")], &[("admin.listen", Refused)]),
    (&[("HTTP__PUBLIC_URL", "http://shop.example.com")], &[("http.public_url", Refused)]),
    (&[("HTTP__PUBLIC_URL", "")], &[("http.public_url", Refused)]),
    (&[("GATEWAY__ALIPAY__URL", "http://127.0.0.1/gateway.do")], &[("gateway.alipay.url", Refused)]),
    (&[WECHAT, ("GATEWAY__WECHAT__URL", "http://127.0.0.1")], &[("gateway.wechat.url", Refused)]),
    (&[WECHAT, ("GATEWAY__WECHAT__FALLBACK_URL", "http://127.0.0.1")], &[("gateway.wechat.fallback_url", Refused)]),
    (&[("STORE__URL", "postgres://shop@db/tradepost")], &[("store.url", Refused)]),
    (&[("STORE__GOODS__URL", "mysql://shop@db/tradepost")], &[("store.goods.url", Refused)]),
    (&[("STORE__COUPON__URL", "mysql://shop@db/tradepost")], &[("store.coupon.url", Refused)]),
    (&[("STORE__USER__URL", "mysql://shop@db/tradepost")], &[("store.user.url", Refused)]),
    (&[("STORE__ORDER__URL", "mysql://shop@db/tradepost")], &[("store.order.url", Refused)]),
    (&[("STORE__PAY__URL", "mysql://shop@db/tradepost")], &[("store.pay.url", Refused)]),
    (&[("SESSION__SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], &[("session.secret", Refused)]),
    (&[("SESSION__OLD_SECRET", "abababababababababababababababab")], &[("session.old_secret", Refused)]),
    (&[("METRICS__TOKEN", "00000000000000000000000000000000")], &[("metrics.token", Refused)]),
    (&[("SESSION__SECRET", RANDOM), ("METRICS__TOKEN", RANDOM)], &[("metrics.token", Refused)]),
    (&[("GATEWAY__WECHAT__API_V3_KEY", "01234567012345670123456701234567")], &[("gateway.wechat.api_v3_key", Refused)]),
    (
        &[("ADMIN__PASSWORD", "a pass of the demo"), ("DEMO__PASSWORD", "a pass of the demo")],
        &[("admin.password", Refused)],
    ),
    (&[("ADMIN__PASSWORD", "password")], &[("admin.password", Refused)]),
    (&[("ADMIN__PASSWORD", "admin123")], &[("admin.password", Refused)]),
    (&[("SESSION__TOKEN_TTL", "720h")], &[("session.token_ttl", Warned)]),
    (&[("SESSION__TOKEN_TTL", "87600h")], &[("session.token_ttl", Refused)]),
    (&[("SESSION__ADMIN_TTL", "25h")], &[("session.admin_ttl", Refused)]),
    (&[("HTTP__HEAD_WITHIN", "0s")], &[("http.head_within", Warned)]),
    (&[("HTTP__HEAD_WITHIN", "601s")], &[("http.head_within", Warned)]),
    (&[("HTTP__BODY_WITHIN", "24h")], &[("http.body_within", Warned)]),
    (&[("HTTP__TAKEN_WITHIN", "0s")], &[("http.taken_within", Warned)]),
    (&[("HTTP__TAKEN_WITHIN", "87600h")], &[("http.taken_within", Warned)]),
    (&[("HTTP__CONNECTIONS_PER_ADDRESS_MAX", "0")], &[("http.connections_per_address_max", Warned)]),
    (&[("HTTP__IN_FLIGHT_PER_USER_MAX", "0")], &[("http.in_flight_per_user_max", Warned)]),
    (&[("LIMITS__REQUESTS_PER_ADDRESS", "0")], &[("limits.requests_per_address", Warned)]),
    (&[("LIMITS__SIGN_INS_PER_ADDRESS", "0")], &[("limits.sign_ins_per_address", Warned)]),
    (&[("LIMITS__REGISTRATIONS_PER_ADDRESS", "0")], &[("limits.registrations_per_address", Warned)]),
    (&[("LIMITS__PAYMENT_PAGES_PER_ADDRESS", "0")], &[("limits.payment_pages_per_address", Warned)]),
    (&[("LIMITS__REFUSALS_PER_ADDRESS", "0")], &[("limits.refusals_per_address", Warned)]),
    (&[("LIMITS__ORDERS_PER_USER", "0")], &[("limits.orders_per_user", Warned)]),
    (&[("LIMITS__PAYMENTS_PER_USER", "0")], &[("limits.payments_per_user", Warned)]),
    (&[("LIMITS__REQUESTS_PER_USER", "0")], &[("limits.requests_per_user", Warned)]),
    (&[("LIMITS__EXEMPT", "10.0.0.1, 0.0.0.0/0")], &[("limits.exempt", Warned)]),
    (&[("ORDERS__UNPAID_ORDERS_MAX", "0")], &[("orders.unpaid_orders_max", Warned)]),
    (&[("ORDERS__UNPAID_UNITS_MAX", "0")], &[("orders.unpaid_units_max", Warned)]),
    (&[("ORDERS__UNPAID_UNITS_IN_ALL_MAX", "0")], &[("orders.unpaid_units_in_all_max", Warned)]),
    (&[("LOG__FILTER", "info,tradepost=trace")], &[("log.filter", Warned)]),
    (&[("GATEWAY__ALIPAY__APP_ID", "")], &[("gateway.alipay.app_id", Refused)]),
    (&[("ADMIN__LISTEN", "")], &[("admin.listen", Warned)]),
    (&[OPEN, PROXY, ("ADMIN__LISTEN", "")], &[("admin.listen", Warned)]),
    (&[("WEBHOOKS__ALLOW_HTTP", "true")], &[("webhooks.allow_http", Warned)]),
    (&[("WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "true")], &[("webhooks.allow_private_addresses", Warned)]),
    (&[OPEN, PROXY, ("METRICS__PUBLIC", "true")], &[("metrics.public", Warned)]),
    (&[OPEN, TLS[0], TLS[1], ("ADMIN__LISTEN", "")], &[("admin.listen", Refused)]),
];

#[test]
fn each_setting_of_the_table_is_refused_or_warned_of_alone() {
    for (variables, expected) in IN_DEFAULT {
        assert_eq!(found(variables), *expected, "{variables:?}");
    }
    for (variables, expected) in IN_PRODUCTION {
        assert_eq!(found(&[PRODUCTION, variables].concat()), *expected, "{variables:?}");
    }
}

#[cfg(feature = "traces")]
#[test]
fn traces_in_plain_text_over_the_network_are_warned_of() {
    let at = |url| found(&[("TRACE__ENDPOINT", url)]);
    assert_eq!(at("http://collector.example.com:4318/v1/traces"), [("trace.endpoint", Warned)]);
    assert_eq!(at("http://127.0.0.1:4318/v1/traces"), []);
    assert_eq!(at("https://collector.example.com/v1/traces"), []);
}

#[test]
fn what_is_safe_is_neither_refused_nor_warned_of() {
    let open_with_tls = [PRODUCTION, &[OPEN], TLS].concat();
    let behind_a_proxy = [PRODUCTION, &[OPEN, PROXY, ("ADMIN__LISTEN", "0.0.0.0:8081")]].concat();
    let strong = [PRODUCTION, &[("SESSION__SECRET", RANDOM), ("ADMIN__PASSWORD", "a good password")]].concat();
    let database = [PRODUCTION, &[("STORE__URL", "postgres://shop@db/tradepost?sslmode=verify-full")]].concat();
    for variables in [&[][..], PRODUCTION, &open_with_tls, &behind_a_proxy, &strong, &database] {
        assert_eq!(found(variables), [], "{variables:?}");
    }
}

#[test]
fn every_line_of_the_table_has_a_test() {
    let (mut reached, mut all) = (BTreeSet::new(), Vec::new());
    all.extend(IN_DEFAULT.iter().map(|(variables, _)| variables.to_vec()));
    all.extend(IN_PRODUCTION.iter().map(|(variables, _)| [PRODUCTION, variables].concat()));
    for variables in all {
        let settings = read(&variables);
        let is_so =
            |line: &Line| line.profile.has(settings.profile) && line.address.has(&settings) && (line.is_so)(&settings);
        reached.extend(LINES.iter().enumerate().filter(|(_, line)| is_so(line)).map(|(number, _)| number));
    }
    let missed = LINES.iter().enumerate().filter(|(number, _)| !reached.contains(number));
    let missed: Vec<&str> = missed.map(|(_, line)| line.key).collect();
    // A build without traces has no endpoint; its test is above.
    assert_eq!(missed, ["trace.endpoint"]);
}

/// Settings of which 0 is a value like others: it turns no limit off.
const ZERO_IS_A_VALUE: &[&str] = &[
    "audit.grace",
    "http.admit_within",
    "http.keep_alive",
    "http.shutdown_within",
    "http.workers",
    "orders.backoff.first",
    "orders.backoff.longest",
    "orders.deadline",
    "owners.batch_wait",
    "owners.reserved",
    "owners.threads",
    "payments.answer_within",
    "payments.ask.first",
    "payments.ask.longest",
    "payments.refund.first",
    "payments.refund.longest",
    "relay.backoff.first",
    "relay.backoff.longest",
    "relay.retention",
    "session.hashing_max",
    "webhooks.old_secret_for",
];

#[test]
fn a_limit_that_0_turns_off_is_warned_of() {
    let is_taken_in_silence = |key: &str, zero: &str| {
        let name = key.to_uppercase().replace('.', "__");
        let settings = try_read(&[PRODUCTION, &[(name.as_str(), zero)]].concat());
        settings.is_ok_and(|settings| judge(&settings).is_empty())
    };
    let mut silent = BTreeSet::new();
    for setting in read(PRODUCTION).effective {
        let is_silent = match &setting.value {
            toml::Value::Integer(_) => is_taken_in_silence(&setting.key, "0"),
            toml::Value::String(text) if text.parse::<jiff::SignedDuration>().is_ok() => {
                is_taken_in_silence(&setting.key, "0s")
            }
            _ => false,
        };
        if is_silent {
            silent.insert(setting.key);
        }
    }
    assert_eq!(silent.iter().map(String::as_str).collect::<Vec<_>>(), ZERO_IS_A_VALUE);
}

#[test]
fn every_line_names_a_setting_and_the_way_out() {
    let settings = read(&[]);
    for Line { key, problem, way_out, .. } in LINES {
        assert!(settings.effective.iter().any(|setting| setting.key == *key), "{key}");
        assert!(!problem.is_empty() && !way_out.is_empty() && !way_out.ends_with('.'), "{key}");
    }
}

#[test]
fn a_refused_start_has_one_line_with_the_setting_its_layer_and_the_way_out() {
    let settings = read(&[PRODUCTION, &[("SESSION__SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]].concat());
    assert_eq!(
        expect_allowed(&settings).unwrap_err().to_string(),
        "setting session.secret: is easy to guess: set it to the output of `openssl rand -hex 32` \
         (TRADEPOST__SESSION__SECRET)"
    );
    assert!(expect_allowed(&read(PRODUCTION)).is_ok());
}

#[test]
fn the_summary_names_what_is_exposed_and_what_is_not_encrypted() {
    let lines = |variables: &[(&str, &str)]| {
        let settings = read(variables);
        summary::lines(&settings, settings.http.listen, settings.admin.listen.0)
    };
    assert_eq!(lines(&[]), ["exposed to other machines: nothing", "not encrypted: nothing"]);
    assert_eq!(
        lines(&[OPEN, SANDBOX, DEMO, ("STORE__PAY__URL", "postgres://shop@db/tradepost")]),
        [
            "exposed to other machines: the shop on 0.0.0.0:8080; administrator routes (admin.listen); the sandbox \
             platform, where anyone can pay without money (gateway.sandbox.enabled); demo goods and the demo user \
             (demo.seed)",
            "not encrypted: HTTP on 0.0.0.0:8080 (http.tls); connections to the database (store.url)"
        ]
    );
    assert_eq!(
        lines(PRODUCTION),
        ["exposed to other machines: what the proxy of https://shop.example.com passes on", "not encrypted: nothing"]
    );
    assert_eq!(
        lines(&[PRODUCTION, &[OPEN, ("METRICS__PUBLIC", "true")], TLS].concat()),
        [
            "exposed to other machines: the shop on 0.0.0.0:8080; figures of the business (metrics.public)",
            "not encrypted: nothing"
        ]
    );
}
