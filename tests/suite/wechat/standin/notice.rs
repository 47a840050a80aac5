//! What the stand-in for WeChat Pay tells a shop, how often, and what can be wrong with it.

use std::time::Duration;

use awc::http::header::HeaderMap;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tradepost::domain::clock::Clock;

use crate::platform::wechat::{SignsWith, Wrong, encrypt};
use crate::platform::{BuyerAction, Course, Key, Op, RefundState, Sending, VECTORS, Wechat};
use crate::support::RecordingServer;
use crate::wechat::standin::request::{CERTIFICATE, PUBLIC_KEY_ID, Shop, order};

const API_KEY: &[u8; 32] = b"OwnTestApiV3Key_0123456789abcdef";

/// A platform that tells an ear of what becomes of its orders.
struct Desk {
    wechat: Wechat,
    clock: Clock,
    ear: RecordingServer,
    shop: Shop,
}

/// A notification as a shop reads it.
#[derive(Debug)]
struct Told {
    headers: HeaderMap,
    body: Value,
    raw: Vec<u8>,
    /// Which of the platform's keys signed it, if any.
    signed_by: Option<String>,
    /// What is in it, if it decrypts.
    plain: Option<Value>,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// AES-256-GCM with what the resource says of itself.
fn decrypt(resource: &Value) -> Option<Vec<u8>> {
    let text = |name: &str| resource[name].as_str().unwrap_or_default();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_KEY).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(text("nonce").as_bytes()).ok()?;
    let mut bytes = BASE64_STANDARD.decode(text("ciphertext")).ok()?;
    key.open_in_place(nonce, Aad::from(text("associated_data").as_bytes()), &mut bytes).ok().map(|plain| plain.to_vec())
}

impl Desk {
    async fn open_with(wechat: Wechat) -> Self {
        let (clock, ear) = (Clock::default(), RecordingServer::open().await);
        wechat.follow(&clock);
        wechat.deliver_to(&ear.url);
        let desk = Self { shop: Shop::of(&wechat), wechat, clock, ear };
        for number in ["P10001", "P10002"] {
            desk.prepay(number).await;
        }
        desk
    }

    async fn open() -> Self {
        Self::open_with(Wechat::start().await).await
    }

    async fn prepay(&self, number: &str) {
        let answer = self.shop.post("/v3/pay/transactions/native", &order(number), self.clock.now()).await;
        assert_eq!(answer.status, 200);
    }

    async fn refund(&self, number: &str, fen: i64) {
        let body = json!({
            "out_trade_no": "P10001", "out_refund_no": number, "notify_url": "https://shop.example.com/refunds",
            "amount": {"refund": fen, "total": 8888, "currency": "CNY"},
        });
        let answer = self.shop.post("/v3/refund/domestic/refunds", &body, self.clock.now()).await;
        assert_eq!(answer.status, 200);
        self.wechat.tick().await;
    }

    fn told(&self) -> Vec<Told> {
        let read = |told: crate::support::ReceivedRequest| {
            let mut headers = HeaderMap::new();
            for (name, value) in &told.headers {
                headers.append(name.parse().unwrap(), value.parse().unwrap());
            }
            let body: Value = serde_json::from_slice(&told.body).unwrap();
            let plain = decrypt(&body["resource"]).map(|plain| serde_json::from_slice(&plain).unwrap());
            let signed_by = self.shop.signed_by(&headers, &told.body);
            Told { headers, body, raw: told.body, signed_by, plain }
        };
        self.ear.requests().into_iter().map(read).collect()
    }

    fn last(&self) -> Told {
        self.told().pop().unwrap()
    }
}

#[test]
fn the_vectors_notices_are_signed_and_encrypted_as_the_stand_in_does_it() {
    let all = VECTORS["vectors"].as_array().unwrap().iter().filter(|vector| vector["kind"] == "wechat_notify");
    let keys = ["wx_platform_pubkey", "wx_platform_certkey"].map(Key::named);
    let (mut signed, mut sealed) = (0, 0);
    for vector in all {
        let header = |name: &str| vector["input"]["headers"][name].as_str().unwrap_or_default();
        let (body, id) = (vector["input"]["body"].as_str().unwrap(), vector["id"].as_str().unwrap());
        let text = format!("{}\n{}\n{body}\n", header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"));
        let made = keys.each_ref().map(|key| key.sign(text.as_bytes()));
        signed += usize::from(made.iter().any(|made| made == header("Wechatpay-Signature")));
        if id == "own-wx-notify-sha1" {
            assert_eq!(keys[0].sign_sha1(text.as_bytes()), header("Wechatpay-Signature"));
            assert!(keys[0].verifies_sha1(text.as_bytes(), header("Wechatpay-Signature")));
        }
        let body: Value = serde_json::from_str(body).unwrap();
        let part = |name: &str| body["resource"][name].as_str().unwrap_or_default();
        if let Some(plain) = decrypt(&body["resource"]) {
            sealed += 1;
            let plain = String::from_utf8(plain).unwrap();
            assert_eq!(encrypt(API_KEY, part("nonce"), part("associated_data"), &plain), part("ciphertext"), "{id}");
        }
    }
    assert!(signed > 15 && sealed > 15, "{signed} {sealed}");
}

#[actix_web::test]
async fn a_payment_is_told_signed_and_encrypted() {
    let desk = Desk::open().await;
    desk.wechat.pay("P10001").await;
    let told = desk.last();
    assert_eq!(told.signed_by.as_deref(), Some(PUBLIC_KEY_ID));
    let head = ["event_type", "resource_type", "summary"].map(|name| told.body[name].as_str().unwrap());
    assert_eq!(head, ["TRANSACTION.SUCCESS", "encrypt-resource", "支付成功"]);
    let resource = ["original_type", "algorithm", "associated_data"].map(|name| told.body["resource"][name].as_str());
    assert_eq!(resource, [Some("transaction"), Some("AEAD_AES_256_GCM"), Some("transaction")]);
    let plain = told.plain.unwrap();
    assert_eq!((&plain["out_trade_no"], &plain["trade_state"]), (&json!("P10001"), &json!("SUCCESS")));
    assert_eq!((&plain["amount"]["total"], &plain["amount"]["currency"]), (&json!(8888), &json!("CNY")));
    assert_eq!(desk.ear.requests()[0].path, "/v1/payments/callbacks/wechat");
    assert_eq!((desk.wechat.reply_statuses("P10001"), desk.wechat.next_due()), (vec![200], None));
}

#[actix_web::test]
async fn a_notice_nobody_takes_comes_for_a_day_signed_anew_each_time() {
    let desk = Desk::open().await;
    desk.ear.reply(&[(500, ""); 20]);
    desk.wechat.pay("P10001").await;
    let mut seconds = Vec::new();
    while let Some(by) = desk.wechat.deliver_next().await {
        seconds.push((by.as_secs_f64() / 15.0).round() * 15.0);
    }
    let minutes: Vec<f64> = seconds.iter().map(|seconds| seconds / 60.0).collect();
    let expected = [0.25, 0.25, 0.5, 3., 10., 20., 30., 30., 30., 60., 180., 180., 180., 360., 360.];
    assert_eq!(minutes, expected);
    assert!((minutes.iter().sum::<f64>() - 24.0 * 60.0 - 4.0).abs() < 0.1);
    let told = desk.told();
    assert!(told.iter().all(|told| told.signed_by.is_some()) && told.len() == 16);
    assert!(told.iter().all(|each| each.raw == told[0].raw), "the same id, the same content");
    for name in ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature"] {
        assert_ne!(told[0].header(name), told[15].header(name), "{name}");
    }
}

#[actix_web::test]
async fn the_status_alone_is_a_yes() {
    let desk = Desk::open().await;
    let wrong = [(500, ""), (400, ""), (201, ""), (302, ""), (202, "{\"code\":\"SUCCESS\"}")];
    desk.ear.reply(&wrong);
    desk.ear.reply(&[(204, ""), (200, "{\"code\":\"FAIL\"}")]);
    desk.wechat.pay("P10001").await;
    while desk.wechat.deliver_next().await.is_some() {}
    assert_eq!(desk.wechat.reply_statuses("P10001"), [500, 400, 201, 302, 202, 204]);
    desk.wechat.pay("P10002").await;
    assert_eq!((desk.wechat.reply_statuses("P10002"), desk.wechat.next_due()), (vec![200], None));
    assert!(desk.ear.requests().iter().all(|told| told.path != "/elsewhere"), "no redirect is followed");
}

#[actix_web::test]
async fn each_wrong_is_wrong_in_one_thing() {
    let desk = Desk::open().await;
    desk.wechat.pay("P10001").await;
    let right = desk.last();
    // Not signed, or not so that a shop should believe it.
    for wrong in [
        Wrong::Signature,
        Wrong::NoSignature,
        Wrong::EmptySignature,
        Wrong::SignTest,
        Wrong::OtherKey,
        Wrong::UnknownSerial,
        Wrong::OtherSerial,
        Wrong::NoSerial,
        Wrong::Sha1,
        Wrong::Timestamp,
        Wrong::Nonce,
        Wrong::Altered,
    ] {
        desk.wechat.resend("P10001", Some(wrong)).await;
        let told = desk.last();
        assert!(told.signed_by.is_none(), "{wrong:?}");
        assert_eq!(told.plain, right.plain, "{wrong:?}");
    }
    for (wrong, seconds) in [(Wrong::Stale, -301), (Wrong::Future, 301)] {
        desk.wechat.resend("P10001", Some(wrong)).await;
        let told = desk.last();
        let at: i64 = told.header("wechatpay-timestamp").parse().unwrap();
        assert!(told.signed_by.is_some() && (at - desk.clock.now().0 / 1000 - seconds).abs() < 3, "{wrong:?}");
    }
    // Well signed, and wrong.
    for (wrong, pointer) in [
        (Wrong::Amount, "/amount/total"),
        (Wrong::Currency, "/amount/currency"),
        (Wrong::App, "/appid"),
        (Wrong::Merchant, "/mchid"),
        (Wrong::Order, "/out_trade_no"),
    ] {
        desk.wechat.resend("P10001", Some(wrong)).await;
        let told = desk.last();
        assert!(told.signed_by.is_some(), "{wrong:?}");
        let (mut plain, right) = (told.plain.unwrap(), right.plain.clone().unwrap());
        assert_ne!(plain.pointer(pointer), right.pointer(pointer), "{wrong:?}");
        *plain.pointer_mut(pointer).unwrap() = right.pointer(pointer).unwrap().clone();
        assert_eq!(plain, right, "{wrong:?}");
    }
    for wrong in [Wrong::Aad, Wrong::ApiKey, Wrong::Algorithm, Wrong::OriginalType, Wrong::Event] {
        desk.wechat.resend("P10001", Some(wrong)).await;
        let told = desk.last();
        let decrypts = !matches!(wrong, Wrong::Aad | Wrong::ApiKey);
        assert_eq!((told.signed_by.is_some(), told.plain.is_some()), (true, decrypts), "{wrong:?}");
        assert!(told.body["event_type"] != right.body["event_type"] || told.body["resource"] != right.body["resource"]);
    }
    desk.ear.reply(&[(401, "")]);
    desk.wechat.next_notice(Sending::wrong(Wrong::Stale, 1));
    desk.wechat.pay("P10002").await;
    desk.wechat.deliver_next().await;
    assert_eq!((desk.wechat.reply_statuses("P10002"), desk.wechat.next_due()), (vec![401, 200], None));
}

#[actix_web::test]
async fn refunds_are_told_where_they_were_asked_to_be_however_they_end() {
    let desk = Desk::open().await;
    desk.wechat.pay("P10001").await;
    for (number, end, event, status) in [
        ("R1", RefundState::Success, "REFUND.SUCCESS", "SUCCESS"),
        ("R2", RefundState::Abnormal, "REFUND.ABNORMAL", "ABNORMAL"),
        ("R3", RefundState::Closed, "REFUND.CLOSED", "CLOSED"),
    ] {
        desk.wechat.next_refund(Course::later(Duration::from_secs(60), end));
        let before = desk.told().len();
        desk.refund(number, 1000).await;
        assert_eq!(desk.told().len(), before, "accepted is not done");
        desk.clock.advance(Duration::from_secs(60));
        desk.wechat.tick().await;
        let told = desk.last();
        let plain = told.plain.unwrap();
        assert_eq!((&told.body["event_type"], &plain["refund_status"]), (&json!(event), &json!(status)));
        assert_eq!((&plain["out_refund_no"], &plain["amount"]["refund"]), (&json!(number), &json!(1000)));
        assert_eq!((&plain["appid"], &told.body["resource"]["original_type"]), (&Value::Null, &json!("refund")));
    }
    assert_eq!(desk.ear.requests().last().unwrap().path, "/refunds");
    desk.wechat.refund_in_console("P10001", 500).await;
    assert!(desk.last().plain.unwrap()["out_refund_no"].as_str().unwrap().starts_with("console"));
    for (wrong, pointer) in [(Wrong::Refund, "/out_refund_no"), (Wrong::Amount, "/amount/refund")] {
        let right = desk.last().plain.unwrap();
        desk.wechat.resend("P10001", Some(wrong)).await;
        assert_ne!(desk.last().plain.unwrap().pointer(pointer), right.pointer(pointer));
        desk.wechat.resend("P10001", None).await;
    }
}

#[actix_web::test]
async fn notices_come_before_the_refund_they_follow_or_all_at_once() {
    let desk = Desk::open().await;
    desk.wechat.notices_of("P10001", Sending::held());
    desk.wechat.pay("P10001").await;
    desk.refund("R1", 1000).await;
    assert!(desk.told().is_empty());
    desk.wechat.release_reversed("P10001").await;
    let events: Vec<Value> = desk.told().iter().map(|told| told.body["event_type"].clone()).collect();
    assert_eq!(events, ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]);
    desk.wechat.next_notice(Sending::at_once(10));
    desk.wechat.pay("P10002").await;
    assert_eq!(desk.wechat.reply_statuses("P10002"), [200; 10]);
    desk.wechat.during(Op::Create, BuyerAction::PaysAndNotifies);
    desk.prepay("P10003").await;
    assert_eq!(desk.wechat.reply_statuses("P10003"), [200], "before the shop was answered");
}

#[actix_web::test]
async fn while_a_merchant_changes_over_both_keys_sign() {
    let desk = Desk::open_with(Wechat::changing_over().await).await;
    desk.ear.reply(&[(500, ""); 5]);
    desk.wechat.pay("P10001").await;
    desk.wechat.sign_with(SignsWith::Both);
    for _ in 0..4 {
        desk.wechat.deliver_next().await;
    }
    desk.wechat.sign_with(SignsWith::PublicKey);
    desk.wechat.deliver_next().await;
    let signers: Vec<Option<String>> = desk.told().into_iter().map(|told| told.signed_by).collect();
    let (old, new) = (Some(CERTIFICATE.to_owned()), Some(PUBLIC_KEY_ID.to_owned()));
    assert_eq!((&signers[0], &signers[5]), (&old, &new));
    assert!(signers[1..5].contains(&old) && signers[1..5].contains(&new), "{signers:?}");
}
