//! What Alipay did not say, or did not say of us: nothing of it changes anything, and Alipay is told so to the byte.

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
/// Fields of which every bit is flipped.
const KEY_FIELDS: [&str; 6] = ["sign", "sign_type", "total_amount", "out_trade_no", "trade_status", "app_id"];
const SAMPLE: u64 = 400;
const SEED: u64 = 20_251_009;

/// The golden order, whose customer has paid, and nobody was told.
async fn untold(provider: &str) -> (Shop, Case) {
    let shop = Shop::without_queries().await;
    let case = shop.paying(provider).await;
    shop.platform.next_notice(Sending::lost());
    shop.platform.pay(&case.pay_id).await;
    shop.settle().await;
    (shop, case)
}

impl Shop {
    /// The right notice, as it gets to nobody.
    async fn unheard(&self, case: &Case) -> Vec<u8> {
        self.platform.deliver_to("");
        let body = self.platform.resend(&case.pay_id, None).await.post.body;
        self.platform.deliver_to(&self.app.url());
        body
    }

    /// Somebody posts this to where Alipay does.
    async fn post(&self, provider: &str, body: Vec<u8>) -> Answer {
        self.app.send_bytes(&format!("/v1/payments/callbacks/{provider}"), &[("content-type", FORM)], body).await
    }
}

/// It is what Alipay looks for, and nothing else.
#[track_caller]
fn assert_reply(answer: &Answer, text: &str) {
    let is = (answer.status, answer.header("content-type"), &*answer.text);
    assert_eq!(is, (200, "text/plain", text));
}

#[actix_web::test]
async fn a_notice_without_a_valid_signature_is_refused_and_the_valid_one_accepted() {
    for provider in [PAGE, CODE] {
        let (shop, case) = untold(provider).await;
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
        assert_eq!((sent.status, &*sent.reply), (200, "success"), "what is empty is not there");
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
        // Nobody knows what it would say.
        (Wrong::Status, None),
    ] {
        let (shop, case) = untold(PAGE).await;
        for _ in 0..2 {
            let sent = shop.platform.resend(&case.pay_id, Some(wrong)).await;
            assert_eq!((sent.status, &*sent.reply), (200, "fail"), "{wrong:?}");
            shop.app.assert_unpaid().await;
            assert_eq!(shop.parked().await, Vec::from_iter(reason), "{wrong:?}");
        }
        assert_eq!(shop.ledger(&case), (88_000, 0));
        // Alipay's own word puts it right.
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
        let (shop, case) = untold(provider).await;
        let right = shop.unheard(&case).await;
        assert_reply(&shop.post(other, right.clone()).await, "fail");
        shop.app.assert_unpaid().await;
        assert_eq!(shop.parked().await, ["the payment is unknown"]);
        assert_reply(&shop.post(provider, right).await, "success");
        shop.settle().await;
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn alipay_is_answered_to_the_byte_and_in_no_other_way() {
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
    // Nothing beside the form counts: not the address, not what the headers say of it.
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

/// What a body says; two that say the same are one message. What is empty is not there, and need not be there to say
/// that the signature is of the one kind there is.
fn said(body: &[u8]) -> Vec<(String, String)> {
    let fields = form_urlencoded::parse(body).into_owned();
    fields.filter(|(name, value)| !value.is_empty() && (&**name, &**value) != ("sign_type", "RSA2")).collect()
}

/// Every bit of the fields that matter most, and some of the rest: each by its place in the body.
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
async fn no_bit_of_a_notice_can_be_flipped() {
    let (shop, case) = untold(PAGE).await;
    let body = shop.unheard(&case).await;
    let before = shop.app.rows();
    let bits = bits(&body);
    assert!(bits.len() > 3_000, "{}", bits.len());
    let (mut flipped, mut same) = (Vec::new(), 0);
    for bit in bits {
        let mut other = body.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        if said(&other) == said(&body) {
            same += 1;
        } else {
            flipped.push((bit, other));
        }
    }
    // A percent sign may be followed by small letters.
    assert!(same < 100, "{same}");
    for some in flipped.chunks(64) {
        let answers = join_all(some.iter().map(|(_, body)| shop.post(PAGE, body.clone()))).await;
        for ((bit, other), answer) in some.iter().zip(answers) {
            let is = (answer.status, answer.header("content-type"), &*answer.text);
            assert_eq!(is, (200, "text/plain", "fail"), "bit {bit}: {}", String::from_utf8_lossy(other));
        }
    }
    assert_eq!(shop.app.rows(), before);
    shop.app.assert_unpaid().await;
    assert_reply(&shop.post(PAGE, body).await, "success");
    shop.app.advance(Duration::from_secs(1)).await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}
