//! Tests of notifications: altered, stale or malformed ones are refused, and no input makes the parser panic.

use proptest::prelude::*;

use super::*;
use crate::domain::money::Money;
use crate::gateway::wechat::notify::read;
use crate::gateway::{Event, Notification, Reject, WrongRecipient};

const TRADE: &str = r#"{"mchid":"1900000001","appid":"wx0123456789abcdef","out_trade_no":"7001","attach":"",
    "transaction_id":"4200000001202510090000000001","trade_type":"NATIVE","trade_state":"SUCCESS",
    "payer":{"openid":"o1"},"amount":{"total":8888,"payer_total":1,"currency":"CNY","payer_currency":"HKD"}}"#;
const REFUND: &str = r#"{"mchid":"1900000001","out_trade_no":"7001","transaction_id":"42","out_refund_no":"8001",
    "refund_id":"50","refund_status":"SUCCESS","amount":{"total":8888,"refund":1000,"payer_refund":990}}"#;

/// Signs `body` and reads it.
fn read_signed(account: &MerchantAccount, body: &[u8]) -> Result<Option<Notification>, Reject> {
    let headers = headers(body, NOW);
    read(account, &|name| headers.get(name).cloned(), body, NOW)
}

/// Encrypts and signs a notification with this content and reads it.
fn read_content(event_type: &str, original_type: &str, content: &str) -> Result<Option<Notification>, Reject> {
    read_signed(&account(), envelope(event_type, original_type, content).as_bytes())
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn a_notification_with_any_bit_flipped_is_refused() {
    let (account, body) = (account(), envelope("TRANSACTION.SUCCESS", "transaction", TRADE));
    let headers = headers(body.as_bytes(), NOW);
    read(&account, &|name| headers.get(name).cloned(), body.as_bytes(), NOW).unwrap();
    for bit in 0..body.len() * 8 {
        let bad = flipped(body.as_bytes(), bit);
        let refused = read(&account, &|name| headers.get(name).cloned(), &bad, NOW);
        assert_eq!(refused, Err(Reject::Signature), "bit {bit} of the body");
    }
    for (name, value) in &headers {
        for bit in 0..value.len() * 8 {
            let mut headers = headers.clone();
            headers.insert(name, flipped(value.as_bytes(), bit).into_iter().map(char::from).collect());
            let refused = read(&account, &|name| headers.get(name).cloned(), body.as_bytes(), NOW);
            assert!(refused.is_err_and(Reject::is_unsigned), "bit {bit} of {name}");
        }
    }
}

#[test]
fn a_missing_or_empty_header_is_refused() {
    let (account, body) = (account(), envelope("TRANSACTION.SUCCESS", "transaction", TRADE));
    let good = headers(body.as_bytes(), NOW);
    for name in [keys::SERIAL, keys::TIMESTAMP, keys::NONCE, keys::SIGNATURE] {
        for value in [None, Some(String::new())] {
            let header = |header: &str| if header == name { value.clone() } else { good.get(header).cloned() };
            assert_eq!(read(&account, &header, body.as_bytes(), NOW), Err(Reject::MissingHeader), "{name} {value:?}");
        }
    }
}

#[test]
fn the_timestamp_must_differ_by_less_than_300_seconds() {
    let (account, body) = (account(), envelope("TRANSACTION.SUCCESS", "transaction", TRADE));
    let headers = headers(body.as_bytes(), NOW);
    for (seconds, refused) in [
        (-301, Some(Reject::Future)),
        (-300, Some(Reject::Future)),
        (-299, None),
        (299, None),
        (300, Some(Reject::Stale)),
        (301, Some(Reject::Stale)),
    ] {
        let now = Timestamp(NOW.0 + seconds * 1000);
        let read = read(&account, &|name| headers.get(name).cloned(), body.as_bytes(), now);
        assert_eq!(read.err(), refused, "{seconds}");
    }
    for timestamp in ["1760000000.0", "+1760000000", "-1", " 1760000000", "1.76e9", "９", "99999999999999999999"] {
        let header =
            |name: &str| if name == keys::TIMESTAMP { Some(timestamp.to_owned()) } else { headers.get(name).cloned() };
        assert_eq!(read(&account, &header, body.as_bytes(), NOW), Err(Reject::Stamp), "{timestamp}");
    }
}

#[test]
fn only_the_named_key_verifies() {
    let (account, body) = (account(), envelope("TRANSACTION.SUCCESS", "transaction", TRADE));
    for (name, serial, refused) in [
        ("wx_platform_pubkey", "PUB_KEY_ID_0", Reject::UnknownKey),
        ("wx_platform_pubkey", "4A00112233445566778899AABBCCDDEEFF001122", Reject::Signature),
        ("wx_platform_certkey", PUBLIC_KEY_ID, Reject::Signature),
        ("wx_merchant", PUBLIC_KEY_ID, Reject::Signature),
    ] {
        let headers = headers_by(name, serial, body.as_bytes(), NOW);
        let refusal = read(&account, &|name| headers.get(name).cloned(), body.as_bytes(), NOW);
        assert_eq!(refusal, Err(refused), "{name} as {serial}");
    }
}

#[test]
fn a_payment_is_reported_with_the_amount_due() {
    let notification = read_content("TRANSACTION.SUCCESS", "transaction", TRADE).unwrap().unwrap();
    assert_eq!(
        (notification.event, notification.amount, notification.currency.as_str()),
        (Event::Paid, Money::from_minor(8888), "CNY")
    );
    assert_eq!((notification.event_id.as_str(), notification.out_trade_no.as_str()), ("evt-1", "7001"));
    assert_eq!((notification.trade_no.as_str(), notification.wrong_recipient), ("4200000001202510090000000001", None));
    for (from, to, wrong_recipient) in [
        ("1900000001", "1900000002", WrongRecipient::Merchant),
        ("wx0123456789abcdef", "wx0123456789abcdee", WrongRecipient::App),
    ] {
        let notification =
            read_content("TRANSACTION.SUCCESS", "transaction", &TRADE.replacen(from, to, 1)).unwrap().unwrap();
        assert_eq!(notification.wrong_recipient, Some(wrong_recipient));
    }
}

#[test]
fn a_refund_is_reported_with_its_id_and_result() {
    let read = |kind: &str, content: &str| read_content(&format!("REFUND.{kind}"), "refund", content);
    let notification = read("SUCCESS", REFUND).unwrap().unwrap();
    assert_eq!(
        (notification.event, notification.amount),
        (Event::Refunded("8001".to_owned()), Money::from_minor(1000))
    );
    assert_eq!(
        (notification.currency.as_str(), notification.out_trade_no.as_str(), notification.wrong_recipient),
        ("CNY", "7001", None)
    );
    for kind in ["CLOSED", "ABNORMAL"] {
        let content = REFUND.replace("SUCCESS", kind);
        let Event::RefundFailed(id, why) = read(kind, &content).unwrap().unwrap().event else { panic!("{kind}") };
        assert!(id == "8001" && why.starts_with(kind) && why.len() <= 200, "{why}");
        assert_eq!(read(kind, REFUND), Err(Reject::Unreadable));
        assert_eq!(read("SUCCESS", &content), Err(Reject::Unreadable));
    }
    let foreign = read("SUCCESS", &REFUND.replace("1900000001", "1900000002")).unwrap().unwrap();
    assert_eq!(foreign.wrong_recipient, Some(WrongRecipient::Merchant));
    let in_dollars = read("SUCCESS", &REFUND.replace("\"payer_refund\":990", "\"currency\":\"USD\"")).unwrap().unwrap();
    assert_eq!(in_dollars.currency, "USD");
}

#[test]
fn the_content_must_match_the_types_in_the_envelope() {
    for (event_type, original_type, content) in [
        ("TRANSACTION.SUCCESS", "refund", TRADE),
        ("TRANSACTION.SUCCESS", "", TRADE),
        ("TRANSACTION.SUCCESS", "transaction", REFUND),
        ("REFUND.SUCCESS", "transaction", REFUND),
        ("REFUND.SUCCESS", "refund", TRADE),
    ] {
        assert_eq!(
            read_content(event_type, original_type, content),
            Err(Reject::Unreadable),
            "{event_type} {original_type}"
        );
    }
}

#[test]
fn ambiguous_or_incomplete_content_is_unreadable() {
    for (from, to) in [
        ("\"total\":8888", "\"total\":8888,\"total\":1"),
        ("\"total\":8888", "\"total\":-8888"),
        ("\"total\":8888", "\"total\":88.88"),
        ("\"total\":8888", "\"total\":\"8888\""),
        ("\"total\":8888", "\"total\":18446744073709551615"),
        ("\"total\":8888,", ""),
        ("\"currency\":\"CNY\",", ""),
        ("\"trade_state\":\"SUCCESS\"", "\"trade_state\":\"NOTPAY\""),
        ("\"trade_state\":\"SUCCESS\"", "\"trade_state\":\"REFUND\""),
        ("\"out_trade_no\":\"7001\"", "\"out_trade_no\":\"7001\",\"out_trade_no\":\"7002\""),
        ("\"out_trade_no\":\"7001\"", "\"out_trade_no\":7001"),
        ("\"transaction_id\":\"4200000001202510090000000001\",", ""),
        ("4200000001202510090000000001", ""),
        ("4200000001202510090000000001", "42000000012025100900000000014200000001202510090000000001421"),
        ("4200000001202510090000000001", "42\\u0000"),
        ("}}", "}"),
    ] {
        let bad = TRADE.replacen(from, to, 1);
        assert_ne!(bad, TRADE);
        assert_eq!(read_content("TRANSACTION.SUCCESS", "transaction", &bad), Err(Reject::Unreadable), "{bad}");
    }
}

#[test]
fn a_malformed_envelope_is_refused() {
    let (account, good) = (account(), envelope("TRANSACTION.SUCCESS", "transaction", TRADE));
    for (from, to, refused) in [
        ("\"id\":\"evt-1\"", "\"id\":\"evt-1\",\"id\":\"evt-2\"".to_owned(), Reject::Unreadable),
        ("evt-1", String::new(), Reject::Unreadable),
        ("evt-1", "e".repeat(65), Reject::Unreadable),
        ("evt-1", "\\u0000".to_owned(), Reject::Unreadable),
        ("AEAD_AES_256_GCM", "NONE".to_owned(), Reject::Algorithm),
        ("AEAD_AES_256_GCM", "AEAD_SM4_GCM".to_owned(), Reject::Algorithm),
        ("AbCdEf012345", "AbCdEf01234".to_owned(), Reject::Unreadable),
        ("AbCdEf012345", "AbCdEf012346".to_owned(), Reject::Ciphertext),
        ("\"associated_data\":\"transaction\"", "\"associated_data\":\"refund\"".to_owned(), Reject::Ciphertext),
        ("\"associated_data\":\"transaction\"", "\"associated_data\":null".to_owned(), Reject::Ciphertext),
        ("\"ciphertext\":\"", "\"ciphertext\":\"*".to_owned(), Reject::Unreadable),
        ("\"ciphertext\":\"", "\"ciphertext\":\"AAAA".to_owned(), Reject::Ciphertext),
        ("\"resource\":", "\"resource\":{},\"resource\":".to_owned(), Reject::Unreadable),
    ] {
        let bad = good.replacen(from, &to, 1);
        assert_ne!(bad, good);
        assert_eq!(read_signed(&account, bad.as_bytes()), Err(refused), "{bad}");
    }
    let longest = good.replace("evt-1", &"e".repeat(64));
    read_signed(&account, longest.as_bytes()).unwrap().unwrap();
}

#[test]
fn an_event_that_is_not_about_a_payment_is_ignored() {
    for event_type in ["SECURITY_ECHO.SUCCESS", "PAYSCORE.USER_PAID", "REFUND.WONDERED", "TRANSACTION.SEEN", ""] {
        assert_eq!(read_content(event_type, "anything", "not even JSON"), Ok(None), "{event_type}");
    }
    let corrupted = envelope("SECURITY_ECHO.SUCCESS", "a", "b").replace("\"ciphertext\":\"", "\"ciphertext\":\"AAAA");
    assert_eq!(read_signed(&account(), corrupted.as_bytes()), Err(Reject::Ciphertext));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_signed_body_makes_the_parser_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_signed(&account(), &body).is_err());
    }

    #[test]
    fn no_content_makes_the_parser_panic(at in 0..300_usize, length in 0..40_usize, new in "[\"{}:,0-9a-z.-]{0,12}") {
        for (event_type, original_type, good) in
            [("TRANSACTION.SUCCESS", "transaction", TRADE), ("REFUND.CLOSED", "refund", REFUND)]
        {
            let mut content = good.to_owned();
            let from = at.min(content.len());
            content.replace_range(from..(from + length).min(content.len()), &new);
            if let Ok(read) = read_content(event_type, original_type, &content) {
                prop_assert!(read.is_some_and(|notification| notification.amount >= Money::from_minor(0)));
            }
        }
    }

    #[test]
    fn no_header_makes_the_verifier_panic(one in ".{0,40}", two in ".{0,40}", three in ".{0,40}", at in any::<i64>()) {
        let header = |name: &str| match name {
            keys::SERIAL => Some(PUBLIC_KEY_ID.to_owned()),
            keys::TIMESTAMP => Some(one.clone()),
            keys::NONCE => Some(two.clone()),
            _ => Some(three.clone()),
        };
        let verified = account().keys.verify(&header, b"{}", Timestamp(at));
        prop_assert!(verified.is_err());
    }
}
