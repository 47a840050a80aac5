//! Notices of the stand-in for Alipay: their content, their schedule and their planned faults.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Clock;

use crate::alipay::standin::request::{Shop, code_order, page_order};
use crate::platform::alipay::{Wrong, canonical};
use crate::platform::{Alipay, Key, Kind, Payment, PerceivedReply, Sending, VECTORS};
use crate::support::RecordingServer;

const MINUTE: Duration = Duration::from_secs(60);

/// A platform that sends its notices to an HTTP listener.
struct Setup {
    alipay: Alipay,
    clock: Clock,
    ear: RecordingServer,
    shop: Shop,
}

type Fields = BTreeMap<String, String>;

/// Parses the fields as a shop does. Each name must occur once.
fn fields(body: &[u8]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(body) {
        assert!(fields.insert(name.to_string(), value.into_owned()).is_none(), "{name} occurs twice");
    }
    fields
}

/// Whether a shop should accept the signature. It is made with the key `by` and SHA-256, without `sign_type` and empty
/// fields.
fn is_signed(fields: &Fields, by: &str) -> bool {
    let key = Key::named(if by == "ali_platform" { "ali_platform" } else { "ali_platform_2" });
    let signed = fields.iter().filter(|(name, value)| !["sign", "sign_type"].contains(&&***name) && !value.is_empty());
    let text: Vec<String> = signed.map(|(name, value)| format!("{name}={value}")).collect();
    fields.get("sign").is_some_and(|sign| key.verifies(text.join("&").as_bytes(), sign))
}

impl Setup {
    async fn open() -> Self {
        let (alipay, clock, ear) = (Alipay::start().await, Clock::default(), RecordingServer::open().await);
        alipay.follow(&clock);
        alipay.deliver_to(&ear.url);
        let setup = Self { shop: Shop::of(&alipay), alipay, clock, ear };
        for number in ["P1", "P2"] {
            setup.shop.ask("alipay.trade.precreate", code_order(number), setup.clock.now()).await;
        }
        setup
    }

    /// Returns the fields of all notices received so far.
    fn notices(&self) -> Vec<Fields> {
        self.ear.requests().iter().map(|notice| fields(&notice.body)).collect()
    }

    async fn refund(&self, request: &str, amount: &str) {
        let biz = serde_json::json!({"out_trade_no": "P1", "out_request_no": request, "refund_amount": amount});
        assert_eq!(self.shop.ask("alipay.trade.refund", biz, self.clock.now()).await.code(), "10000");
        self.alipay.tick().await;
    }
}

#[test]
fn the_stand_in_signs_like_the_notices_of_the_test_vectors() {
    let all = VECTORS["vectors"].as_array().unwrap().iter().filter(|vector| vector["kind"] == "alipay_notify");
    let good: Vec<&Value> = all.filter(|vector| vector["expect"]["canonical"].is_string()).collect();
    assert!(good.len() > 5);
    for vector in good {
        let mut fields = fields(vector["input"]["body"].as_str().unwrap().as_bytes());
        let sign = fields.remove("sign").unwrap();
        fields.remove("sign_type");
        let text = canonical(&fields);
        assert_eq!(vector["expect"]["canonical"], text.as_str(), "{}", vector["id"]);
        assert_eq!(Key::named("ali_platform").sign(text.as_bytes()), sign, "{}", vector["id"]);
    }
    let vector = VECTORS["vectors"].as_array().unwrap().iter().find(|v| v["id"] == "own-ali-notify-sha1-labelled-rsa2");
    let mut fields = fields(vector.unwrap()["input"]["body"].as_str().unwrap().as_bytes());
    let sign = fields.remove("sign").unwrap();
    fields.remove("sign_type");
    assert_eq!(Key::named("ali_platform").sign_sha1(canonical(&fields).as_bytes()), sign);
}

#[actix_web::test]
async fn a_notice_of_a_payment_has_all_fields_that_a_shop_must_check() {
    let setup = Setup::open().await;
    setup.alipay.pay_with("P1", Payment::with_coupon(888)).await;
    let notices = setup.notices();
    assert!(is_signed(&notices[0], "ali_platform"));
    for (name, value) in [
        ("app_id", "2021000000000001"),
        ("seller_id", "2088000000000001"),
        ("out_trade_no", "P1"),
        ("trade_no", &*setup.alipay.trade("P1").trade_no),
        ("trade_status", "TRADE_SUCCESS"),
        ("total_amount", "88.88"),
        ("receipt_amount", "80.00"),
        ("notify_type", "trade_status_sync"),
        ("subject", "测试商品 A+B"),
        ("sign_type", "RSA2"),
    ] {
        assert_eq!(notices[0][name], value);
    }
    assert!(!notices[0].contains_key("refund_fee") && notices[0]["new_field"].ends_with(' '));
    let path = &setup.ear.requests()[0].path;
    let headers = &setup.ear.requests()[0].headers;
    assert_eq!(path, "/v1/payments/callbacks/alipay");
    let content_type = headers.iter().find(|(name, _)| name == "content-type").unwrap();
    assert_eq!(content_type.1, "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!((setup.alipay.reply_statuses("P1"), setup.alipay.next_due()), (vec![200], None));
}

#[actix_web::test]
async fn an_unaccepted_notice_is_sent_eight_times_in_about_a_day_and_differs_only_in_its_time() {
    let setup = Setup::open().await;
    setup.ear.reply(&[(500, "success"); 20]);
    setup.alipay.pay("P1").await;
    let mut minutes = Vec::new();
    while let Some(by) = setup.alipay.deliver_next().await {
        minutes.push((by + MINUTE / 2).as_secs() / 60);
    }
    assert_eq!(minutes, [4, 10, 10, 60, 120, 360, 900]);
    let mut notices = setup.notices();
    assert!(notices.iter().all(|fields| is_signed(fields, "ali_platform")) && notices.len() == 8);
    assert_ne!(notices[0]["notify_time"], notices[7]["notify_time"]);
    for fields in &mut notices {
        fields.retain(|name, _| !["notify_time", "sign"].contains(&&**name));
    }
    assert!(notices.iter().all(|fields| fields == &notices[0]));
}

#[actix_web::test]
async fn a_notice_of_a_code_payment_may_be_repeated_three_times_at_once() {
    let setup = Setup::open().await;
    setup.alipay.resend_at_once();
    setup.alipay.open(&setup.shop.page(&page_order("P3"), setup.clock.now())).await;
    setup.ear.reply(&[(500, ""); 20]);
    setup.alipay.pay("P1").await;
    assert_eq!(setup.alipay.reply_statuses("P1"), [500; 4]);
    setup.alipay.pay("P3").await;
    assert_eq!(setup.alipay.reply_statuses("P3"), [500]);
    while setup.alipay.deliver_next().await.is_some() {}
    assert_eq!((setup.alipay.reply_statuses("P1").len(), setup.alipay.reply_statuses("P3").len()), (11, 8));
}

#[actix_web::test]
async fn only_the_exact_reply_success_accepts_a_notice() {
    let setup = Setup::open().await;
    let wrong = [
        (500, "success"),
        (201, "success"),
        (302, "success"),
        (200, "\"success\""),
        (200, "success\n"),
        (200, "SUCCESS"),
        (204, ""),
    ];
    setup.ear.reply(&wrong);
    setup.alipay.pay("P1").await;
    for (index, reply) in wrong.iter().enumerate() {
        assert_eq!(setup.alipay.deliveries("P1").len(), index + 1);
        assert!(!setup.alipay.deliveries("P1")[index].is_accepted, "{reply:?}");
        setup.alipay.deliver_next().await;
    }
    assert_eq!((setup.alipay.deliver_next().await, setup.alipay.reply_statuses("P1").len()), (None, 8));
    assert!(setup.alipay.deliveries("P1")[7].is_accepted);
    assert!(setup.ear.requests().iter().all(|request| request.path != "/elsewhere"), "no redirect is followed");
}

#[actix_web::test]
async fn an_unreachable_shop_is_notified_when_it_is_back() {
    let setup = Setup::open().await;
    setup.alipay.deliver_to("http://127.0.0.1:9");
    setup.alipay.pay("P1").await;
    setup.alipay.deliver_to("");
    setup.alipay.deliver_next().await;
    setup.alipay.deliver_to(&setup.ear.url);
    setup.alipay.deliver_next().await;
    assert_eq!(setup.alipay.reply_statuses("P1"), [0, 0, 200]);
}

#[actix_web::test]
async fn notices_can_be_delayed_lost_duplicated_or_reordered() {
    let setup = Setup::open().await;
    setup.alipay.next_notice(Sending::late(MINUTE * 90));
    setup.alipay.next_notice(Sending::lost());
    setup.alipay.pay("P1").await;
    setup.alipay.pay("P2").await;
    assert!(setup.notices().is_empty());
    assert_eq!(setup.alipay.deliver_next().await.map(|by| by > MINUTE * 89), Some(true));
    assert_eq!((setup.alipay.reply_statuses("P1"), setup.alipay.reply_statuses("P2")), (vec![200], vec![]));
    for (sending, times) in [(Sending::copies(3), 3), (Sending::at_once(20), 20)] {
        setup.alipay.next_notice(sending);
        let before = setup.notices().len();
        setup.refund(&format!("R{times}"), "1.00").await;
        let notices = setup.notices().split_off(before);
        assert!(notices.len() == times && notices.iter().all(|fields| fields["notify_id"] == notices[0]["notify_id"]));
    }
    setup.ear.reply(&[(500, ""); 3]);
    setup.alipay.next_notice(Sending::copies(3));
    setup.refund("R4", "1.00").await;
    setup.alipay.deliver_next().await;
    assert_eq!(setup.alipay.reply_statuses("P1")[24..], [500, 500, 500, 200], "a repetition is sent as one copy");
    setup.alipay.notices_of("P1", Sending::held());
    setup.refund("R1", "1.00").await;
    setup.refund("R2", "1.00").await;
    let before = setup.notices().len();
    setup.alipay.release_reversed("P1").await;
    let requests: Vec<String> =
        setup.notices().split_off(before).iter().map(|fields| fields["out_biz_no"].clone()).collect();
    assert_eq!(requests, ["R2", "R1"]);
}

#[actix_web::test]
async fn the_reply_of_the_shop_can_be_garbled() {
    let setup = Setup::open().await;
    for heard in [
        PerceivedReply::Missing,
        PerceivedReply::Received(302, "success"),
        PerceivedReply::Received(200, "\"success\""),
    ] {
        setup.alipay.next_notice(Sending::perceived_as(heard, 2));
        setup.alipay.notify_again("P1", Kind::Waiting).await;
        while setup.alipay.deliver_next().await.is_some() {}
        let accepted: Vec<bool> = setup.alipay.deliveries("P1").iter().map(|delivery| delivery.is_accepted).collect();
        assert_eq!(accepted[accepted.len() - 3..], [false, false, true], "{heard:?}");
    }
    assert_eq!(setup.alipay.reply_statuses("P1"), [200; 9], "the shop accepted each of them");
}

#[actix_web::test]
async fn each_planned_fault_changes_one_thing_and_the_next_delivery_is_valid() {
    let setup = Setup::open().await;
    setup.alipay.pay("P1").await;
    let right = setup.notices().remove(0);
    for (wrong, field, is_good) in [
        (Wrong::Signature, "", false),
        (Wrong::NoSignature, "", false),
        (Wrong::EmptySignature, "", false),
        (Wrong::OtherKey, "", false),
        (Wrong::OwnKey, "", false),
        (Wrong::Sha1, "", false),
        (Wrong::Sha1Declared, "sign_type", false),
        (Wrong::SignTypeSigned, "", false),
        (Wrong::Altered, "total_amount", false),
        (Wrong::Amount, "total_amount", true),
        (Wrong::App, "app_id", true),
        (Wrong::Seller, "seller_id", true),
        (Wrong::Order, "out_trade_no", true),
        (Wrong::TradeNo, "trade_no", true),
        (Wrong::Status, "trade_status", true),
        (Wrong::EmptyField, "refund_fee", true),
    ] {
        let delivery = setup.alipay.resend("P1", Some(wrong)).await;
        let sent = fields(&delivery.post.body);
        assert_eq!(is_signed(&sent, "ali_platform"), is_good, "{wrong:?}");
        let names: Vec<&String> = right.keys().chain(sent.keys()).collect();
        for name in names {
            let may_differ = ["sign", "notify_time", field].contains(&&**name);
            assert!(may_differ || sent[name] == right[name], "{wrong:?}: {name}");
        }
        assert!(field.is_empty() || sent.get(field) != right.get(field), "{wrong:?}");
    }
    let twice = setup.alipay.resend("P1", Some(Wrong::Twice)).await.post.body;
    assert_eq!(form_urlencoded::parse(&twice).filter(|(name, _)| name == "total_amount").count(), 2);
    setup.ear.reply(&[(200, "fail")]);
    setup.alipay.next_notice(Sending::wrong(Wrong::Signature, 1));
    setup.alipay.pay("P2").await;
    setup.alipay.deliver_next().await;
    let sent = setup.alipay.deliveries("P2");
    let good: Vec<bool> = sent.iter().map(|sent| is_signed(&fields(&sent.post.body), "ali_platform")).collect();
    assert_eq!(good, [false, true]);
}

#[actix_web::test]
async fn a_delivery_can_be_replayed_byte_for_byte() {
    let setup = Setup::open().await;
    setup.alipay.pay("P1").await;
    let first = setup.alipay.deliveries("P1").remove(0);
    setup.clock.advance(MINUTE);
    let again = setup.alipay.replay(&first).await;
    assert_eq!((&again.post, again.status), (&first.post, 200));
    assert_eq!(setup.ear.requests()[0].body, setup.ear.requests()[1].body);
    let resent = setup.alipay.resend("P1", None).await;
    assert_ne!(resent.post.body, first.post.body);
    assert_eq!(resent.event_id, first.event_id);
}

#[actix_web::test]
async fn a_partial_refund_is_notified_as_success_and_the_last_one_as_closed() {
    let setup = Setup::open().await;
    setup.alipay.pay("P1").await;
    setup.refund("R1", "10.00").await;
    setup.refund("R2", "20.00").await;
    setup.alipay.refund_in_console("P1", 5888).await;
    let notices = setup.notices();
    let value = |at: usize, name: &str| notices[at].get(name).map_or("", |value| value.as_str()).to_owned();
    let values = |at: usize| ["trade_status", "refund_fee", "send_back_fee", "out_biz_no"].map(|name| value(at, name));
    assert_eq!(values(0), ["TRADE_SUCCESS", "", "", ""]);
    assert_eq!(values(1), ["TRADE_SUCCESS", "10.00", "10.00", "R1"]);
    assert_eq!(values(2), ["TRADE_SUCCESS", "30.00", "20.00", "R2"]);
    assert_eq!(values(3)[..3], ["TRADE_CLOSED", "88.88", "58.88"]);
    assert!(value(3, "out_biz_no").starts_with("console") && value(3, "gmt_refund").ends_with(".123"));
    let ids: std::collections::BTreeSet<&String> = notices.iter().map(|fields| &fields["notify_id"]).collect();
    assert_eq!(ids.len(), 4);
}

#[actix_web::test]
async fn most_events_are_not_notified_by_default_and_every_event_can_be() {
    let setup = Setup::open().await;
    setup.alipay.open(&setup.shop.page(&page_order("P3"), setup.clock.now())).await;
    setup.alipay.expire("P3").await;
    assert!(setup.notices().is_empty());
    setup.alipay.send_all_notices();
    setup.alipay.open(&setup.shop.page(&page_order("P4"), setup.clock.now())).await;
    setup.alipay.expire("P4").await;
    setup.alipay.pay("P1").await;
    setup.alipay.finish("P1").await;
    // Out of order, as a new event.
    setup.alipay.notify_again("P1", Kind::Waiting).await;
    setup.alipay.notify_again("P1", Kind::Paid).await;
    let statuses: Vec<String> = setup.notices().iter().map(|fields| fields["trade_status"].clone()).collect();
    let expected =
        ["WAIT_BUYER_PAY", "TRADE_CLOSED", "TRADE_SUCCESS", "TRADE_FINISHED", "WAIT_BUYER_PAY", "TRADE_SUCCESS"];
    assert_eq!(statuses, expected);
    assert!(setup.notices()[1].contains_key("gmt_close"));
}

#[actix_web::test]
async fn after_a_change_of_keys_the_new_key_signs_repeated_notices_too() {
    let setup = Setup::open().await;
    setup.ear.reply(&[(500, "")]);
    setup.alipay.pay("P1").await;
    setup.alipay.change_key();
    setup.alipay.deliver_next().await;
    let notices = setup.notices();
    assert!(is_signed(&notices[0], "ali_platform") && is_signed(&notices[1], "ali_platform_2"));
}
