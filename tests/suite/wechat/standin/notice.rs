//! Notices of the stand-in for WeChat Pay: their content, their schedule and their planned faults.

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

/// A platform that sends its notices to an HTTP listener.
struct Setup {
    wechat: Wechat,
    clock: Clock,
    ear: RecordingServer,
    shop: Shop,
}

/// A notice as a shop reads it.
#[derive(Debug)]
struct Notice {
    headers: HeaderMap,
    body: Value,
    raw: Vec<u8>,
    /// Serial of the platform key that signed it; `None` if it has no valid signature.
    signed_by: Option<String>,
    /// The decrypted content; `None` if it does not decrypt.
    plain: Option<Value>,
}

impl Notice {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Decrypts a resource by AES-256-GCM with its own nonce and associated data.
fn decrypt(resource: &Value) -> Option<Vec<u8>> {
    let text = |name: &str| resource[name].as_str().unwrap_or_default();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_KEY).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(text("nonce").as_bytes()).ok()?;
    let mut bytes = BASE64_STANDARD.decode(text("ciphertext")).ok()?;
    key.open_in_place(nonce, Aad::from(text("associated_data").as_bytes()), &mut bytes).ok().map(|plain| plain.to_vec())
}

impl Setup {
    async fn open_with(wechat: Wechat) -> Self {
        let (clock, ear) = (Clock::default(), RecordingServer::open().await);
        wechat.follow(&clock);
        wechat.deliver_to(&ear.url);
        let setup = Self { shop: Shop::of(&wechat), wechat, clock, ear };
        for number in ["P10001", "P10002"] {
            setup.prepay(number).await;
        }
        setup
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

    fn notices(&self) -> Vec<Notice> {
        let read = |request: crate::support::ReceivedRequest| {
            let mut headers = HeaderMap::new();
            for (name, value) in &request.headers {
                headers.append(name.parse().unwrap(), value.parse().unwrap());
            }
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let plain = decrypt(&body["resource"]).map(|plain| serde_json::from_slice(&plain).unwrap());
            let signed_by = self.shop.signed_by(&headers, &request.body);
            Notice { headers, body, raw: request.body, signed_by, plain }
        };
        self.ear.requests().into_iter().map(read).collect()
    }

    fn last(&self) -> Notice {
        self.notices().pop().unwrap()
    }
}

#[test]
fn the_stand_in_signs_and_encrypts_like_the_notices_of_the_test_vectors() {
    let all = VECTORS["vectors"].as_array().unwrap().iter().filter(|vector| vector["kind"] == "wechat_notify");
    let keys = ["wx_platform_pubkey", "wx_platform_certkey"].map(Key::named);
    let (mut signed, mut encrypted) = (0, 0);
    for vector in all {
        let header = |name: &str| vector["input"]["headers"][name].as_str().unwrap_or_default();
        let (body, id) = (vector["input"]["body"].as_str().unwrap(), vector["id"].as_str().unwrap());
        let text = format!("{}\n{}\n{body}\n", header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"));
        let signatures = keys.each_ref().map(|key| key.sign(text.as_bytes()));
        signed += usize::from(signatures.iter().any(|signature| signature == header("Wechatpay-Signature")));
        if id == "own-wx-notify-sha1" {
            assert_eq!(keys[0].sign_sha1(text.as_bytes()), header("Wechatpay-Signature"));
            assert!(keys[0].verifies_sha1(text.as_bytes(), header("Wechatpay-Signature")));
        }
        let body: Value = serde_json::from_str(body).unwrap();
        let part = |name: &str| body["resource"][name].as_str().unwrap_or_default();
        if let Some(plain) = decrypt(&body["resource"]) {
            encrypted += 1;
            let plain = String::from_utf8(plain).unwrap();
            assert_eq!(encrypt(API_KEY, part("nonce"), part("associated_data"), &plain), part("ciphertext"), "{id}");
        }
    }
    assert!(signed > 15 && encrypted > 15, "{signed} {encrypted}");
}

#[actix_web::test]
async fn a_notice_of_a_payment_is_signed_and_encrypted() {
    let setup = Setup::open().await;
    setup.wechat.pay("P10001").await;
    let notice = setup.last();
    assert_eq!(notice.signed_by.as_deref(), Some(PUBLIC_KEY_ID));
    let head = ["event_type", "resource_type", "summary"].map(|name| notice.body[name].as_str().unwrap());
    assert_eq!(head, ["TRANSACTION.SUCCESS", "encrypt-resource", "支付成功"]);
    let resource = ["original_type", "algorithm", "associated_data"].map(|name| notice.body["resource"][name].as_str());
    assert_eq!(resource, [Some("transaction"), Some("AEAD_AES_256_GCM"), Some("transaction")]);
    let plain = notice.plain.unwrap();
    assert_eq!((&plain["out_trade_no"], &plain["trade_state"]), (&json!("P10001"), &json!("SUCCESS")));
    assert_eq!((&plain["amount"]["total"], &plain["amount"]["currency"]), (&json!(8888), &json!("CNY")));
    assert_eq!(setup.ear.requests()[0].path, "/v1/payments/callbacks/wechat");
    assert_eq!((setup.wechat.reply_statuses("P10001"), setup.wechat.next_due()), (vec![200], None));
}

#[actix_web::test]
async fn an_unaccepted_notice_is_repeated_for_a_day_with_a_new_signature_each_time() {
    let setup = Setup::open().await;
    setup.ear.reply(&[(500, ""); 20]);
    setup.wechat.pay("P10001").await;
    let mut seconds = Vec::new();
    while let Some(by) = setup.wechat.deliver_next().await {
        seconds.push((by.as_secs_f64() / 15.0).round() * 15.0);
    }
    let minutes: Vec<f64> = seconds.iter().map(|seconds| seconds / 60.0).collect();
    let expected = [0.25, 0.25, 0.5, 3., 10., 20., 30., 30., 30., 60., 180., 180., 180., 360., 360.];
    assert_eq!(minutes, expected);
    assert!((minutes.iter().sum::<f64>() - 24.0 * 60.0 - 4.0).abs() < 0.1);
    let notices = setup.notices();
    assert!(notices.iter().all(|notice| notice.signed_by.is_some()) && notices.len() == 16);
    assert!(notices.iter().all(|notice| notice.raw == notices[0].raw), "the id and the content are the same");
    for name in ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature"] {
        assert_ne!(notices[0].header(name), notices[15].header(name), "{name}");
    }
}

#[actix_web::test]
async fn only_the_status_of_the_reply_accepts_a_notice() {
    let setup = Setup::open().await;
    let wrong = [(500, ""), (400, ""), (201, ""), (302, ""), (202, "{\"code\":\"SUCCESS\"}")];
    setup.ear.reply(&wrong);
    setup.ear.reply(&[(204, ""), (200, "{\"code\":\"FAIL\"}")]);
    setup.wechat.pay("P10001").await;
    while setup.wechat.deliver_next().await.is_some() {}
    assert_eq!(setup.wechat.reply_statuses("P10001"), [500, 400, 201, 302, 202, 204]);
    setup.wechat.pay("P10002").await;
    assert_eq!((setup.wechat.reply_statuses("P10002"), setup.wechat.next_due()), (vec![200], None));
    assert!(setup.ear.requests().iter().all(|request| request.path != "/elsewhere"), "no redirect is followed");
}

#[actix_web::test]
async fn each_planned_fault_changes_one_thing() {
    let setup = Setup::open().await;
    setup.wechat.pay("P10001").await;
    let right = setup.last();
    // No signature, or one that a shop must not accept.
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
        setup.wechat.resend("P10001", Some(wrong)).await;
        let notice = setup.last();
        assert!(notice.signed_by.is_none(), "{wrong:?}");
        assert_eq!(notice.plain, right.plain, "{wrong:?}");
    }
    for (wrong, seconds) in [(Wrong::Stale, -301), (Wrong::Future, 301)] {
        setup.wechat.resend("P10001", Some(wrong)).await;
        let notice = setup.last();
        let at: i64 = notice.header("wechatpay-timestamp").parse().unwrap();
        assert!(notice.signed_by.is_some() && (at - setup.clock.now().0 / 1000 - seconds).abs() < 3, "{wrong:?}");
    }
    // A valid signature and wrong content.
    for (wrong, pointer) in [
        (Wrong::Amount, "/amount/total"),
        (Wrong::Currency, "/amount/currency"),
        (Wrong::App, "/appid"),
        (Wrong::Merchant, "/mchid"),
        (Wrong::Order, "/out_trade_no"),
    ] {
        setup.wechat.resend("P10001", Some(wrong)).await;
        let notice = setup.last();
        assert!(notice.signed_by.is_some(), "{wrong:?}");
        let (mut plain, right) = (notice.plain.unwrap(), right.plain.clone().unwrap());
        assert_ne!(plain.pointer(pointer), right.pointer(pointer), "{wrong:?}");
        *plain.pointer_mut(pointer).unwrap() = right.pointer(pointer).unwrap().clone();
        assert_eq!(plain, right, "{wrong:?}");
    }
    for wrong in [Wrong::Aad, Wrong::ApiKey, Wrong::Algorithm, Wrong::OriginalType, Wrong::Event] {
        setup.wechat.resend("P10001", Some(wrong)).await;
        let notice = setup.last();
        let decrypts = !matches!(wrong, Wrong::Aad | Wrong::ApiKey);
        assert_eq!((notice.signed_by.is_some(), notice.plain.is_some()), (true, decrypts), "{wrong:?}");
        assert!(
            notice.body["event_type"] != right.body["event_type"] || notice.body["resource"] != right.body["resource"]
        );
    }
    setup.ear.reply(&[(401, "")]);
    setup.wechat.next_notice(Sending::wrong(Wrong::Stale, 1));
    setup.wechat.pay("P10002").await;
    setup.wechat.deliver_next().await;
    assert_eq!((setup.wechat.reply_statuses("P10002"), setup.wechat.next_due()), (vec![401, 200], None));
}

#[actix_web::test]
async fn a_refund_is_notified_at_its_own_url_with_its_outcome() {
    let setup = Setup::open().await;
    setup.wechat.pay("P10001").await;
    for (number, end, event, status) in [
        ("R1", RefundState::Success, "REFUND.SUCCESS", "SUCCESS"),
        ("R2", RefundState::Abnormal, "REFUND.ABNORMAL", "ABNORMAL"),
        ("R3", RefundState::Closed, "REFUND.CLOSED", "CLOSED"),
    ] {
        setup.wechat.next_refund(Course::later(Duration::from_secs(60), end));
        let before = setup.notices().len();
        setup.refund(number, 1000).await;
        assert_eq!(setup.notices().len(), before, "an accepted refund is not notified before it is done");
        setup.clock.advance(Duration::from_secs(60));
        setup.wechat.tick().await;
        let notice = setup.last();
        let plain = notice.plain.unwrap();
        assert_eq!((&notice.body["event_type"], &plain["refund_status"]), (&json!(event), &json!(status)));
        assert_eq!((&plain["out_refund_no"], &plain["amount"]["refund"]), (&json!(number), &json!(1000)));
        assert_eq!((&plain["appid"], &notice.body["resource"]["original_type"]), (&Value::Null, &json!("refund")));
    }
    assert_eq!(setup.ear.requests().last().unwrap().path, "/refunds");
    setup.wechat.refund_in_console("P10001", 500).await;
    assert!(setup.last().plain.unwrap()["out_refund_no"].as_str().unwrap().starts_with("console"));
    for (wrong, pointer) in [(Wrong::Refund, "/out_refund_no"), (Wrong::Amount, "/amount/refund")] {
        let right = setup.last().plain.unwrap();
        setup.wechat.resend("P10001", Some(wrong)).await;
        assert_ne!(setup.last().plain.unwrap().pointer(pointer), right.pointer(pointer));
        setup.wechat.resend("P10001", None).await;
    }
}

#[actix_web::test]
async fn notices_can_be_reordered_duplicated_or_sent_before_the_answer() {
    let setup = Setup::open().await;
    setup.wechat.notices_of("P10001", Sending::held());
    setup.wechat.pay("P10001").await;
    setup.refund("R1", 1000).await;
    assert!(setup.notices().is_empty());
    setup.wechat.release_reversed("P10001").await;
    let events: Vec<Value> = setup.notices().iter().map(|notice| notice.body["event_type"].clone()).collect();
    assert_eq!(events, ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]);
    setup.wechat.next_notice(Sending::at_once(10));
    setup.wechat.pay("P10002").await;
    assert_eq!(setup.wechat.reply_statuses("P10002"), [200; 10]);
    setup.wechat.during(Op::Create, BuyerAction::PaysAndNotifies);
    setup.prepay("P10003").await;
    assert_eq!(setup.wechat.reply_statuses("P10003"), [200], "the notice arrives before the answer");
}

#[actix_web::test]
async fn during_a_change_of_keys_both_keys_sign() {
    let setup = Setup::open_with(Wechat::changing_over().await).await;
    setup.ear.reply(&[(500, ""); 5]);
    setup.wechat.pay("P10001").await;
    setup.wechat.sign_with(SignsWith::Both);
    for _ in 0..4 {
        setup.wechat.deliver_next().await;
    }
    setup.wechat.sign_with(SignsWith::PublicKey);
    setup.wechat.deliver_next().await;
    let signers: Vec<Option<String>> = setup.notices().into_iter().map(|notice| notice.signed_by).collect();
    let (old, new) = (Some(CERTIFICATE.to_owned()), Some(PUBLIC_KEY_ID.to_owned()));
    assert_eq!((&signers[0], &signers[5]), (&old, &new));
    assert!(signers[1..5].contains(&old) && signers[1..5].contains(&new), "{signers:?}");
}
