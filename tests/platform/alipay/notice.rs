//! Notices that Alipay sends to a shop.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;

use super::Front;
use super::request::canonical;
use crate::platform::book::Trade;
use crate::platform::china::{wall, yuan};
use crate::platform::journal::{Kind, Notice, Post};

/// A fault in a notice. The notice is otherwise correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The signature belongs to another text.
    Signature,
    NoSignature,
    EmptySignature,
    /// Signed with a key that is not Alipay's.
    OtherKey,
    /// Signed with the shop's own key, which the shop may have configured as Alipay's by mistake.
    OwnKey,
    /// Signed with SHA-1 and declared as RSA2.
    Sha1,
    /// Signed with SHA-1 and declared as RSA.
    Sha1Declared,
    /// `sign_type` is part of the signed text, as in other kinds of messages.
    SignTypeSigned,
    /// A field was changed after it was signed.
    Altered,
    /// A field is there twice, and the first one is correct.
    Twice,
    /// One fen more. This and all following faults are correctly signed.
    Amount,
    App,
    Seller,
    Order,
    /// Another trade number than that of the paid trade.
    TradeNo,
    /// An unknown status.
    Status,
    /// No fault: an empty field, which is not signed, was appended.
    EmptyField,
}

/// The content of a notice: all fields but the time of the notice and the signature.
pub fn content(front: &Front, trade: &Trade, kind: &Kind, event_id: &str) -> Value {
    let account = &front.account;
    let (charged, coupon) = trade.paid.map_or((trade.total, 0), |paid| (paid.charged, paid.coupon));
    let (total, received) = (yuan(charged), yuan(charged - coupon));
    let mut content = json!({
        "notify_type": "trade_status_sync", "notify_id": event_id, "charset": "utf-8", "version": "1.0",
        "app_id": account.app_id, "auth_app_id": account.app_id, "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no, "buyer_id": "2088000000009999", "buyer_logon_id": "own***@example.com",
        "seller_id": account.seller_id, "seller_email": "seller@example.com", "total_amount": total,
        "subject": trade.parameters["subject"], "gmt_create": wall(trade.created_at),
        // Alipay may add fields at any time. The space at the end is part of the signed text.
        "new_field": "50% off & more=yes, A+B/C ",
    });
    for given in ["body", "passback_params"] {
        if let Some(value) = trade.parameters.get(given) {
            content[given] = value.clone();
        }
    }
    if let Some(paid) = trade.paid.filter(|_| *kind != Kind::Waiting) {
        for name in ["receipt_amount", "invoice_amount", "buyer_pay_amount"] {
            content[name] = json!(received);
        }
        content["point_amount"] = json!("0.00");
        content["gmt_payment"] = json!(wall(paid.at));
        content["fund_bill_list"] = json!(format!(r#"[{{"amount":"{received}","fundChannel":"ALIPAYACCOUNT"}}]"#));
    }
    content["trade_status"] = json!(match kind {
        Kind::Waiting => "WAIT_BUYER_PAY",
        Kind::Paid => "TRADE_SUCCESS",
        Kind::Closed => "TRADE_CLOSED",
        Kind::Finished => "TRADE_FINISHED",
        Kind::Refund(_) => super::status(trade),
    });
    if let Some(closed_at) = trade.closed_at.filter(|_| *kind == Kind::Closed) {
        content["gmt_close"] = json!(wall(closed_at));
    }
    if let Kind::Refund(number) = kind {
        let refund = trade.refund(number).unwrap();
        content["out_biz_no"] = json!(refund.number);
        content["refund_fee"] = json!(yuan(trade.refunded()));
        content["send_back_fee"] = json!(yuan(refund.amount));
        content["gmt_refund"] = json!(format!("{}.123", wall(refund.done_at.unwrap())));
    }
    content
}

/// The request of a delivery.
pub fn post(front: &Front, notice: &Notice<Wrong>, wrong: Option<Wrong>, now: Timestamp) -> Post {
    let fields = notice.content.as_object().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut fields: BTreeMap<String, String> = fields.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    fields.insert("notify_time".to_owned(), wall(now));
    let mut set = |name: &str, value: &str| fields.insert(name.to_owned(), value.to_owned());
    match wrong {
        Some(Wrong::Amount) => {
            let fen = crate::platform::china::read_yuan(notice.content["total_amount"].as_str().unwrap()).unwrap();
            set("total_amount", &yuan(fen + 1))
        }
        Some(Wrong::App) => set("app_id", "2021000000000009"),
        Some(Wrong::Seller) => set("seller_id", "2088000000000009"),
        Some(Wrong::Order) => set("out_trade_no", "1"),
        Some(Wrong::TradeNo) => set("trade_no", "2025100922001400000000009999"),
        Some(Wrong::Status) => set("trade_status", "TRADE_EXPLODED"),
        Some(Wrong::SignTypeSigned) => set("sign_type", "RSA2"),
        _ => None,
    };
    let sign = sign(front, &fields, wrong);
    if wrong == Some(Wrong::Altered) {
        fields.insert("total_amount".to_owned(), "0.01".to_owned());
    }
    let sign_type = if wrong == Some(Wrong::Sha1Declared) { "RSA" } else { "RSA2" };
    fields.insert("sign_type".to_owned(), sign_type.to_owned());
    // The order of the fields is arbitrary, so that nothing relies on it.
    let mut pairs: Vec<(String, String)> = fields.into_iter().collect();
    pairs.sort_by_key(|(name, _)| (name.len() % 5, name.clone()));
    pairs.extend(sign.map(|sign| ("sign".to_owned(), sign)));
    match wrong {
        Some(Wrong::Twice) => pairs.push(("total_amount".to_owned(), "0.01".to_owned())),
        Some(Wrong::EmptyField) => pairs.push(("refund_fee".to_owned(), String::new())),
        _ => {}
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let content_type = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    let headers = vec![("content-type".to_owned(), content_type)];
    Post { url: notice.url.clone(), headers, body: body.into_bytes() }
}

fn sign(front: &Front, fields: &BTreeMap<String, String>, wrong: Option<Wrong>) -> Option<String> {
    let text = canonical(fields);
    let (key, _) = front.signer();
    let sign = match wrong {
        Some(Wrong::NoSignature) => return None,
        Some(Wrong::EmptySignature) => String::new(),
        Some(Wrong::Signature) => key.sign(format!("{text}&").as_bytes()),
        Some(Wrong::OtherKey) => front.unrelated_key.sign(text.as_bytes()),
        Some(Wrong::OwnKey) => front.account.app.sign(text.as_bytes()),
        Some(Wrong::Sha1 | Wrong::Sha1Declared) => key.sign_sha1(text.as_bytes()),
        _ => key.sign(text.as_bytes()),
    };
    Some(sign)
}
