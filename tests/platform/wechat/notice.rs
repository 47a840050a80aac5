//! Notices that WeChat Pay sends to a shop: an encrypted resource in a signed request.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;

use super::answer::signed;
use super::{Account, Front, Signer, transaction};
use crate::platform::book::{RefundState, Trade};
use crate::platform::china::rfc3339;
use crate::platform::journal::{Kind, Notice, Post};

/// One second more than the largest difference that a shop may accept.
const TOO_LONG: Duration = Duration::from_secs(301);
const OTHER_API_KEY: &[u8; 32] = b"AnotherTestApiV3Key_0123456789ab";

/// A fault in a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The signature belongs to another text.
    Signature,
    NoSignature,
    EmptySignature,
    /// The signature is a probe, which WeChat Pay sends occasionally to check that the shop verifies signatures.
    SignTest,
    /// Signed with the merchant's own key.
    OtherKey,
    UnknownSerial,
    /// The serial number of the platform's other key.
    OtherSerial,
    NoSerial,
    Sha1,
    Stale,
    Future,
    /// The timestamp is not a number.
    Timestamp,
    /// The nonce in the header was changed.
    Nonce,
    /// The body was changed after it was signed.
    Altered,
    /// Encrypted with other associated data than declared. This and all following faults are correctly signed.
    Aad,
    /// Encrypted with another APIv3 key.
    ApiKey,
    /// Declares another algorithm.
    Algorithm,
    /// The type of the resource does not fit the event.
    OriginalType,
    /// An unknown event.
    Event,
    /// One fen more.
    Amount,
    Currency,
    App,
    Merchant,
    Order,
    /// An unknown refund.
    Refund,
}

/// The content of a notice without the signature, with the resource as plain text.
pub fn content(account: &Account, trade: &Trade, kind: &Kind, event_id: &str, now: Timestamp) -> Value {
    let (event, original_type, summary, plain) = match kind {
        Kind::Paid => {
            ("TRANSACTION.SUCCESS", "transaction", "支付成功", transaction::payment(account, trade, "SUCCESS"))
        }
        Kind::Refund(number) => {
            let refund = trade.refund(number).unwrap();
            let (event, summary) = match refund.state {
                RefundState::Abnormal => ("REFUND.ABNORMAL", "退款异常"),
                RefundState::Closed => ("REFUND.CLOSED", "退款关闭"),
                RefundState::Success | RefundState::Processing => ("REFUND.SUCCESS", "退款成功"),
            };
            (event, "refund", summary, transaction::refund_notice(account, trade, refund))
        }
        other => panic!("WeChat Pay has no notice of {other:?}"),
    };
    json!({
        "id": event_id, "create_time": rfc3339(now), "event_type": event, "resource_type": "encrypt-resource",
        "summary": summary, "resource": {"original_type": original_type}, "plain": plain,
    })
}

/// The request of a delivery. The signature is new in each delivery, and all else is the same.
pub fn post(front: &Front, notice: &Notice<Wrong>, wrong: Option<Wrong>, now: Timestamp) -> Post {
    let mut body = notice.content.clone();
    let mut plain = body.as_object_mut().unwrap().remove("plain").unwrap();
    spoil(&mut plain, wrong);
    let original_type = body["resource"]["original_type"].as_str().unwrap().to_owned();
    let nonce = format!("{:0>12}", &notice.event_id[notice.event_id.len().saturating_sub(12)..]);
    let key = if wrong == Some(Wrong::ApiKey) { OTHER_API_KEY } else { &front.account.api_v3_key };
    let aad = if wrong == Some(Wrong::Aad) { "another" } else { &original_type };
    let ciphertext = encrypt(key, &nonce, aad, &plain.to_string());
    body["resource"] = json!({
        "original_type": original_type, "algorithm": "AEAD_AES_256_GCM", "ciphertext": ciphertext,
        "associated_data": original_type, "nonce": nonce,
    });
    match wrong {
        Some(Wrong::Algorithm) => body["resource"]["algorithm"] = json!("AEAD_SM4_GCM"),
        Some(Wrong::OriginalType) => body["resource"]["original_type"] = json!("coupon"),
        Some(Wrong::Event) => body["event_type"] = json!("TRANSACTION.EXPLODED"),
        _ => {}
    }
    let mut body = body.to_string();
    let headers = headers(front, notice, &body, wrong, now);
    if wrong == Some(Wrong::Altered) {
        body.insert(1, ' ');
    }
    let fixed = [("content-type", "application/json"), ("accept", "*/*"), ("user-agent", "Mozilla/4.0")];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
    Post { url: notice.url.clone(), headers: fixed.into_iter().chain(headers).collect(), body: body.into_bytes() }
}

/// Applies a fault to the resource.
fn spoil(plain: &mut Value, wrong: Option<Wrong>) {
    let field = if plain.get("out_refund_no").is_some() { "refund" } else { "total" };
    let fen = plain["amount"][field].as_i64().unwrap();
    match wrong {
        Some(Wrong::Amount) => plain["amount"][field] = json!(fen + 1),
        Some(Wrong::Currency) => plain["amount"]["currency"] = json!("USD"),
        Some(Wrong::App) => plain["appid"] = json!("wx9999999999999999"),
        Some(Wrong::Merchant) => plain["mchid"] = json!("1900000009"),
        Some(Wrong::Order) => plain["out_trade_no"] = json!("100001"),
        Some(Wrong::Refund) => plain["out_refund_no"] = json!("100001"),
        _ => {}
    }
}

fn headers(
    front: &Front,
    notice: &Notice<Wrong>,
    body: &str,
    wrong: Option<Wrong>,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let nonce = format!("notice{:08}{:018}", notice.sent, now.0);
    let at = match wrong {
        Some(Wrong::Stale) => now.minus(TOO_LONG),
        Some(Wrong::Future) => now.plus(TOO_LONG),
        _ => now,
    };
    let signer = front.signer();
    let signer =
        if wrong == Some(Wrong::OtherKey) { Signer { key: &front.account.merchant, ..signer } } else { signer };
    let other = front.account.keys.iter().find(|(serial, _)| serial != signer.serial).unwrap();
    let text = if wrong == Some(Wrong::Signature) { format!("{body} ") } else { body.to_owned() };
    let mut headers = signed(&signer, &nonce, text.as_bytes(), at);
    let mut set = |name: &str, value: String| {
        headers.iter_mut().find(|(header, _)| *header == name).unwrap().1 = value;
    };
    match wrong {
        Some(Wrong::EmptySignature) => set("wechatpay-signature", String::new()),
        Some(Wrong::SignTest) => set("wechatpay-signature", format!("WECHATPAY/SIGNTEST/{}", "A".repeat(325))),
        Some(Wrong::UnknownSerial) => set("wechatpay-serial", format!("{}0", signer.serial)),
        Some(Wrong::OtherSerial) => set("wechatpay-serial", other.0.clone()),
        Some(Wrong::Timestamp) => set("wechatpay-timestamp", "yesterday".to_owned()),
        Some(Wrong::Nonce) => set("wechatpay-nonce", format!("{nonce}0")),
        Some(Wrong::Sha1) => {
            let text = format!("{}\n{nonce}\n{body}\n", at.unix_seconds());
            set("wechatpay-signature", signer.key.sign_sha1(text.as_bytes()));
        }
        _ => {}
    }
    headers.retain(|(name, _)| match wrong {
        Some(Wrong::NoSignature) => *name != "wechatpay-signature",
        Some(Wrong::NoSerial) => *name != "wechatpay-serial",
        _ => true,
    });
    headers
}

/// Encrypts with AES-256-GCM; returns ciphertext and tag in base64.
pub fn encrypt(key: &[u8; 32], nonce: &str, aad: &str, plain: &str) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
    let mut bytes = plain.as_bytes().to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    key.seal_in_place_append_tag(nonce, Aad::from(aad.as_bytes()), &mut bytes).unwrap();
    BASE64_STANDARD.encode(bytes)
}
