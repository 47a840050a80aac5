//! Tests of the validation of settings.

use super::*;
use secrecy::ExposeSecret;

type Edit = fn(&mut Given);

/// A certificate self-signed with the merchant's key.
const OWN_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIC7jCCAdagAwIBAgIBATANBgkqhkiG9w0BAQsFADAPMQ0wCwYDVQQDDAR0ZXN0MCAXDTI2MTEyNTE2MTIyOFoYDzIxMjYxMTAxMTYxMjI4WjAPMQ0w
CwYDVQQDDAR0ZXN0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwos7vOEGTOD6E+X/Dmk4Z3KLZo+0uoOQfyT6zXr7RBHRWXwPx4HohrMW
y9tvseE5c5q6JiwAw0Hh8LyfOaP9eIX2BwJAAj/O5FjOeS9S8fs4pQzfZQ/MFREZVSPTQIsdkMvyyGw1GY0+oHx/4a9wV6EO1d9pLv7sD+crhUraG834
04gC2cVJipV4R8T5j/irvNl+8k21+Rha1wvjOVErpCDJ4UQ3bBtGE3UGE6cXI2sBadhf30mF3E+loL5vMk73sEHUPqYJ3fnPruZBuBPnAhi8zyrXmvRN
V0DyVHb8xuNIgbo6KXJYmEp4j16foj55/WgbSr2j42naR6EJa3JhWQIDAQABo1MwUTAdBgNVHQ4EFgQUABgkWpb4IIBHGJW2NlQBB5OToA0wHwYDVR0j
BBgwFoAUABgkWpb4IIBHGJW2NlQBB5OToA0wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAVkF7MQQBxp6zoR/VTGNMezCDGZyyr9Fa
7YmjS2IAnr9Nz3nqE1KAZnbjxmmdIyH2Xt+6PEkHYmhy4PNc3U/i99bOipmU7F2aHzN4Ui/0P2FSZrAZzwOPgwxaxxkzcwV9OHD9lExX3BkkkydnI6EZ
7BVbtdaP+HurnKlRQ4rnc/iWZqjBhDAcjxcKbWGrDCAW1Vy9oKPOJ7Ik5hvUbg60LD+GGmNV+X39R5c/gr9PCiK5FZtiX6Vzlg/nNeBXS1YIprjEsUog
PmLTqqAKRVwQFqlXcigzTIocdO/lIx8o/xWX5wsSm3QxBfBPhlqf+H1J/99GGlwjgOv12Mw6eEgXZg==
-----END CERTIFICATE-----";
/// A certificate whose key is not RSA.
const ELLIPTIC_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBYjCCAQigAwIBAgIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDAR0ZXN0MCAXDTI2MTEyNTE2MTIyOFoYDzIxMjYxMTAxMTYxMjI4WjAPMQ0wCwYD
VQQDDAR0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEhNgcCW86kHRGpoClFXmPFCsZxMdsrOqF+12V0QE2WhhmLl+v9Fa1E6JmWsE7YO+Z006E
iUrSL6cFg0ggXJgZ26NTMFEwHQYDVR0OBBYEFAiuYm4zVaAwpm6mLYn2J99gKHYLMB8GA1UdIwQYMBaAFAiuYm4zVaAwpm6mLYn2J99gKHYLMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAMk2TyxYoG03ngJLa7pBGnqZ+7ctqR20x1Y+SBK2MJxPAiA2hQ+6vNwVC5An4Ges2bzl6ftsKrpO
pgKH58w3UD3zyw==
-----END CERTIFICATE-----";

/// Asserts that each edit on its own causes an error that names the setting, in one line and without a secret.
#[track_caller]
fn assert_refused(setting: &str, edits: &[Edit]) {
    for (at, edit) in edits.iter().enumerate() {
        let mut given = Given::new();
        edit(&mut given);
        let error = given.open().unwrap_err();
        assert_eq!(error.key.trim_start_matches("gateway.wechat."), setting, "edit {at}: {error}");
        assert!(!error.why.contains('\n') && error.why.len() > 10, "{error}");
        let api_v3_key = given.settings.api_v3_key.expose_secret();
        assert!(api_v3_key.is_empty() || !error.why.contains(api_v3_key), "{error}");
        assert!(!error.why.contains("MII"), "{error}");
    }
}

#[test]
fn invalid_identifiers_are_refused() {
    assert_refused(
        "merchant_id",
        &[
            |given| given.settings.merchant_id = "1234567".to_owned(),
            |given| given.settings.merchant_id = "12345678901".to_owned(),
            |given| given.settings.merchant_id = "19000000a1".to_owned(),
            |given| given.settings.merchant_id = " 1900000001".to_owned(),
        ],
    );
    assert_refused(
        "app_id",
        &[
            |given| given.settings.app_id.clear(),
            |given| given.settings.app_id = "wx".to_owned(),
            |given| given.settings.app_id = "2021000000000001".to_owned(),
            |given| given.settings.app_id = "wx0123456789abcde/".to_owned(),
        ],
    );
    assert_refused(
        "merchant_serial",
        &[
            |given| given.settings.merchant_serial.clear(),
            |given| given.settings.merchant_serial = "37:75:B6".to_owned(),
            |given| given.settings.merchant_serial = "0x3775".to_owned(),
        ],
    );
    assert_refused(
        "subject",
        &[
            |given| given.settings.subject.clear(),
            |given| given.settings.subject = "订".repeat(36),
            |given| given.settings.subject = "two\nlines".to_owned(),
        ],
    );
}

#[test]
fn invalid_urls_are_refused() {
    assert_refused(
        "url",
        &[
            |given| given.settings.url.clear(),
            |given| given.settings.url = "api.mch.weixin.qq.com".to_owned(),
            |given| given.settings.url = "ftp://api.mch.weixin.qq.com".to_owned(),
            |given| given.settings.url = "https://api.mch.weixin.qq.com/?a=1".to_owned(),
        ],
    );
    assert_refused("fallback_url", &[|given| given.settings.fallback_url = "api2.mch.weixin.qq.com".to_owned()]);
    assert_refused(
        "http.public_url",
        &[
            |given| given.shop.public_url.clear(),
            |given| given.shop.public_url = "http://shop.example.com".to_owned(),
            |given| given.shop.public_url = "https://".to_owned(),
            |given| given.shop.public_url = "https://shop.example.com/?a=1".to_owned(),
            |given| given.shop.public_url = "https://shop example.com".to_owned(),
            |given| given.shop.public_url = format!("https://{}.example.com", "shop.".repeat(50)),
        ],
    );
}

#[test]
fn invalid_keys_are_refused() {
    assert_refused(
        "merchant_key",
        &[
            |given| given.settings.merchant_key = Default::default(),
            |given| given.settings.merchant_key = "/nowhere/at/all".into(),
            |given| given.settings.merchant_key = given.file(""),
            |given| given.settings.merchant_key = given.file("no key"),
            |given| given.settings.merchant_key = given.file(key("wx_merchant", "spki_der_b64")),
            |given| given.settings.merchant_key = given.file(key("wx_platform_cert", "pem")),
        ],
    );
    assert_refused(
        "api_v3_key",
        &[
            |given| given.settings.api_v3_key = secret(""),
            |given| given.settings.api_v3_key = secret("testAPIv3Key0000"),
            |given| given.settings.api_v3_key = secret("OwnTestApiV3Key_0123456789abcde"),
            |given| given.settings.api_v3_key = secret("OwnTestApiV3Key_0123456789abcdef "),
        ],
    );
    assert_refused(
        "platform_key_id",
        &[
            |given| given.settings.platform_key_id.clear(),
            |given| given.settings.platform_key_id = "PUB_KEY_ID_".to_owned(),
            |given| given.settings.platform_key_id = "PUB_KEY_ID_0119\r\nHost: a".to_owned(),
            |given| given.settings.platform_key_id = "0119000000012025100900000000000001".to_owned(),
        ],
    );
    assert_refused(
        "platform_key",
        &[
            |given| given.settings.platform_key = Default::default(),
            |given| given.settings.platform_key = given.file("no key"),
            |given| given.settings.platform_key = given.file(key("wx_platform_pubkey", "pkcs8_der_b64")),
            // The merchant's own public key in place of WeChat Pay's is the most frequent mistake.
            |given| given.settings.platform_key = given.file(key("wx_merchant", "spki_der_b64")),
        ],
    );
    assert_refused(
        "platform_certificates",
        &[
            |given| given.settings.platform_certificates = "/nowhere/at/all".into(),
            |given| given.settings.platform_certificates = given.file("no certificate"),
            |given| given.settings.platform_certificates = given.file(OWN_CERTIFICATE),
            |given| given.settings.platform_certificates = given.file(ELLIPTIC_CERTIFICATE),
        ],
    );
}

#[test]
fn an_account_needs_a_platform_key_or_certificate_and_may_have_both() {
    let mut given = Given::new();
    given.settings.platform_certificates = Default::default();
    assert_eq!(given.open().unwrap().unwrap().public_key_id.as_deref(), Some(PUBLIC_KEY_ID));
    let mut given = Given::new();
    given.settings.platform_key = Default::default();
    given.settings.platform_key_id.clear();
    assert_eq!(given.open().unwrap().unwrap().public_key_id, None);
    let account = account();
    for (name, serial) in
        [("wx_platform_pubkey", PUBLIC_KEY_ID), ("wx_platform_certkey", "4A00112233445566778899AABBCCDDEEFF001122")]
    {
        let headers = headers_by(name, serial, b"{}", NOW);
        account.keys.verify(&|name| headers.get(name).cloned(), b"{}", NOW).unwrap();
    }
}

#[test]
fn without_a_merchant_there_is_no_account_and_other_settings_are_refused() {
    let defaults = Given { settings: config::read("", Vec::new()).unwrap().gateway.wechat, ..Given::new() };
    assert!(defaults.open().unwrap().is_none());
    let gateways = crate::gateway::wechat::gateways(&defaults.settings, &defaults.shop).unwrap();
    assert!(gateways.is_empty());
    let edits: [(&str, Edit); 8] = [
        ("app_id", |given| given.settings.app_id = APP.to_owned()),
        ("merchant_key", |given| given.settings.merchant_key = "a".into()),
        ("merchant_serial", |given| given.settings.merchant_serial = SERIAL.to_owned()),
        ("api_v3_key", |given| given.settings.api_v3_key = secret(API_V3_KEY)),
        ("platform_key_id", |given| given.settings.platform_key_id = PUBLIC_KEY_ID.to_owned()),
        ("platform_key", |given| given.settings.platform_key = "a".into()),
        ("platform_certificates", |given| given.settings.platform_certificates = "a".into()),
        ("h5_type", |given| given.settings.h5_type = Given::new().with_h5().settings.h5_type),
    ];
    for (setting, edit) in edits {
        let mut given = Given { settings: defaults.settings.clone(), ..Given::new() };
        edit(&mut given);
        assert_eq!(given.open().unwrap_err().key, format!("gateway.wechat.{setting}"));
    }
}

#[test]
fn an_account_has_two_gateways_and_prints_no_secret() {
    let given = Given::new();
    let gateways = crate::gateway::wechat::gateways(&given.settings, &given.shop).unwrap();
    let names: Vec<_> = gateways.iter().map(|gateway| (gateway.name(), gateway.needs_payer())).collect();
    assert_eq!(names, [("wechat", false), ("wechat_jsapi", true)]);
    let given = given.with_h5();
    let gateways = crate::gateway::wechat::gateways(&given.settings, &given.shop).unwrap();
    assert_eq!(gateways.last().map(|gateway| gateway.name().to_owned()).as_deref(), Some("wechat_h5"));
    let account = given.open().unwrap().unwrap();
    assert_eq!(account.signer.serial, SERIAL.to_uppercase());
    assert_eq!(account.urls, ["https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com"]);
    let printed = format!("{account:?}");
    assert!(printed.contains("PrivateKey(..)") && printed.contains("Key(..)"), "{printed}");
    assert!(!printed.contains(API_V3_KEY), "{printed}");
}

#[test]
fn the_description_fits_with_the_longest_payment_id() {
    let mut given = Given::new();
    given.settings.subject = "订".repeat(35);
    let description = given.open().unwrap().unwrap().description(crate::domain::id::PayId::new(i64::MAX));
    assert!(description.len() <= 127 && description.ends_with(" 9223372036854775807"), "{description}");
}
