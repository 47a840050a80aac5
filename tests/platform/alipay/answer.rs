//! Alipay's answers: a member with the answer, and a signature of the raw text of that member.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;

use super::{Front, cipher, page};
use crate::platform::fault::How;
use crate::platform::front::Said;
use crate::platform::server::{Asked, Whole};

/// Changes by an attacker: unpaid becomes paid and the other way round, or at least a space is added.
const ALTERED: [(&str, &str); 4] = [
    ("WAIT_BUYER_PAY", "TRADE_SUCCESS"),
    ("TRADE_SUCCESS", "WAIT_BUYER_PAY"),
    ("ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_HAS_CLOSE"),
    ("\"code\":\"10000\"", "\"code\":\"10000\" "),
];

/// Writes an answer. Its content type is `text/html`, like the gateway's.
pub fn write(front: &Front, asked: &Asked, said: &Said, how: Option<How>, _: Timestamp) -> Whole {
    let method = method(asked);
    if method == page::METHOD {
        return page::write(said);
    }
    let answer = match how {
        // Errors of the gateway itself precede every signature.
        Some(How::SaysUnsigned(code)) if !code.starts_with("ACQ.") => &Said { is_early: true, ..Said::error(code) },
        Some(How::Says(code) | How::SaysUnsigned(code)) => &Said::error(code),
        _ => said,
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
    let is_unsigned = answer.is_early || matches!(how, Some(How::Unsigned | How::SaysUnsigned(_)));
    let sign = (!is_unsigned).then(|| sign(front, &raw, how));
    if how == Some(How::Altered) {
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
    Whole { status: 200, headers, body: format!("{{{body}}}").into_bytes() }
}

/// The requested method; empty if the request names none.
fn method(asked: &Asked) -> String {
    let query = form_urlencoded::parse(asked.query().as_bytes());
    query.into_iter().find(|(name, _)| name == "method").map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The number of the certificate, if there are certificates, and the signature.
fn sign(front: &Front, raw: &str, how: Option<How>) -> (Option<String>, String) {
    let (key, sn) = front.signer();
    let sign = match how {
        Some(How::BadSignature) => key.sign(format!("{raw} ").as_bytes()),
        // A key that an attacker could have.
        Some(How::OtherKey) => front.account.app.sign(raw.as_bytes()),
        Some(How::Old(_) | How::Early(_)) => panic!("Alipay does not sign the time of an answer"),
        _ => key.sign(raw.as_bytes()),
    };
    let sn = match how {
        Some(How::UnknownKey) => {
            Some(sn.map(|sn| sn.chars().rev().collect()).expect("an unknown key needs certificates"))
        }
        _ => sn,
    };
    (sn, sign)
}

/// The content of an answer.
fn content(said: &Said) -> Value {
    if said.verdict == "ok" {
        let mut body = said.body.clone();
        body["code"] = json!("10000");
        body["msg"] = json!("Success");
        return body;
    }
    let (code, msg) = match said.verdict.as_str() {
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
    let why = said.body.as_str().unwrap_or("交易失败 {详情}");
    json!({"code": code, "msg": msg, "sub_code": said.verdict, "sub_msg": why})
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
