//! WeChat Pay's answers: JSON, signed with a time. Errors and empty bodies are signed too.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;

use super::{Front, Signer};
use crate::platform::fault::How;
use crate::platform::front::Said;
use crate::platform::server::{Asked, Whole};

/// Changes by an attacker.
const ALTERED: [(&str, &str); 5] = [
    ("\"NOTPAY\"", "\"SUCCESS\""),
    ("\"trade_state\":\"SUCCESS\"", "\"trade_state\":\"NOTPAY\""),
    ("\"PROCESSING\"", "\"SUCCESS\""),
    ("ORDER_NOT_EXIST", "ORDER_PAID"),
    ("{", "{ "),
];

/// The headers that sign a body with this key and time.
pub fn signed(signer: &Signer<'_>, nonce: &str, body: &[u8], at: Timestamp) -> Vec<(&'static str, String)> {
    let timestamp = at.unix_seconds().to_string();
    let text = [format!("{timestamp}\n{nonce}\n").as_bytes(), body, b"\n"].concat();
    vec![
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-serial", signer.serial.to_owned()),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
        ("wechatpay-signature", signer.key.sign(&text)),
    ]
}

pub fn write(front: &Front, asked: &Asked, said: &Said, how: Option<How>, now: Timestamp) -> Whole {
    let n = front.answers.fetch_add(1, Ordering::Relaxed);
    let (status, body) = match how {
        Some(How::Says(code) | How::SaysUnsigned(code)) => error(&Said::error(code)),
        _ if said.verdict != "ok" => error(said),
        _ if said.body == Value::Null => (204, String::new()),
        _ => (200, said.body.to_string()),
    };
    let id = ("request-id", format!("OWN{n:029}"));
    let mut headers = vec![("content-type", "application/json; charset=utf-8".to_owned()), id];
    let mut sent = body.clone();
    if how == Some(How::Altered) {
        let found = ALTERED.iter().find(|(from, _)| body.contains(from)).expect("nothing can be altered");
        sent = body.replacen(found.0, found.1, 1);
    }
    if !matches!(how, Some(How::Unsigned | How::SaysUnsigned(_))) {
        headers.extend(signature(front, asked, &body, how, n, now));
    }
    Whole { status, headers, body: sent.into_bytes() }
}

/// Signs with the key that the request names, unless a fault is planned.
fn signature(
    front: &Front,
    asked: &Asked,
    body: &str,
    how: Option<How>,
    n: usize,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let serial = asked.header("wechatpay-serial").unwrap_or_default();
    let mut signer = front.account.key(serial).unwrap_or_else(|| front.signer());
    let unknown = format!("{}0", signer.serial);
    let (mut at, mut text) = (now, body.to_owned());
    match how {
        Some(How::BadSignature) => text.push(' '),
        Some(How::OtherKey) => signer.key = &front.account.merchant,
        Some(How::UnknownKey) => signer.serial = &unknown,
        Some(How::Old(by)) => at = now.minus(by),
        Some(How::Early(by)) => at = now.plus(by),
        _ => {}
    }
    signed(&signer, &format!("answer{n:026}"), text.as_bytes(), at)
}

fn error(said: &Said) -> (u16, String) {
    let code = said.verdict.as_str();
    let status = match code {
        "SIGN_ERROR" => 401,
        "NO_AUTH" | "NOT_ENOUGH" => 403,
        "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS" => 404,
        "FREQUENCY_LIMITED" => 429,
        "SYSTEM_ERROR" => 500,
        _ => 400,
    };
    let why = said.body.as_str().unwrap_or("操作失败");
    (status, json!({"code": code, "message": why}).to_string())
}
