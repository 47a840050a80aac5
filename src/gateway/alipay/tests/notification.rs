//! Tests of notifications: altered ones are refused, and no input makes the parser panic.

use proptest::prelude::*;

use super::*;
use crate::domain::money::Money;
use crate::gateway::alipay::notify::{self, Form};
use crate::gateway::{Event, Notification, Reject, WrongRecipient};

const PAID: [(&str, &str); 9] = [
    ("app_id", APP_ID),
    ("seller_id", SELLER_ID),
    ("charset", "utf-8"),
    ("notify_id", "2025100901222165321000000000000001"),
    ("out_trade_no", "77"),
    ("trade_no", "2025100922001400000000000001"),
    ("trade_status", "TRADE_SUCCESS"),
    ("total_amount", "88.88"),
    ("subject", "订单 77 "),
];

/// A signed notification of a payment with some fields replaced. Fields with an empty value are left out.
fn signed(changes: &[(&str, &str)]) -> String {
    let mut fields: Vec<_> = PAID.into_iter().filter(|(name, _)| !changes.iter().any(|(new, _)| new == name)).collect();
    fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    fields.push(("sign_type", "RSA2"));
    form(&fields, &private("ali_platform"))
}

fn read(body: &str) -> Result<Option<Notification>, Reject> {
    notify::read(&Given::bare().account(), body.as_bytes())
}

fn notification(changes: &[(&str, &str)]) -> Notification {
    read(&signed(changes)).unwrap().unwrap()
}

#[test]
fn a_notification_with_any_bit_changed_is_refused() {
    let (account, good) = (Given::bare().account(), signed(&[]));
    let text = Form::read(good.as_bytes()).unwrap().canonical();
    let expected = notify::read(&account, good.as_bytes()).unwrap();
    let mut accepted = 0;
    for body in with_one_bit_flipped(good.as_bytes()) {
        match notify::read(&account, &body) {
            Err(_) => {}
            // Percent-encoding ignores the case of its digits: "%2B" is "%2b".
            Ok(notification) => {
                accepted += 1;
                assert_eq!((&notification, Form::read(&body).unwrap().canonical()), (&expected, text.clone()));
            }
        }
    }
    assert!(accepted < 60, "{accepted}");
    let form = Form::read(good.as_bytes()).unwrap();
    let sign = form.get("sign").unwrap();
    let encoded = |sign: &str| form_urlencoded::byte_serialize(sign.as_bytes()).collect::<String>();
    for other in signatures_with_one_bit_flipped(sign) {
        let changed = good.replace(&encoded(sign), &encoded(&other));
        assert_ne!(changed, good);
        assert_eq!(notify::read(&account, changed.as_bytes()), Err(Reject::Signature));
    }
}

#[test]
fn the_event_follows_from_the_trade_status_and_the_refund_fee() {
    let refunded = |number: Option<&str>| Event::RefundedTotal(number.map(str::to_owned));
    type Changes = &'static [(&'static str, &'static str)];
    let table: [(Changes, Event, i64); 9] = [
        (&[], Event::Paid, 8888),
        (&[("trade_status", "TRADE_FINISHED")], Event::Paid, 8888),
        (&[("trade_status", "TRADE_FINISHED"), ("refund_fee", "10.00")], Event::Paid, 8888),
        (&[("trade_status", "TRADE_CLOSED")], Event::Closed, 8888),
        (&[("refund_fee", "10.00"), ("out_biz_no", "5")], refunded(Some("5")), 1000),
        (&[("refund_fee", "10.00")], refunded(None), 1000),
        (&[("refund_fee", "0.00")], Event::Paid, 8888),
        (&[("trade_status", "TRADE_CLOSED"), ("refund_fee", "88.88")], refunded(None), 8888),
        // Discounts granted by Alipay do not change the amount.
        (&[("receipt_amount", "80.00"), ("buyer_pay_amount", "70.00")], Event::Paid, 8888),
    ];
    for (changes, event, amount) in table {
        let notification = notification(changes);
        assert_eq!((notification.event, notification.amount), (event, Money::from_minor(amount)), "{changes:?}");
    }
    assert_eq!(read(&signed(&[("trade_status", "WAIT_BUYER_PAY")])), Ok(None));
}

#[test]
fn a_notification_for_another_recipient_is_marked() {
    assert_eq!(notification(&[]).wrong_recipient, None);
    for (changes, wrong_recipient) in [
        (("app_id", "2021000000000002"), WrongRecipient::App),
        (("app_id", ""), WrongRecipient::App),
        (("seller_id", "2088000000000002"), WrongRecipient::Seller),
        (("seller_id", ""), WrongRecipient::Seller),
    ] {
        assert_eq!(notification(&[changes]).wrong_recipient, Some(wrong_recipient), "{changes:?}");
    }
}

#[test]
fn the_sellers_email_is_compared_only_without_a_seller_id() {
    let mut given = Given::bare();
    let wrong_recipient = |given: &Given, changes: &[(&str, &str)]| {
        notify::read(&given.account(), signed(changes).as_bytes()).unwrap().unwrap().wrong_recipient
    };
    let by_email = [("seller_id", ""), ("seller_email", "seller@example.com")];
    assert_eq!(wrong_recipient(&given, &by_email), Some(WrongRecipient::Seller));
    given.settings.seller_email = "seller@example.com".to_owned();
    assert_eq!(wrong_recipient(&given, &by_email), None);
    let another = [("seller_id", "2088000000000002"), ("seller_email", "seller@example.com")];
    assert_eq!(wrong_recipient(&given, &another), Some(WrongRecipient::Seller));
}

#[test]
fn a_malformed_notification_is_unreadable() {
    let long = "1".repeat(65);
    for changes in [
        ("trade_status", ""),
        ("trade_status", "TRADE_EXPLODED"),
        ("total_amount", ""),
        ("total_amount", "88.880"),
        ("total_amount", "8888e-2"),
        ("total_amount", "-88.88"),
        ("refund_fee", "1e1"),
        ("notify_id", ""),
        ("notify_id", &long),
        ("trade_no", ""),
        ("trade_no", &long),
        ("trade_no", "20 25"),
        ("out_trade_no", ""),
    ] {
        assert_eq!(read(&signed(&[changes])), Err(Reject::Unreadable), "{changes:?}");
    }
}

#[test]
fn a_refund_embedded_in_another_field_is_refused() {
    let good = signed(&[("receipt_amount", "88.88"), ("refund_fee", "10.00")]);
    let text = Form::read(good.as_bytes()).unwrap().canonical();
    let hidden = good
        .replace("&refund_fee=10.00", "")
        .replace("receipt_amount=88.88", "receipt_amount=88.88%26refund_fee%3D10.00");
    // The canonical text is the same, so the signature is valid.
    assert_eq!(Form::read(hidden.as_bytes()).unwrap().canonical(), text);
    assert_eq!(read(&hidden), Err(Reject::Unreadable));
}

#[test]
fn another_signature_scheme_or_charset_is_refused() {
    let good = signed(&[]);
    for (name, reject) in [("RSA", Reject::SignType), ("rsa2", Reject::SignType), ("none", Reject::SignType)] {
        assert_eq!(read(&good.replace("sign_type=RSA2", &format!("sign_type={name}"))), Err(reject));
    }
    assert_eq!(read(&signed(&[("charset", "gbk")])), Err(Reject::Charset));
    assert!(read(&signed(&[("charset", "UTF-8")])).is_ok() && read(&signed(&[("charset", "")])).is_ok());
}

#[test]
fn a_repeated_field_is_refused_even_if_one_is_empty() {
    let good = signed(&[]);
    for more in ["&app_id=", "&sign=", "&refund_fee=&refund_fee=", "&%61pp_id=2"] {
        assert_eq!(read(&format!("{good}{more}")), Err(Reject::Duplicate), "{more}");
    }
    // One additional empty field is ignored.
    assert_eq!(read(&format!("{good}&refund_fee=")), read(&good));
}

#[test]
fn a_notification_may_be_signed_with_any_of_alipays_certificates() {
    let account = Given::certified().account();
    for (key, is_accepted) in [("ali_platform", true), ("ali_platform_2", true), ("wx_platform_certkey", false)] {
        let body = form(&PAID, &private(key));
        assert_eq!(notify::read(&account, body.as_bytes()).is_ok(), is_accepted, "{key}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Form::read(&bytes).map(|form| form.canonical());
    }

    #[test]
    fn no_signed_field_makes_the_parser_panic(
        status in "(TRADE_SUCCESS|TRADE_CLOSED|\\PC{0,9})", amount in "\\PC{0,9}",
        refund in "[0-9.]{0,6}", id in "\\PC{0,70}",
    ) {
        let changes = [("trade_status", status), ("total_amount", amount), ("refund_fee", refund), ("notify_id", id)];
        let _ = read(&signed(&changes.each_ref().map(|(name, value)| (*name, value.as_str()))));
    }
}
