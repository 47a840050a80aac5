use super::*;
use crate::domain::money::Money;

fn read_error(file: &str, variables: &[(&str, &str)]) -> String {
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    read(file, variables).expect_err("the settings were accepted").to_string()
}

#[test]
fn the_defaults_are_complete() {
    let settings = read("", Vec::new()).unwrap();
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.orders.pay_within.get(), std::time::Duration::from_secs(30 * 60));
}

#[test]
fn the_environment_overrides_the_file_and_the_file_overrides_the_defaults() {
    let file = "[orders]\nshipping_fee = \"7.50\"\npay_within = \"5m\"\n";
    let variables = vec![("TRADEPOST__ORDERS__PAY_WITHIN".to_owned(), "90s".to_owned())];
    let settings = read(file, variables).unwrap();
    assert_eq!(settings.orders.shipping_fee, Money::from_minor(750));
    assert_eq!(settings.orders.pay_within.get(), std::time::Duration::from_secs(90));
}

#[test]
fn an_error_is_one_line_even_if_the_input_contains_control_characters() {
    assert_eq!(
        read_error("\"a\\nb\" = 1", &[]),
        "setting a\\nb: there is no such setting (line 1 of the settings file)"
    );
    for (file, name) in [("[log]\nformat = \"te\\nxt\"", "TRADEPOST__LOG__FILTER"), ("", "TRADEPOST__A\r\nb__C")] {
        let line = read_error(file, &[(name, "x")]);
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

#[cfg(not(feature = "traces"))]
#[test]
fn an_endpoint_of_traces_is_refused_by_a_binary_that_cannot_export_them() {
    assert_eq!(
        read_error("", &[("TRADEPOST__TRACE__ENDPOINT", "http://127.0.0.1:4318/v1/traces")]),
        "setting trace.endpoint: this binary cannot export traces: it was built without the feature traces (TRADEPOST__TRACE__ENDPOINT)"
    );
}

#[test]
fn the_error_names_the_invalid_setting() {
    assert!(read_error("colour = 1", &[]).contains("setting colour: there is no such setting"));
    assert!(read_error("[http]\nlisten = 5", &[]).contains("setting http.listen: must be of type string"));
    for (name, text, key) in [
        ("TRADEPOST__HTTP__LISTEN", "nowhere", "http.listen"),
        ("TRADEPOST__HTTP__LISTN", "x", "http.listn"),
        ("TRADEPOST__NODE__ID", "1024", "node.id"),
        ("TRADEPOST__NODE__ID", "one", "node.id"),
        ("TRADEPOST__DEMO__SEED", "yes", "demo.seed"),
        ("TRADEPOST__TRACE__ENDPOINT", "collector:4318", "trace.endpoint"),
        ("TRADEPOST__TRACE__ENDPOINTS", "", "trace.endpoints"),
        ("TRADEPOST__TRACE__SAMPLE", "1.5", "trace.sample"),
        ("TRADEPOST__TRACE__SAMPLE", "all", "trace.sample"),
        ("TRADEPOST__ORDERS__DEADLINE", "soon", "orders.deadline"),
        ("TRADEPOST__ORDERS__SHIPPING_FEE", "-1", "orders.shipping_fee"),
        ("TRADEPOST__OWNERS__BATCH_MAX", "0", "owners.batch_max"),
        ("TRADEPOST__GATEWAY__SANDBOX__SECRET", "short", "gateway.sandbox.secret"),
        ("TRADEPOST__ADMIN__PASSWORD", "short", "admin.password"),
        ("TRADEPOST__ADMIN__LISTEN", "8081", "admin.listen"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "example.org", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "http://", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "http://a b", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "ftp://example.org", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "https://user@example.org", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "https://example.org/?a=b", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "https://example.org:port", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "https://example.org/\"><script>", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "https://example.org/a'b", "http.public_url"),
        ("TRADEPOST__HTTP__PUBLIC_URL", "https://example.org/{a}", "http.public_url"),
        ("TRADEPOST__HTTP__TLS__CERTIFICATE_FILE", "shop.pem", "http.tls.key_file"),
        ("TRADEPOST__HTTP__TLS__KEY_FILE", "shop.pem", "http.tls.certificate_file"),
        ("TRADEPOST__POINTS__PER_UNIT", "1e3", "points.per_unit"),
        ("TRADEPOST__PROFILE", "staging", "profile"),
    ] {
        let line = read_error("", &[(name, text)]);
        assert!(line.contains(key) && line.lines().count() == 1, "{name}={text}: {line}");
    }
}

#[test]
fn an_error_names_the_line_or_the_variable_and_a_misspelt_setting_the_one_that_was_meant() {
    for (file, variables, end) in [
        ("\n[http]\nlistn = \"x\"", &[][..], "(line 3 of the settings file); did you mean http.listen?"),
        ("[htpp]\nlisten = \"x\"", &[], "(line 1 of the settings file); did you mean http?"),
        ("listen = \"x\"", &[], "did you mean admin.listen or http.listen?"),
        ("[http]\nlisten = \"x\"", &[], "(line 2 of the settings file)"),
        ("[http]\nworkers = \"x\"", &[], "must be of type integer, not string (line 2 of the settings file)"),
        ("[http]\n\nlisten = ", &[], "(line 3 of the settings file)"),
        ("", &[("TRADEPOST__HTTP__LISTN", "x")], "(TRADEPOST__HTTP__LISTN); did you mean TRADEPOST__HTTP__LISTEN?"),
        ("", &[("TRADEPOST__HTTP_LISTEN", "x")], "did you mean TRADEPOST__HTTP__LISTEN?"),
        ("", &[("TRADEPOST__HTTP__LISTEN", "x")], "(TRADEPOST__HTTP__LISTEN)"),
        ("", &[("TRADEPOST__HTTP__WORKERS", "x")], "\"x\" is not an integer (TRADEPOST__HTTP__WORKERS)"),
    ] {
        let line = read_error(file, variables);
        assert!(line.ends_with(end), "{line}");
    }
}

#[test]
fn the_effective_settings_name_the_layer_that_set_them_and_no_secret() {
    let mut layers = Layers::defaults().unwrap();
    let text = "profile = \"production\"\n[http]\nworkers = 3\nlisten = \"127.0.0.1:1\"\n";
    layers.apply_file(File { name: "shop.toml", text }).unwrap();
    for (name, text) in [("TRADEPOST__HTTP__LISTEN", "127.0.0.1:2"), ("TRADEPOST__SESSION__SECRET", &"s".repeat(32))] {
        layers.apply_variable(variable(name, text)).unwrap();
    }
    let all = layers.effective();
    let shown = |key: &str| {
        let setting = all.iter().find(|setting| setting.key == key).unwrap();
        format!("{} ({})", setting.line(), setting.origin)
    };
    for (key, expected) in [
        ("profile", "profile = \"production\" (line 1 of shop.toml)"),
        ("http.workers", "http.workers = 3 (line 3 of shop.toml)"),
        ("http.listen", "http.listen = \"127.0.0.1:2\" (TRADEPOST__HTTP__LISTEN)"),
        ("session.secret", "session.secret = ******** (TRADEPOST__SESSION__SECRET)"),
        ("http.keep_alive", "http.keep_alive = \"75s\" (default)"),
    ] {
        assert_eq!(shown(key), expected);
    }
    assert!(!format!("{all:?}").contains("sss"));
}

#[test]
fn a_count_or_duration_beyond_its_bounds_is_refused_with_them() {
    for (name, text, key, bound) in [
        ("TRADEPOST__HTTP__WORKERS", "100000", "http.workers", "256"),
        ("TRADEPOST__HTTP__CONNECTIONS_MAX", "0", "http.connections_max", "1"),
        ("TRADEPOST__HTTP__IN_FLIGHT_MAX", "9223372036854775807", "http.in_flight_max", "100000"),
        ("TRADEPOST__SESSION__HASHING_MAX", "4294967296", "session.hashing_max", "128"),
        ("TRADEPOST__STORE__READERS", "4000000000", "store.readers", "256"),
        ("TRADEPOST__OWNERS__MAILBOX", "9223372036854775807", "owners.mailbox", "1000000"),
        ("TRADEPOST__OWNERS__RESERVED", "-1", "owners.reserved", "0"),
        ("TRADEPOST__RELAY__BATCH_MAX", "65536", "relay.batch_max", "65535"),
        ("TRADEPOST__ORDERS__PAY_WITHIN", "999999999999h", "orders.pay_within", "87600h"),
        ("TRADEPOST__RELAY__RETENTION", "87601h", "relay.retention", "87600h"),
        ("TRADEPOST__RELAY__BACKOFF__LONGEST", "87601h", "relay.backoff", "87600h"),
        ("TRADEPOST__STORE__LOCK_WITHIN", "600h", "store.lock_within", "24h"),
        ("TRADEPOST__HTTP__BODY_WITHIN", "25h", "http.body_within", "24h"),
        ("TRADEPOST__POINTS__PER_UNIT", "79228162514264337593543950335", "points.per_unit", "1000000"),
    ] {
        let line = read_error("", &[(name, text)]);
        assert!(line.contains(key) && line.contains(bound) && line.lines().count() == 1, "{name}={text}: {line}");
    }
}

#[test]
fn a_public_url_may_have_a_port_and_a_path_and_loses_the_slash_at_its_end() {
    for (text, url) in [
        ("", ""),
        ("https://shop.example.com/", "https://shop.example.com"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://example.com/shop/api/", "https://example.com/shop/api"),
    ] {
        let settings = read("", vec![("TRADEPOST__HTTP__PUBLIC_URL".to_owned(), text.to_owned())]).unwrap();
        assert_eq!(settings.http.public_url.as_str(), url);
    }
}
