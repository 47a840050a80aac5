//! Notices: nothing that was changed on the product is believed, and nothing at all makes us panic.

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

/// A good notice with some fields in place of others; empty ones are left out.
fn with(changes: &[(&str, &str)]) -> String {
    let mut fields: Vec<_> = PAID.into_iter().filter(|(name, _)| !changes.iter().any(|(new, _)| new == name)).collect();
    fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    fields.push(("sign_type", "RSA2"));
    form(&fields, &private("ali_platform"))
}

fn read(body: &str) -> Result<Option<Notification>, Reject> {
    notify::read(&Given::bare().account(), body.as_bytes())
}

fn notice(changes: &[(&str, &str)]) -> Notification {
    read(&with(changes)).unwrap().unwrap()
}

#[test]
fn a_notice_with_any_bit_changed_is_not_believed() {
    let (account, good) = (Given::bare().account(), with(&[]));
    let text = Form::read(good.as_bytes()).unwrap().canonical();
    let told = notify::read(&account, good.as_bytes()).unwrap();
    let mut same = 0;
    for body in with_one_bit_flipped(good.as_bytes()) {
        match notify::read(&account, &body) {
            Err(_) => {}
            // "%2B" is "%2b".
            Ok(notice) => {
                same += 1;
                assert_eq!((&notice, Form::read(&body).unwrap().canonical()), (&told, text.clone()));
            }
        }
    }
    assert!(same < 60, "{same}");
    let form = Form::read(good.as_bytes()).unwrap();
    let sign = form.get("sign").unwrap();
    let encoded = |sign: &str| form_urlencoded::byte_serialize(sign.as_bytes()).collect::<String>();
    for other in with_one_bit_of_it_flipped(sign) {
        let changed = good.replace(&encoded(sign), &encoded(&other));
        assert_ne!(changed, good);
        assert_eq!(notify::read(&account, changed.as_bytes()), Err(Reject::Signature));
    }
}

#[test]
fn what_happened_follows_from_the_state_and_what_went_back() {
    let refunded = |number: Option<&str>| Event::RefundedInAll(number.map(str::to_owned));
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
        // A discount is between Alipay and the customer.
        (&[("receipt_amount", "80.00"), ("buyer_pay_amount", "70.00")], Event::Paid, 8888),
    ];
    for (changes, event, amount) in table {
        let notice = notice(changes);
        assert_eq!((notice.event, notice.amount), (event, Money::from_minor(amount)), "{changes:?}");
    }
    assert_eq!(read(&with(&[("trade_status", "WAIT_BUYER_PAY")])), Ok(None));
}

#[test]
fn a_notice_for_somebody_else_says_so() {
    assert_eq!(notice(&[]).wrong_recipient, None);
    for (changes, wrong_recipient) in [
        (("app_id", "2021000000000002"), WrongRecipient::App),
        (("app_id", ""), WrongRecipient::App),
        (("seller_id", "2088000000000002"), WrongRecipient::Seller),
        (("seller_id", ""), WrongRecipient::Seller),
    ] {
        assert_eq!(notice(&[changes]).wrong_recipient, Some(wrong_recipient), "{changes:?}");
    }
}

#[test]
fn the_sellers_address_counts_where_there_is_no_number_and_only_if_it_is_given() {
    let mut given = Given::bare();
    let told = |given: &Given, changes: &[(&str, &str)]| {
        notify::read(&given.account(), with(changes).as_bytes()).unwrap().unwrap().wrong_recipient
    };
    let by_address = [("seller_id", ""), ("seller_email", "seller@example.com")];
    assert_eq!(told(&given, &by_address), Some(WrongRecipient::Seller));
    given.settings.seller_email = "seller@example.com".to_owned();
    assert_eq!(told(&given, &by_address), None);
    let another = [("seller_id", "2088000000000002"), ("seller_email", "seller@example.com")];
    assert_eq!(told(&given, &another), Some(WrongRecipient::Seller));
}

#[test]
fn what_is_not_of_this_form_is_unreadable() {
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
        assert_eq!(read(&with(&[changes])), Err(Reject::Unreadable), "{changes:?}");
    }
}

#[test]
fn a_refund_cannot_be_hidden_in_another_field() {
    let good = with(&[("receipt_amount", "88.88"), ("refund_fee", "10.00")]);
    let text = Form::read(good.as_bytes()).unwrap().canonical();
    let hidden = good
        .replace("&refund_fee=10.00", "")
        .replace("receipt_amount=88.88", "receipt_amount=88.88%26refund_fee%3D10.00");
    // The same text, so the same signature.
    assert_eq!(Form::read(hidden.as_bytes()).unwrap().canonical(), text);
    assert_eq!(read(&hidden), Err(Reject::Unreadable));
}

#[test]
fn the_way_of_signing_is_ours_to_say() {
    let good = with(&[]);
    for (name, reject) in [("RSA", Reject::SignType), ("rsa2", Reject::SignType), ("none", Reject::SignType)] {
        assert_eq!(read(&good.replace("sign_type=RSA2", &format!("sign_type={name}"))), Err(reject));
    }
    assert_eq!(read(&with(&[("charset", "gbk")])), Err(Reject::Charset));
    assert!(read(&with(&[("charset", "UTF-8")])).is_ok() && read(&with(&[("charset", "")])).is_ok());
}

#[test]
fn a_field_that_is_there_twice_is_refused_also_where_one_is_empty() {
    let good = with(&[]);
    for more in ["&app_id=", "&sign=", "&refund_fee=&refund_fee=", "&%61pp_id=2"] {
        assert_eq!(read(&format!("{good}{more}")), Err(Reject::Duplicate), "{more}");
    }
    // An empty one more is none.
    assert_eq!(read(&format!("{good}&refund_fee=")), read(&good));
}

#[test]
fn any_certificate_of_alipays_may_have_signed() {
    let account = Given::certified().account();
    for (key, is_believed) in [("ali_platform", true), ("ali_platform_2", true), ("wx_platform_certkey", false)] {
        let body = form(&PAID, &private(key));
        assert_eq!(notify::read(&account, body.as_bytes()).is_ok(), is_believed, "{key}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Form::read(&bytes).map(|form| form.canonical());
    }

    #[test]
    fn nothing_alipay_may_sign_makes_the_reader_panic(
        status in "(TRADE_SUCCESS|TRADE_CLOSED|\\PC{0,9})", amount in "\\PC{0,9}",
        back in "[0-9.]{0,6}", number in "\\PC{0,70}",
    ) {
        let changes = [("trade_status", status), ("total_amount", amount), ("refund_fee", back), ("notify_id", number)];
        let _ = read(&with(&changes.each_ref().map(|(name, value)| (*name, value.as_str()))));
    }
}
