//! Forged notices, and signed notices that do not match the payment. They change nothing and are answered `fail`.

use std::collections::BTreeSet;
use std::time::Duration;

use awc::http::Method;
use futures_util::future::join_all;

use crate::alipay::platform::{CODE, PAGE, Shop};
use crate::platform::Sending;
use crate::platform::alipay::Wrong;
use crate::support::{Answer, Case, Reply};

const PATH: &str = "/v1/payments/callbacks/alipay";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Fields in which the test flips every bit.
const KEY_FIELDS: [&str; 6] = ["sign", "sign_type", "total_amount", "out_trade_no", "trade_status", "app_id"];
/// Number of random bits that are flipped in the whole body.
const SAMPLE: u64 = 400;
const SEED: u64 = 20_251_009;

/// Opens a shop whose golden order is paid at Alipay. The notice of the payment is lost.
async fn paid_without_notice(provider: &str) -> (Shop, Case) {
    let shop = Shop::without_queries().await;
    let case = shop.paying(provider).await;
    shop.platform.next_notice(Sending::lost());
    shop.platform.pay(&case.pay_id).await;
    shop.settle().await;
    (shop, case)
}

impl Shop {
    /// Returns the body of a valid notice that was not delivered.
    async fn undelivered_notice(&self, case: &Case) -> Vec<u8> {
        self.platform.deliver_to("");
        let body = self.platform.resend(&case.pay_id, None).await.post.body;
        self.platform.deliver_to(&self.app.url());
        body
    }

    /// Posts `body` to the callback of `provider`.
    async fn post(&self, provider: &str, body: Vec<u8>) -> Answer {
        self.app.send_bytes(&format!("/v1/payments/callbacks/{provider}"), &[("content-type", FORM)], body).await
    }
}

/// Asserts that the reply is exactly `text`, as Alipay expects it.
#[track_caller]
fn assert_reply(answer: &Answer, text: &str) {
    let actual = (answer.status, answer.header("content-type"), &*answer.text);
    assert_eq!(actual, (200, "text/plain", text));
}

#[actix_web::test]
async fn a_notice_without_a_valid_signature_is_refused_and_the_valid_one_accepted() {
    for provider in [PAGE, CODE] {
        let (shop, case) = paid_without_notice(provider).await;
        let before = shop.app.rows();
        for wrong in [
            Wrong::Signature,
            Wrong::NoSignature,
            Wrong::EmptySignature,
            Wrong::OtherKey,
            Wrong::OwnKey,
            Wrong::Sha1,
            Wrong::Sha1Declared,
            Wrong::SignTypeSigned,
            Wrong::Altered,
            Wrong::Twice,
        ] {
            let sent = shop.platform.resend(&case.pay_id, Some(wrong)).await;
            assert_eq!((sent.status, &*sent.reply), (200, "fail"), "{wrong:?}");
            assert_eq!(shop.app.rows(), before, "{wrong:?}");
        }
        shop.app.assert_unpaid().await;
        let sent = shop.platform.resend(&case.pay_id, Some(Wrong::EmptyField)).await;
        assert_eq!((sent.status, &*sent.reply), (200, "success"), "an empty field is not part of the signed text");
        shop.settle().await;
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_notice_repeated_after_a_bad_signature_is_accepted() {
    let shop = Shop::without_queries().await;
    let case = shop.paying(PAGE).await;
    shop.platform.next_notice(Sending::wrong(Wrong::Signature, 3));
    shop.platform.pay(&case.pay_id).await;
    for _ in 0..3 {
        shop.app.assert_unpaid().await;
        shop.platform.deliver_next().await;
    }
    shop.settle().await;
    shop.assert_replies(&case, &[Reply::Refused, Reply::Refused, Reply::Refused, Reply::Accepted]);
    shop.assert_paid(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_signed_notice_that_does_not_match_the_payment_is_parked_with_its_reason() {
    for (wrong, reason) in [
        (Wrong::Amount, Some("the amount differs")),
        (Wrong::App, Some("the application differs")),
        (Wrong::Seller, Some("the seller differs")),
        (Wrong::Order, Some("the payment is unknown")),
        // A status that does not exist.
        (Wrong::Status, None),
    ] {
        let (shop, case) = paid_without_notice(PAGE).await;
        for _ in 0..2 {
            let sent = shop.platform.resend(&case.pay_id, Some(wrong)).await;
            assert_eq!((sent.status, &*sent.reply), (200, "fail"), "{wrong:?}");
            shop.app.assert_unpaid().await;
            assert_eq!(shop.parked().await, Vec::from_iter(reason), "{wrong:?}");
        }
        assert_eq!(shop.ledger(&case), (88_000, 0));
        // A query corrects the state.
        assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "paid");
        shop.settle().await;
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_notice_with_another_trade_number_is_refused() {
    let shop = Shop::without_queries().await;
    let case = shop.paid(CODE).await;
    let sent = shop.platform.resend(&case.pay_id, Some(Wrong::TradeNo)).await;
    assert_eq!((sent.status, &*sent.reply), (200, "fail"));
    shop.settle().await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_notice_at_the_callback_address_of_another_product_is_refused() {
    for (provider, other) in [(PAGE, CODE), (CODE, PAGE)] {
        let (shop, case) = paid_without_notice(provider).await;
        let notice = shop.undelivered_notice(&case).await;
        assert_reply(&shop.post(other, notice.clone()).await, "fail");
        shop.app.assert_unpaid().await;
        assert_eq!(shop.parked().await, ["the payment is unknown"]);
        assert_reply(&shop.post(provider, notice).await, "success");
        shop.settle().await;
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn every_notice_is_answered_with_exactly_success_or_fail() {
    let shop = Shop::without_queries().await;
    let case = shop.paying(PAGE).await;
    for body in ["", "&", "=", "sign=", "sign=x", "{}", "sign=x&sign=x", "trade_status=TRADE_SUCCESS", "%", "a=%FF"] {
        assert_reply(&shop.post(PAGE, body.as_bytes().to_vec()).await, "fail");
    }
    assert_reply(&shop.post(PAGE, vec![0xff; 1000]).await, "fail");
    shop.app.assert_unpaid().await;
    shop.platform.pay(&case.pay_id).await;
    let good = shop.platform.deliveries(&case.pay_id).remove(0).post.body;
    assert_reply(&shop.post(PAGE, good.clone()).await, "success");
    // Only the form counts. The query string and the content type are ignored.
    let path = format!("{PATH}?out_trade_no=1&trade_status=TRADE_CLOSED");
    assert_reply(&shop.app.send_bytes(&path, &[("content-type", FORM)], good.clone()).await, "success");
    assert_reply(&shop.app.send_bytes(PATH, &[], good.clone()).await, "success");
    for method in [Method::GET, Method::PUT, Method::HEAD] {
        assert_ne!(shop.app.send_raw(method, PATH, &[("content-type", FORM)], good.clone()).await.status, 200);
    }
    let too_long = [good, vec![b'a'; 65 * 1024]].concat();
    let refused = shop.post(PAGE, too_long).await;
    assert!(refused.status >= 400 && refused.text != "success");
    shop.settle().await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}

/// Parses the fields that count. Empty fields are left out, and so is `sign_type` if it has the only supported value.
/// Bodies with the same fields are the same notice.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    let fields = form_urlencoded::parse(body).into_owned();
    fields.filter(|(name, value)| !value.is_empty() && (&**name, &**value) != ("sign_type", "RSA2")).collect()
}

/// Returns the positions of the bits to flip: every bit of `KEY_FIELDS`, and `SAMPLE` random bits of the whole body.
fn bits(body: &[u8]) -> BTreeSet<usize> {
    let mut bits = BTreeSet::new();
    let mut start = 0;
    for part in body.split(|byte| *byte == b'&') {
        let name = str::from_utf8(part).unwrap().split('=').next().unwrap();
        if KEY_FIELDS.contains(&name) {
            bits.extend(start * 8..(start + part.len()) * 8);
        }
        start += part.len() + 1;
    }
    let size = u64::try_from(body.len() * 8).unwrap();
    let mut random = SEED;
    for _ in 0..SAMPLE {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bits.insert(usize::try_from((random >> 33) % size).unwrap());
    }
    bits
}

#[actix_web::test]
async fn a_notice_with_a_flipped_bit_is_refused() {
    let (shop, case) = paid_without_notice(PAGE).await;
    let body = shop.undelivered_notice(&case).await;
    let before = shop.app.rows();
    let bits = bits(&body);
    assert!(bits.len() > 3_000, "{}", bits.len());
    let (mut flipped, mut unchanged) = (Vec::new(), 0);
    for bit in bits {
        let mut other = body.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        if fields(&other) == fields(&body) {
            unchanged += 1;
        } else {
            flipped.push((bit, other));
        }
    }
    // A flipped bit can make a percent-encoded digit lowercase, which does not change the field.
    assert!(unchanged < 100, "{unchanged}");
    for chunk in flipped.chunks(64) {
        let answers = join_all(chunk.iter().map(|(_, body)| shop.post(PAGE, body.clone()))).await;
        for ((bit, other), answer) in chunk.iter().zip(answers) {
            let actual = (answer.status, answer.header("content-type"), &*answer.text);
            assert_eq!(actual, (200, "text/plain", "fail"), "bit {bit}: {}", String::from_utf8_lossy(other));
        }
    }
    assert_eq!(shop.app.rows(), before);
    shop.app.assert_unpaid().await;
    assert_reply(&shop.post(PAGE, body).await, "success");
    shop.app.advance(Duration::from_secs(1)).await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}
