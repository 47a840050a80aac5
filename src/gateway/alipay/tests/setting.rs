//! Tests of the validation of settings.

use super::*;
use crate::gateway::alipay::gateways;

/// The error for these settings, which must be one line.
#[track_caller]
fn error_line(given: &Given, shop: &Shop) -> String {
    let line = match gateways(&given.settings, shop) {
        Ok(_) => panic!("the settings were accepted"),
        Err(error) => error.to_string(),
    };
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn an_account_has_two_gateways_and_no_account_has_none() {
    assert!(gateways(&Given::read(&[]).settings, &shop()).unwrap().is_empty());
    for given in [Given::bare(), Given::certified()] {
        let gateways = gateways(&given.settings, &shop()).unwrap();
        let names: Vec<_> = gateways.iter().map(|gateway| gateway.name()).collect();
        assert_eq!(names, ["alipay", "alipay_qr"]);
    }
}

#[test]
fn the_error_names_the_invalid_value() {
    type Change = fn(&mut config::Alipay);
    let table: [(&str, Change); 18] = [
        ("app_id", |settings| settings.app_id = "202100000000000".to_owned()),
        ("app_id", |settings| settings.app_id = "202100000000000x".to_owned()),
        ("seller_id", |settings| settings.seller_id.clear()),
        ("seller_id", |settings| settings.seller_id = "2089000000000001".to_owned()),
        ("seller_id", |settings| settings.seller_id = "20880000000000012".to_owned()),
        ("subject", |settings| settings.subject.clear()),
        ("subject", |settings| settings.subject = "a/b".to_owned()),
        ("subject", |settings| settings.subject = "a=b".to_owned()),
        ("subject", |settings| settings.subject = "a&b".to_owned()),
        ("subject", |settings| settings.subject = "a\nb".to_owned()),
        ("subject", |settings| settings.subject = "单".repeat(201)),
        ("url", |settings| settings.url = "openapi.alipay.com/gateway.do".to_owned()),
        ("url", |settings| settings.url = "ftp://openapi.alipay.com/gateway.do".to_owned()),
        ("url", |settings| settings.url = "https://openapi.alipay.com/gateway.do?a=b".to_owned()),
        ("app_key", |settings| settings.app_key = PathBuf::from("/nowhere")),
        ("platform_key", |settings| settings.platform_key = PathBuf::from("/nowhere")),
        ("platform_key", |settings| settings.platform_key.clear()),
        ("platform_key", |settings| settings.app_certificate = PathBuf::from("/nowhere")),
    ];
    for (at, (setting, change)) in table.into_iter().enumerate() {
        let mut given = Given::bare();
        change(&mut given.settings);
        let line = error_line(&given, &shop());
        assert!(line.contains(&format!("setting gateway.alipay.{setting}: ")), "{at}: {line}");
    }
}

#[test]
fn the_error_names_the_setting_of_an_invalid_file() {
    let (ours, theirs) = (part("ali_app", "spki_der_b64"), part("ali_platform", "spki_der_b64"));
    for (setting, text) in [
        ("app_key", theirs),
        ("app_key", ""),
        ("app_key", "not base64!"),
        ("platform_key", ours),
        ("platform_key", part("ali_app", "pkcs8_der_b64")),
        ("platform_key", part("ali_app", "pkcs1_pub_der_b64")),
        ("platform_key", &format!("{theirs}\n{ours}")),
        ("platform_key", &format!("{theirs}\nnot base64!")),
        ("platform_key", ""),
    ] {
        let given = Given::bare();
        given.file(setting, text);
        let line = error_line(&given, &shop());
        assert!(line.contains(&format!("setting gateway.alipay.{setting}: ")), "{line}");
        assert!(!line.contains("MII"), "{line}");
    }
    for (file, setting, text) in [
        ("app", "app_certificate", part("ali_cert_1", "pem")),
        ("app", "app_certificate", "no certificate"),
        ("platform", "platform_certificate", part("wx_platform_cert", "pem")),
        ("platform", "platform_certificate", ""),
        ("root", "root_certificate", ""),
    ] {
        let given = Given::certified();
        given.file(file, text);
        let line = error_line(&given, &shop());
        assert!(line.contains(&format!("setting gateway.alipay.{setting}: ")), "{line}");
    }
}

#[test]
fn all_three_certificates_are_required() {
    type Change = fn(&mut config::Alipay);
    let table: [(&str, Change); 3] = [
        ("app_certificate", |settings| settings.app_certificate.clear()),
        ("platform_certificate", |settings| settings.platform_certificate.clear()),
        ("root_certificate", |settings| settings.root_certificate.clear()),
    ];
    for (setting, change) in table {
        let mut given = Given::certified();
        change(&mut given.settings);
        assert!(error_line(&given, &shop()).contains(&format!("gateway.alipay.{setting}: ")));
    }
}

#[test]
fn a_public_url_is_required() {
    let without_url = Shop { public_url: String::new(), ..shop() };
    assert!(error_line(&Given::bare(), &without_url).contains("setting http.public_url: "));
}

#[test]
fn a_setting_without_an_account_is_refused() {
    for name in [
        "SELLER_ID",
        "SELLER_EMAIL",
        "APP_KEY",
        "PLATFORM_KEY",
        "APP_CERTIFICATE",
        "PLATFORM_CERTIFICATE",
        "ROOT_CERTIFICATE",
        "CONTENT_KEY",
    ] {
        let line = error_line(&Given::read(&[(name, "given")]), &shop());
        assert!(line.contains("setting gateway.alipay.app_id: "), "{line}");
        assert!(line.contains(&name.to_lowercase()), "{line}");
    }
}

#[test]
fn an_invalid_content_key_is_named_and_not_printed() {
    let short = STANDARD.encode([7; 15]);
    let line = error_line(&Given::bare_with(&[("CONTENT_KEY", &short)]), &shop());
    assert!(line.contains("setting gateway.alipay.content_key: ") && !line.contains(&short), "{line}");
}

#[test]
fn several_keys_are_accepted_during_a_rotation() {
    let (old, new) = (part("ali_platform", "spki_der_b64"), part("ali_platform_2", "spki_der_b64"));
    let pem = |key: &str| format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n");
    let wrapped = |key: &str| format!("{}\n{}\n", &key[..64], &key[64..]);
    for (text, count) in [
        (old.to_owned(), 1),
        (wrapped(old), 1),
        (pem(&wrapped(old)), 1),
        (format!("{old}\n\n  {new}\n"), 2),
        (format!("{}{}", pem(old), pem(&wrapped(new))), 2),
    ] {
        let given = Given::bare();
        given.file("platform_key", &text);
        let account = given.account();
        assert_eq!(account.keyring.all().count(), count, "{text}");
        for (key, is_accepted) in [("ali_platform", true), ("ali_platform_2", count == 2), ("ali_app", false)] {
            let signature = private(key).sign(b"text").unwrap();
            assert_eq!(account.keyring.verify(None, "text", &signature).is_ok(), is_accepted, "{key}");
        }
    }
}

#[test]
fn debug_output_has_no_secrets() {
    let printed = format!("{:?} {:?}", Given::bare().account(), Given::certified().account());
    assert!(!printed.contains("MII"), "{printed}");
}
