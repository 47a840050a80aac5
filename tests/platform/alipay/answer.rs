//! Alipay's answers: a member with the answer, and a signature of the raw text of that member.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;

use super::{Front, cipher, page};
use crate::platform::fault::AnswerFault;
use crate::platform::front::Answer;
use crate::platform::server::{HttpAnswer, RawRequest};

/// Changes by an attacker: unpaid becomes paid and the other way round, or at least a space is added.
const ALTERED: [(&str, &str); 4] = [
    ("WAIT_BUYER_PAY", "TRADE_SUCCESS"),
    ("TRADE_SUCCESS", "WAIT_BUYER_PAY"),
    ("ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_HAS_CLOSE"),
    ("\"code\":\"10000\"", "\"code\":\"10000\" "),
];

/// Writes an answer. Its content type is `text/html`, like the gateway's.
pub fn write(
    front: &Front,
    request: &RawRequest,
    answer: &Answer,
    how: Option<AnswerFault>,
    _: Timestamp,
) -> HttpAnswer {
    if let Some(file) = &answer.file {
        let headers = vec![("content-type", "application/octet-stream".to_owned())];
        return HttpAnswer { status: 200, headers, body: file.clone() };
    }
    let method = method(request);
    if method == page::METHOD {
        return page::write(answer);
    }
    let answer = match how {
        // Errors of the gateway itself precede every signature.
        Some(AnswerFault::UnsignedError(code)) if !code.starts_with("ACQ.") => {
            &Answer { is_early: true, ..Answer::error(code) }
        }
        Some(AnswerFault::Error(code) | AnswerFault::UnsignedError(code)) => &Answer::error(code),
        _ => answer,
    };
    let member = match answer.is_early {
        true => "error_response".to_owned(),
        false => format!("{}_response", method.replace('.', "_")),
    };
    let layout = front.answers.fetch_add(1, Ordering::Relaxed) % 3;
    let mut raw = content(answer).to_string();
    if layout == 2 {
        raw = escaped(&raw);
    }
    if let Some(key) = front.account.aes.as_ref().filter(|_| !answer.is_early) {
        raw = json!(cipher::encrypt(key, &raw)).to_string();
    }
    let is_unsigned = answer.is_early || matches!(how, Some(AnswerFault::Unsigned | AnswerFault::UnsignedError(_)));
    let sign = (!is_unsigned).then(|| sign(front, &raw, how));
    if how == Some(AnswerFault::Altered) {
        raw = altered(&raw);
    }
    let mut members = vec![(member, raw)];
    if let Some((sn, sign)) = sign {
        members.extend(sn.map(|sn| ("alipay_cert_sn".to_owned(), json!(sn).to_string())));
        members.push(("sign".to_owned(), json!(sign).to_string()));
    }
    // The order of the members is not fixed.
    if layout == 1 {
        members.reverse();
    }
    let body = match layout {
        2 => members.iter().map(|(name, value)| format!("\"{name}\" : {value}")).collect::<Vec<_>>().join(" ,\n"),
        _ => members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect::<Vec<_>>().join(","),
    };
    let headers = vec![("content-type", "text/html;charset=utf-8".to_owned())];
    HttpAnswer { status: 200, headers, body: format!("{{{body}}}").into_bytes() }
}

/// The requested method; empty if the request names none.
fn method(request: &RawRequest) -> String {
    let query = form_urlencoded::parse(request.query().as_bytes());
    query.into_iter().find(|(name, _)| name == "method").map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The number of the certificate, if there are certificates, and the signature.
fn sign(front: &Front, raw: &str, how: Option<AnswerFault>) -> (Option<String>, String) {
    let (key, sn) = front.signer();
    let sign = match how {
        Some(AnswerFault::BadSignature) => key.sign(format!("{raw} ").as_bytes()),
        // A key that an attacker could have.
        Some(AnswerFault::OtherKey) => front.account.app.sign(raw.as_bytes()),
        Some(AnswerFault::Old(_) | AnswerFault::Early(_)) => panic!("Alipay does not sign the time of an answer"),
        _ => key.sign(raw.as_bytes()),
    };
    let sn = match how {
        Some(AnswerFault::UnknownKey) => {
            Some(sn.map(|sn| sn.chars().rev().collect()).expect("an unknown key needs certificates"))
        }
        _ => sn,
    };
    (sn, sign)
}

/// The content of an answer.
fn content(answer: &Answer) -> Value {
    if answer.verdict == "ok" {
        let mut body = answer.body.clone();
        body["code"] = json!("10000");
        body["msg"] = json!("Success");
        return body;
    }
    let (code, msg) = match answer.verdict.as_str() {
        "20000" => {
            return json!({"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "isp.unknow-error",
            "sub_msg": "系统繁忙"});
        }
        verdict if verdict.starts_with("isp.") => ("20000", "Service Currently Unavailable"),
        verdict if verdict.starts_with("isv.missing") => ("40001", "Missing Required Arguments"),
        verdict if verdict.starts_with("isv.") => ("40002", "Invalid Arguments"),
        verdict if verdict.starts_with("aop.") => ("40006", "Insufficient Permissions"),
        _ => ("40004", "Business Failed"),
    };
    let why = answer.body.as_str().unwrap_or("交易失败 {详情}");
    json!({"code": code, "msg": msg, "sub_code": answer.verdict, "sub_msg": why})
}

/// The same JSON with escapes, as some servers of the gateway write it.
fn escaped(raw: &str) -> String {
    let escape = |c: char| match c {
        '/' => "\\/".to_owned(),
        c if c.is_ascii() => c.to_string(),
        c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    raw.chars().map(escape).collect()
}

fn altered(raw: &str) -> String {
    let found = ALTERED.iter().find(|(from, _)| raw.contains(from));
    found.map_or_else(|| raw.replacen('"', "\"A", 1), |(from, to)| raw.replacen(from, to, 1))
}
