//! The settings that are secret. No command shows their values.

use toml::Value;

/// The text in place of a secret.
pub const MASK: &str = "********";

/// The settings whose whole value is a secret.
pub const SECRETS: [&str; 9] = [
    "admin.password",
    "demo.password",
    "gateway.alipay.content_key",
    "gateway.sandbox.old_secret",
    "gateway.sandbox.secret",
    "gateway.wechat.api_v3_key",
    "metrics.token",
    "session.old_secret",
    "session.secret",
];

/// The value of the setting `key`, without what is secret in it. An empty value means that there is no secret.
#[must_use]
pub fn masked(key: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if !text.is_empty() && SECRETS.contains(&key) => Value::String(MASK.to_owned()),
        Value::String(text) if text.contains("://") => Value::String(without_password(text)),
        value => value.clone(),
    }
}

/// Whether a value has been masked.
#[must_use]
pub fn is_masked(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(MASK))
}

/// A URL with masks for the password of its user and for passwords among its parameters.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    // A password may contain any character, also `@` and `/`, if it is not encoded. Too much is masked then.
    let rest = match rest.rsplit_once('@') {
        Some((account, host)) => match account.split_once(':') {
            Some((user, _)) => format!("{user}:{MASK}@{host}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let mut parts = rest.split("password=");
    let mut shown = format!("{scheme}://{}", parts.next().unwrap_or_default());
    for part in parts {
        let after = part.find('&').and_then(|end| part.get(end..)).unwrap_or_default();
        shown.push_str(&format!("password={MASK}{after}"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(key: &str, text: &str) -> String {
        masked(key, &Value::String(text.to_owned())).as_str().unwrap().to_owned()
    }

    #[test]
    fn a_secret_is_masked_and_an_empty_one_is_empty() {
        assert_eq!((shown("admin.password", "hunter22").as_str(), shown("admin.password", "").as_str()), (MASK, ""));
        assert_eq!(shown("log.filter", "info"), "info");
    }

    #[test]
    fn the_password_in_a_url_is_masked_whatever_it_contains() {
        for (url, expected) in [
            ("sqlite://data", "sqlite://data"),
            ("postgres://shop@db/tradepost", "postgres://shop@db/tradepost"),
            ("postgres://shop:pw@db/tradepost", "postgres://shop:********@db/tradepost"),
            ("mysql://shop:p@s/s:w@db:3306/tradepost", "mysql://shop:********@db:3306/tradepost"),
            ("postgres://db/t?user=a&password=pw&x=1", "postgres://db/t?user=a&password=********&x=1"),
            ("postgres://db/t?sslpassword=pw", "postgres://db/t?sslpassword=********"),
        ] {
            assert_eq!(shown("store.url", url), expected);
        }
    }

    #[test]
    fn every_setting_of_a_secret_type_is_masked() {
        let source = include_str!("settings.rs");
        let types = [": SigningSecret", ": InitialPassword", ": SecretString"];
        let fields = source.lines().filter(|line| types.iter().any(|name| line.contains(name)));
        let names = fields.filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next().map(str::to_owned));
        let mut names: Vec<String> = names.collect();
        let mut masked: Vec<String> = SECRETS.iter().map(|key| key.rsplit('.').next().unwrap().to_owned()).collect();
        names.sort();
        masked.sort();
        assert_eq!(masked, names, "left: SECRETS, right: settings.rs");
    }
}
