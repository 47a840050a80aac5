//! WeChat Pay's answers: JSON, signed with a time. Errors and empty bodies are signed too.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;

use super::{Front, Signer};
use crate::platform::fault::AnswerFault;
use crate::platform::front::Answer;
use crate::platform::server::{HttpAnswer, RawRequest};

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

pub fn write(
    front: &Front,
    request: &RawRequest,
    answer: &Answer,
    how: Option<AnswerFault>,
    now: Timestamp,
) -> HttpAnswer {
    if let Some(file) = &answer.file {
        let headers = vec![("content-type", "application/octet-stream".to_owned())];
        return HttpAnswer { status: 200, headers, body: file.clone() };
    }
    let n = front.answers.fetch_add(1, Ordering::Relaxed);
    let (status, body) = match how {
        Some(AnswerFault::Error(code) | AnswerFault::UnsignedError(code)) => error(&Answer::error(code)),
        _ if answer.verdict != "ok" => error(answer),
        _ if answer.body == Value::Null => (204, String::new()),
        _ => (200, answer.body.to_string()),
    };
    let id = ("request-id", format!("OWN{n:029}"));
    let mut headers = vec![("content-type", "application/json; charset=utf-8".to_owned()), id];
    let mut sent = body.clone();
    if how == Some(AnswerFault::Altered) {
        let found = ALTERED.iter().find(|(from, _)| body.contains(from)).expect("nothing can be altered");
        sent = body.replacen(found.0, found.1, 1);
    }
    if !matches!(how, Some(AnswerFault::Unsigned | AnswerFault::UnsignedError(_))) {
        headers.extend(signature(front, request, &body, how, n, now));
    }
    HttpAnswer { status, headers, body: sent.into_bytes() }
}

/// Signs with the key that the request names, unless a fault is planned.
fn signature(
    front: &Front,
    request: &RawRequest,
    body: &str,
    how: Option<AnswerFault>,
    n: usize,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let serial = request.header("wechatpay-serial").unwrap_or_default();
    let mut signer = front.account.key(serial).unwrap_or_else(|| front.signer());
    let unknown = format!("{}0", signer.serial);
    let (mut at, mut text) = (now, body.to_owned());
    match how {
        Some(AnswerFault::BadSignature) => text.push(' '),
        Some(AnswerFault::OtherKey) => signer.key = &front.account.merchant,
        Some(AnswerFault::UnknownKey) => signer.serial = &unknown,
        Some(AnswerFault::Old(by)) => at = now.minus(by),
        Some(AnswerFault::Early(by)) => at = now.plus(by),
        _ => {}
    }
    signed(&signer, &format!("answer{n:026}"), text.as_bytes(), at)
}

fn error(answer: &Answer) -> (u16, String) {
    let code = answer.verdict.as_str();
    let status = match code {
        "SIGN_ERROR" => 401,
        "NO_AUTH" | "NOT_ENOUGH" => 403,
        "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS" => 404,
        "FREQUENCY_LIMITED" => 429,
        "SYSTEM_ERROR" => 500,
        _ => 400,
    };
    let why = answer.body.as_str().unwrap_or("操作失败");
    (status, json!({"code": code, "message": why}).to_string())
}
