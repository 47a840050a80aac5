//! Signatures of WeChat Pay: the shop accepts only messages that are signed with a key it knows, and refuses a message
//! that differs in one bit.

use std::time::Duration;

use awc::http::header::HeaderValue;
use futures_util::future::join_all;
use serde_json::Value;

use crate::platform::wechat::{SignsWith, Wrong};
use crate::platform::{AnswerFault, Op, PlannedFault, Sending, Wechat};
use crate::support::{Balances, Case, DELAYED_QUERIES, MINUTE};
use crate::wechat::platform::{SCAN, Shop};

/// Number of concurrent requests.
const AT_ONCE: usize = 32;

/// A callback as raw headers and bytes.
#[derive(Clone)]
struct Raw {
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Raw {
    /// Returns the last callback that the platform sent for a payment.
    fn of(shop: &Shop, pay_id: &str) -> Self {
        let post = shop.platform.deliveries(pay_id).pop().unwrap().post;
        let headers = post.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        Self { headers, body: post.body }
    }

    /// Returns the value of the header `name`, to be changed.
    fn value(&mut self, name: &str) -> &mut Vec<u8> {
        let found = self.headers.iter_mut().find(|(header, _)| header.eq_ignore_ascii_case(name));
        &mut found.unwrap_or_else(|| panic!("no {name}")).1
    }

    /// Returns copies that differ in one bit each, of the given header or, if it is `None`, of the body. Header values
    /// that HTTP does not allow are left out.
    fn flipped(&self, header: Option<&str>) -> Vec<Self> {
        let size = |raw: &mut Self| header.map_or(raw.body.len(), |name| raw.value(name).len());
        let mut flipped = Vec::new();
        for bit in 0..size(&mut self.clone()) * 8 {
            let mut raw = self.clone();
            let bytes = match header {
                Some(name) => raw.value(name),
                None => &mut raw.body,
            };
            bytes[bit / 8] ^= 1 << (bit % 8);
            if header.is_none() || HeaderValue::from_bytes(bytes).is_ok() {
                flipped.push(raw);
            }
        }
        flipped
    }

    /// Sends the callback. Returns status, content type and body of the shop's answer.
    async fn send(&self, client: &awc::Client, url: &str) -> (u16, String, Vec<u8>) {
        let mut request = client.post(format!("{url}/v1/payments/callbacks/{SCAN}"));
        for (name, value) in &self.headers {
            request = request.append_header((name.as_str(), HeaderValue::from_bytes(value).unwrap()));
        }
        let mut answer = request.send_body(self.body.clone()).await.unwrap();
        let content_type = answer.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
        (answer.status().as_u16(), content_type, answer.body().await.unwrap().to_vec())
    }

    async fn assert_refused(&self, client: &awc::Client, url: &str) {
        let (status, content_type, body) = self.send(client, url).await;
        assert!((400..600).contains(&status), "{status}: {:?}", self.headers);
        let body: Value =
            serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&body)));
        assert_eq!((&body["code"], content_type.as_str()), (&Value::from("FAIL"), "application/json"));
        assert!(body["message"].is_string(), "{body}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    }
}

#[actix_web::test]
async fn a_callback_that_differs_in_one_bit_is_refused_and_changes_nothing() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.next_notice(Sending::wrong(Wrong::NoSignature, 1));
    shop.platform.pay(&pay_id).await;
    // The same message with a valid signature, which does not reach the shop yet.
    shop.platform.deliver_to("http://127.0.0.1:1");
    shop.platform.resend(&pay_id, None).await;
    let good = Raw::of(&shop, &pay_id);
    let before = shop.app.rows();
    let client = awc::Client::builder().timeout(Duration::from_secs(60)).finish();
    let (client, url) = (&client, &shop.app.url());
    let headers = ["signature", "timestamp", "nonce", "serial"].map(|name| format!("wechatpay-{name}"));
    let mut count = 0;
    for part in headers.iter().map(|name| Some(name.as_str())).chain([None]) {
        let flipped = good.flipped(part);
        count += flipped.len();
        for chunk in flipped.chunks(AT_ONCE) {
            join_all(chunk.iter().map(|raw| raw.assert_refused(client, url))).await;
        }
    }
    assert!(count > good.body.len() * 8 + 344 * 7, "{count}");
    assert_eq!(shop.app.rows(), before);
    let charged = Balances { charged: 88_000, ..Balances::unpaid() };
    assert_eq!((shop.balances(&order_id, &pay_id).await, shop.parked().await.len()), (charged, 0));
    // The unchanged message is accepted, so each of the above was refused because of its flipped bit.
    assert_eq!(good.send(client, url).await, (204, String::new(), Vec::new()));
    shop.platform.deliver_to(url);
    shop.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.finish().await;
}

#[actix_web::test]
async fn a_missing_empty_or_duplicate_signature_header_is_refused() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    let good = Raw::of(&shop, &pay_id);
    let before = shop.app.rows();
    let client = awc::Client::default();
    for name in ["signature", "timestamp", "nonce", "serial"].map(|name| format!("wechatpay-{name}")) {
        let mut duplicate = good.clone();
        let value = duplicate.value(&name).clone();
        duplicate.headers.push((name.clone(), value));
        duplicate.assert_refused(&client, &shop.app.url()).await;
        let mut missing = good.clone();
        missing.headers.retain(|(header, _)| *header != name);
        missing.assert_refused(&client, &shop.app.url()).await;
        let mut empty = good.clone();
        empty.value(&name).clear();
        empty.assert_refused(&client, &shop.app.url()).await;
    }
    assert_eq!(shop.app.rows(), before);
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.finish().await;
}

#[actix_web::test]
async fn a_probe_with_an_invalid_signature_is_refused() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    let before = shop.app.rows();
    let probe = shop.platform.resend(&pay_id, Some(Wrong::SignTest)).await;
    assert!(probe.post.header("wechatpay-signature").starts_with("WECHATPAY/SIGNTEST/"));
    let reply: Value = serde_json::from_str(&probe.reply).unwrap();
    assert_eq!((probe.status, &reply["code"], probe.is_accepted), (401, &Value::from("FAIL"), false));
    assert_eq!((shop.app.rows(), shop.balances(&order_id, &pay_id).await), (before, Balances::paid()));
    shop.finish().await;
}

/// Runs a payment with its notice, a query and a refund. The shop must accept every message of the platform.
async fn pay_query_and_refund(shop: &Shop, key: &str) {
    let Case { order_id, pay_id } = shop.another(SCAN, key).await;
    let earlier_calls = shop.platform.calls().len();
    shop.pay_and_settle(&pay_id).await;
    let query = format!("/admin/payments/{pay_id}/query");
    assert_eq!(shop.app.post(&query, &shop.admin, serde_json::json!({})).await.expect(200).body["status"], "paid");
    shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
    shop.settle().await;
    assert_eq!(shop.payment(&pay_id).await["status"], "refunded", "{key}");
    assert_eq!(shop.platform.reply_statuses(&pay_id), [204, 204], "{key}");
    let calls: Vec<_> = shop.platform.calls().drain(earlier_calls..).filter_map(|call| call.op).collect();
    // The query of the operator and the refund each ask what was given back before.
    let expected = [Op::Query, Op::Query, Op::Query, Op::Refund];
    assert_eq!(calls, expected, "{key}: no call was repeated, so each answer was accepted");
}

#[actix_web::test]
async fn either_kind_of_key_is_sufficient() {
    for wechat in [Wechat::start().await, Wechat::with_certificate().await] {
        let shop = Shop::with(wechat, &DELAYED_QUERIES).await;
        pay_query_and_refund(&shop, "payment").await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_change_of_keys_refuses_no_valid_message() {
    let shop = Shop::with(Wechat::changing_over().await, &DELAYED_QUERIES).await;
    for (n, signs_with) in [SignsWith::Certificate, SignsWith::Both, SignsWith::PublicKey].into_iter().enumerate() {
        shop.platform.sign_with(signs_with);
        for m in 0..2 {
            pay_query_and_refund(&shop, &format!("payment-{n}-{m}")).await;
        }
    }
    // A payment that is signed with the old key, and its refund with the new one.
    shop.platform.sign_with(SignsWith::Certificate);
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    shop.platform.sign_with(SignsWith::PublicKey);
    shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202);
    shop.settle().await;
    let serials: Vec<String> = shop.platform.deliveries(&pay_id).iter().map(serial).collect();
    assert!(!serials[0].starts_with("PUB_KEY_ID_") && serials[1].starts_with("PUB_KEY_ID_"), "{serials:?}");
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    shop.finish().await;
}

fn serial(delivery: &crate::platform::Delivery) -> String {
    delivery.post.header("wechatpay-serial").to_owned()
}

#[actix_web::test]
async fn a_shop_that_knows_only_the_old_key_accepts_nothing_signed_with_the_new_one() {
    // The merchant has enabled the public key in its console, but the shop's settings do not have it yet.
    let shop = Shop::with(Wechat::with_certificate().await, &DELAYED_QUERIES).await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.sign_with(SignsWith::PublicKey);
    shop.platform.pay(&pay_id).await;
    shop.advance(MINUTE).await;
    assert!(
        shop.platform.reply_statuses(&pay_id).iter().all(|status| *status == 401),
        "{:?}",
        shop.platform.reply_statuses(&pay_id)
    );
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances { charged: 88_000, ..Balances::unpaid() });
    // The platform signs with the certificate again, the next notice and the next answers.
    shop.platform.sign_with(SignsWith::Certificate);
    shop.next_delivery().await;
    shop.app.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.finish().await;
}

#[actix_web::test]
async fn an_altered_answer_is_not_accepted() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    // The answer is altered on its way and says that the unpaid order is paid.
    shop.platform.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Altered));
    let query = format!("/admin/payments/{pay_id}/query");
    shop.app.post(&query, &shop.admin, serde_json::json!({})).await.expect_problem(503, "busy");
    shop.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::unpaid());
    assert_eq!(shop.parked().await, Vec::<String>::new());
    shop.finish().await;
}
