//! The signatures that the shop makes: requests, and the parameters that start a payment.

use serde::Deserialize;
use serde_json::json;
use tradepost::gateway::wechat::sign::{self, Signer, Stamp};

use super::account::private_key;
use crate::vectors::{File, Vector, Verdict, same};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    url: String,
    body: String,
    timestamp: String,
    nonce: String,
    mchid: String,
    #[serde(default)]
    serial_no: String,
    key: Option<String>,
}

impl Request {
    fn stamp(&self) -> Stamp {
        Stamp { timestamp: self.timestamp.clone(), nonce: self.nonce.clone() }
    }

    fn text(&self) -> String {
        sign::request(&self.method, &self.url, &self.stamp(), &self.body)
    }

    fn signer(&self, file: &File, key: &str) -> Signer {
        let (merchant_id, serial) = (self.mchid.clone(), self.serial_no.clone());
        Signer { merchant_id, serial, key: private_key(file, key) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedExpect {
    ok: bool,
    message: String,
    message_lines: Option<usize>,
    signature: String,
    authorization: String,
}

pub async fn signed(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (Request, SignedExpect) = vector.parts()?;
    let message = input.text();
    same("ok", &json!(true), &json!(expect.ok))?;
    same("message", &json!(message), &json!(expect.message))?;
    if let Some(lines) = expect.message_lines {
        same("message_lines", &json!(message.matches('\n').count()), &json!(lines))?;
    }
    let signer = input.signer(file, input.key.as_deref().ok_or("the vector names no key")?);
    let signature = signer.sign(message).await.unwrap();
    same("signature", &json!(signature), &json!(expect.signature))?;
    same("authorization", &json!(signer.authorization(&input.stamp(), &signature)), &json!(expect.authorization))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageExpect {
    ok: bool,
    message: String,
    authorization_without_signature: Option<String>,
}

pub fn message(vector: &Vector) -> Verdict {
    let (input, expect): (Request, MessageExpect) = vector.parts()?;
    same("ok", &json!(true), &json!(expect.ok))?;
    same("message", &json!(input.text()), &json!(expect.message))?;
    let Some(expected) = expect.authorization_without_signature else { return Ok(()) };
    // The header up to the signature does not depend on the key, so any key will do.
    let own = File::read(include_str!("../../../vectors/payment_own.json"));
    let authorization = input.signer(&own, "wx_merchant").authorization(&input.stamp(), "");
    same("authorization", &json!(authorization), &json!(format!("WECHATPAY2-SHA256-RSA2048 {expected}\"\"")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentInput {
    mode: String,
    appid: String,
    timestamp: String,
    nonce: String,
    prepay_id: String,
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentExpect {
    ok: bool,
    message: String,
    signature: Option<String>,
    signature_unverifiable: Option<String>,
}

pub async fn payment(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (PaymentInput, PaymentExpect) = vector.parts()?;
    let (app_id, prepay_id) = (input.appid.as_str(), input.prepay_id.as_str());
    let stamp = Stamp { timestamp: input.timestamp.clone(), nonce: input.nonce.clone() };
    let package = match input.mode.as_str() {
        "jsapi" => format!("prepay_id={prepay_id}"),
        "app" => prepay_id.to_owned(),
        other => return Err(format!("unknown mode: {other}")),
    };
    let message = sign::payment(app_id, &stamp, &package);
    same("ok", &json!(true), &json!(expect.ok))?;
    same("message", &json!(message), &json!(expect.message))?;
    // The key of a quoted signature was not published.
    let Some(name) = &input.key else {
        return same("signature", &json!(expect.signature_unverifiable.is_some()), &json!(true));
    };
    let signer = Signer { merchant_id: String::new(), serial: String::new(), key: private_key(file, name) };
    let signature = signer.sign(message).await.unwrap();
    same("signature", &json!(signature), &json!(expect.signature))?;
    if input.mode != "jsapi" {
        return Ok(());
    }
    let params = signer.params(app_id, stamp, prepay_id).await.unwrap();
    let expected = json!({"appId": app_id, "timeStamp": input.timestamp, "nonceStr": input.nonce,
        "package": package, "signType": "RSA", "paySign": expect.signature});
    same("params", &serde_json::to_value(params).unwrap(), &expected)
}
