//! What the stand-in for Alipay tells a shop, how often, and what can be wrong with it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Clock;

use crate::alipay::standin::request::{Shop, code_order, page_order};
use crate::platform::alipay::{Wrong, canonical};
use crate::platform::{Alipay, Key, Kind, Payment, PerceivedReply, Sending, VECTORS};
use crate::support::RecordingServer;

const MINUTE: Duration = Duration::from_secs(60);

/// A platform that tells an ear of what becomes of its trades.
struct Desk {
    alipay: Alipay,
    clock: Clock,
    ear: RecordingServer,
    shop: Shop,
}

type Fields = BTreeMap<String, String>;

/// The fields as a shop reads them: each name once.
fn fields(body: &[u8]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(body) {
        assert!(fields.insert(name.to_string(), value.into_owned()).is_none(), "{name} is there twice");
    }
    fields
}

/// Whether a shop should believe it: by this key, SHA-256, `sign_type` and empty fields left out.
fn is_signed(fields: &Fields, by: &str) -> bool {
    let key = Key::named(if by == "ali_platform" { "ali_platform" } else { "ali_platform_2" });
    let signed = fields.iter().filter(|(name, value)| !["sign", "sign_type"].contains(&&***name) && !value.is_empty());
    let text: Vec<String> = signed.map(|(name, value)| format!("{name}={value}")).collect();
    fields.get("sign").is_some_and(|sign| key.verifies(text.join("&").as_bytes(), sign))
}

impl Desk {
    async fn open() -> Self {
        let (alipay, clock, ear) = (Alipay::start().await, Clock::default(), RecordingServer::open().await);
        alipay.follow(&clock);
        alipay.deliver_to(&ear.url);
        let desk = Self { shop: Shop::of(&alipay), alipay, clock, ear };
        for number in ["P1", "P2"] {
            desk.shop.ask("alipay.trade.precreate", code_order(number), desk.clock.now()).await;
        }
        desk
    }

    fn told(&self) -> Vec<Fields> {
        self.ear.requests().iter().map(|told| fields(&told.body)).collect()
    }

    async fn refund(&self, request: &str, amount: &str) {
        let biz = serde_json::json!({"out_trade_no": "P1", "out_request_no": request, "refund_amount": amount});
        assert_eq!(self.shop.ask("alipay.trade.refund", biz, self.clock.now()).await.code(), "10000");
        self.alipay.tick().await;
    }
}

#[test]
fn the_vectors_notices_are_signed_as_the_stand_in_signs() {
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
async fn a_payment_is_told_with_all_that_a_shop_has_to_check() {
    let desk = Desk::open().await;
    desk.alipay.pay_with("P1", Payment::with_coupon(888)).await;
    let told = desk.told();
    assert!(is_signed(&told[0], "ali_platform"));
    for (name, value) in [
        ("app_id", "2021000000000001"),
        ("seller_id", "2088000000000001"),
        ("out_trade_no", "P1"),
        ("trade_no", &*desk.alipay.trade("P1").trade_no),
        ("trade_status", "TRADE_SUCCESS"),
        ("total_amount", "88.88"),
        ("receipt_amount", "80.00"),
        ("notify_type", "trade_status_sync"),
        ("subject", "测试商品 A+B"),
        ("sign_type", "RSA2"),
    ] {
        assert_eq!(told[0][name], value);
    }
    assert!(!told[0].contains_key("refund_fee") && told[0]["new_field"].ends_with(' '));
    let path = &desk.ear.requests()[0].path;
    let headers = &desk.ear.requests()[0].headers;
    assert_eq!(path, "/v1/payments/callbacks/alipay");
    let content_type = headers.iter().find(|(name, _)| name == "content-type").unwrap();
    assert_eq!(content_type.1, "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!((desk.alipay.reply_statuses("P1"), desk.alipay.next_due()), (vec![200], None));
}

#[actix_web::test]
async fn a_notice_nobody_takes_comes_eight_times_in_about_a_day_the_same_but_for_its_time() {
    let desk = Desk::open().await;
    desk.ear.reply(&[(500, "success"); 20]);
    desk.alipay.pay("P1").await;
    let mut minutes = Vec::new();
    while let Some(by) = desk.alipay.deliver_next().await {
        minutes.push((by + MINUTE / 2).as_secs() / 60);
    }
    assert_eq!(minutes, [4, 10, 10, 60, 120, 360, 900]);
    let mut told = desk.told();
    assert!(told.iter().all(|fields| is_signed(fields, "ali_platform")) && told.len() == 8);
    assert_ne!(told[0]["notify_time"], told[7]["notify_time"]);
    for fields in &mut told {
        fields.retain(|name, _| !["notify_time", "sign"].contains(&&**name));
    }
    assert!(told.iter().all(|fields| fields == &told[0]));
}

#[actix_web::test]
async fn for_codes_three_more_may_come_at_once() {
    let desk = Desk::open().await;
    desk.alipay.resend_at_once();
    desk.alipay.open(&desk.shop.page(&page_order("P3"), desk.clock.now())).await;
    desk.ear.reply(&[(500, ""); 20]);
    desk.alipay.pay("P1").await;
    assert_eq!(desk.alipay.reply_statuses("P1"), [500; 4]);
    desk.alipay.pay("P3").await;
    assert_eq!(desk.alipay.reply_statuses("P3"), [500]);
    while desk.alipay.deliver_next().await.is_some() {}
    assert_eq!((desk.alipay.reply_statuses("P1").len(), desk.alipay.reply_statuses("P3").len()), (11, 8));
}

#[actix_web::test]
async fn only_the_one_word_is_a_yes() {
    let desk = Desk::open().await;
    let wrong = [
        (500, "success"),
        (201, "success"),
        (302, "success"),
        (200, "\"success\""),
        (200, "success\n"),
        (200, "SUCCESS"),
        (204, ""),
    ];
    desk.ear.reply(&wrong);
    desk.alipay.pay("P1").await;
    for (told, _) in wrong.iter().enumerate() {
        assert_eq!(desk.alipay.deliveries("P1").len(), told + 1);
        assert!(!desk.alipay.deliveries("P1")[told].is_accepted, "{:?}", wrong[told]);
        desk.alipay.deliver_next().await;
    }
    assert_eq!((desk.alipay.deliver_next().await, desk.alipay.reply_statuses("P1").len()), (None, 8));
    assert!(desk.alipay.deliveries("P1")[7].is_accepted);
    assert!(desk.ear.requests().iter().all(|told| told.path != "/elsewhere"), "no redirect is followed");
}

#[actix_web::test]
async fn a_shop_nobody_finds_is_told_when_it_is_back() {
    let desk = Desk::open().await;
    desk.alipay.deliver_to("http://127.0.0.1:9");
    desk.alipay.pay("P1").await;
    desk.alipay.deliver_to("");
    desk.alipay.deliver_next().await;
    desk.alipay.deliver_to(&desk.ear.url);
    desk.alipay.deliver_next().await;
    assert_eq!(desk.alipay.reply_statuses("P1"), [0, 0, 200]);
}

#[actix_web::test]
async fn notices_come_late_or_never_often_or_in_the_wrong_order() {
    let desk = Desk::open().await;
    desk.alipay.next_notice(Sending::late(MINUTE * 90));
    desk.alipay.next_notice(Sending::lost());
    desk.alipay.pay("P1").await;
    desk.alipay.pay("P2").await;
    assert!(desk.told().is_empty());
    assert_eq!(desk.alipay.deliver_next().await.map(|by| by > MINUTE * 89), Some(true));
    assert_eq!((desk.alipay.reply_statuses("P1"), desk.alipay.reply_statuses("P2")), (vec![200], vec![]));
    for (sending, times) in [(Sending::copies(3), 3), (Sending::at_once(20), 20)] {
        desk.alipay.next_notice(sending);
        let before = desk.told().len();
        desk.refund(&format!("R{times}"), "1.00").await;
        let told = desk.told().split_off(before);
        assert!(told.len() == times && told.iter().all(|fields| fields["notify_id"] == told[0]["notify_id"]));
    }
    desk.ear.reply(&[(500, ""); 3]);
    desk.alipay.next_notice(Sending::copies(3));
    desk.refund("R4", "1.00").await;
    desk.alipay.deliver_next().await;
    assert_eq!(desk.alipay.reply_statuses("P1")[24..], [500, 500, 500, 200], "the second time it comes alone");
    desk.alipay.notices_of("P1", Sending::held());
    desk.refund("R1", "1.00").await;
    desk.refund("R2", "1.00").await;
    let before = desk.told().len();
    desk.alipay.release_reversed("P1").await;
    let told: Vec<String> = desk.told().split_off(before).iter().map(|fields| fields["out_biz_no"].clone()).collect();
    assert_eq!(told, ["R2", "R1"]);
}

#[actix_web::test]
async fn the_shops_reply_may_be_misheard() {
    let desk = Desk::open().await;
    for heard in [
        PerceivedReply::Missing,
        PerceivedReply::Received(302, "success"),
        PerceivedReply::Received(200, "\"success\""),
    ] {
        desk.alipay.next_notice(Sending::perceived_as(heard, 2));
        desk.alipay.notify_again("P1", Kind::Waiting).await;
        while desk.alipay.deliver_next().await.is_some() {}
        let taken: Vec<bool> = desk.alipay.deliveries("P1").iter().map(|delivery| delivery.is_accepted).collect();
        assert_eq!(taken[taken.len() - 3..], [false, false, true], "{heard:?}");
    }
    assert_eq!(desk.alipay.reply_statuses("P1"), [200; 9], "the shop took each of them");
}

#[actix_web::test]
async fn each_wrong_is_wrong_in_one_thing_and_the_next_delivery_is_right() {
    let desk = Desk::open().await;
    desk.alipay.pay("P1").await;
    let right = desk.told().remove(0);
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
        let delivery = desk.alipay.resend("P1", Some(wrong)).await;
        let told = fields(&delivery.post.body);
        assert_eq!(is_signed(&told, "ali_platform"), is_good, "{wrong:?}");
        let names: Vec<&String> = right.keys().chain(told.keys()).collect();
        for name in names {
            let may_differ = ["sign", "notify_time", field].contains(&&**name);
            assert!(may_differ || told[name] == right[name], "{wrong:?}: {name}");
        }
        assert!(field.is_empty() || told.get(field) != right.get(field), "{wrong:?}");
    }
    let twice = desk.alipay.resend("P1", Some(Wrong::Twice)).await.post.body;
    assert_eq!(form_urlencoded::parse(&twice).filter(|(name, _)| name == "total_amount").count(), 2);
    desk.ear.reply(&[(200, "fail")]);
    desk.alipay.next_notice(Sending::wrong(Wrong::Signature, 1));
    desk.alipay.pay("P2").await;
    desk.alipay.deliver_next().await;
    let sent = desk.alipay.deliveries("P2");
    let good: Vec<bool> = sent.iter().map(|sent| is_signed(&fields(&sent.post.body), "ali_platform")).collect();
    assert_eq!(good, [false, true]);
}

#[actix_web::test]
async fn a_delivery_can_be_replayed_byte_for_byte() {
    let desk = Desk::open().await;
    desk.alipay.pay("P1").await;
    let first = desk.alipay.deliveries("P1").remove(0);
    desk.clock.advance(MINUTE);
    let again = desk.alipay.replay(&first).await;
    assert_eq!((&again.post, again.status), (&first.post, 200));
    assert_eq!(desk.ear.requests()[0].body, desk.ear.requests()[1].body);
    let anew = desk.alipay.resend("P1", None).await;
    assert_ne!(anew.post.body, first.post.body);
    assert_eq!(anew.event_id, first.event_id);
}

#[actix_web::test]
async fn a_part_that_went_back_is_told_as_one_more_success_and_the_rest_as_closed() {
    let desk = Desk::open().await;
    desk.alipay.pay("P1").await;
    desk.refund("R1", "10.00").await;
    desk.refund("R2", "20.00").await;
    desk.alipay.refund_in_console("P1", 5888).await;
    let told = desk.told();
    let word = |at: usize, name: &str| told[at].get(name).map_or("", |value| value.as_str()).to_owned();
    let words = |at: usize| ["trade_status", "refund_fee", "send_back_fee", "out_biz_no"].map(|name| word(at, name));
    assert_eq!(words(0), ["TRADE_SUCCESS", "", "", ""]);
    assert_eq!(words(1), ["TRADE_SUCCESS", "10.00", "10.00", "R1"]);
    assert_eq!(words(2), ["TRADE_SUCCESS", "30.00", "20.00", "R2"]);
    assert_eq!(words(3)[..3], ["TRADE_CLOSED", "88.88", "58.88"]);
    assert!(word(3, "out_biz_no").starts_with("console") && word(3, "gmt_refund").ends_with(".123"));
    let ids: std::collections::BTreeSet<&String> = told.iter().map(|fields| &fields["notify_id"]).collect();
    assert_eq!(ids.len(), 4);
}

#[actix_web::test]
async fn most_of_what_happens_is_not_told_and_anything_can_be() {
    let desk = Desk::open().await;
    desk.alipay.open(&desk.shop.page(&page_order("P3"), desk.clock.now())).await;
    desk.alipay.expire("P3").await;
    assert!(desk.told().is_empty());
    desk.alipay.send_all_notices();
    desk.alipay.open(&desk.shop.page(&page_order("P4"), desk.clock.now())).await;
    desk.alipay.expire("P4").await;
    desk.alipay.pay("P1").await;
    desk.alipay.finish("P1").await;
    // Out of order, as a new event.
    desk.alipay.notify_again("P1", Kind::Waiting).await;
    desk.alipay.notify_again("P1", Kind::Paid).await;
    let statuses: Vec<String> = desk.told().iter().map(|fields| fields["trade_status"].clone()).collect();
    let expected =
        ["WAIT_BUYER_PAY", "TRADE_CLOSED", "TRADE_SUCCESS", "TRADE_FINISHED", "WAIT_BUYER_PAY", "TRADE_SUCCESS"];
    assert_eq!(statuses, expected);
    assert!(desk.told()[1].contains_key("gmt_close"));
}

#[actix_web::test]
async fn after_a_change_of_keys_the_second_one_signs_also_what_was_told_before() {
    let desk = Desk::open().await;
    desk.ear.reply(&[(500, "")]);
    desk.alipay.pay("P1").await;
    desk.alipay.change_key();
    desk.alipay.deliver_next().await;
    let told = desk.told();
    assert!(is_signed(&told[0], "ali_platform") && is_signed(&told[1], "ali_platform_2"));
}
