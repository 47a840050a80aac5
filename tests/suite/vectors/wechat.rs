//! Vectors of WeChat Pay. Notices are read by the gateway that the settings create, and then applied by Pay.

mod account;

use serde_json::{Value, json};
use tradepost::gateway::crypto::certificate;
use tradepost::gateway::wechat::aead::Key;
use tradepost::gateway::wechat::answer;
use tradepost::gateway::wechat::sign::{self, Signer, Stamp};
use tradepost::gateway::{Event, Notification, Reject, Reply};

use self::account::{gateway, header, keys, now, private_key};
use super::{Book, File, Verdict, reject_reason, rejected_reason, same, text};

pub async fn check(file: &File, vector: &Value) -> Verdict {
    let (input, expect) = (&vector["input"], &vector["expect"]);
    match text(&vector["kind"]) {
        "wechat_request_sign" => request(file, input, expect).await,
        "wechat_auth_message" => message(input, expect),
        "wechat_paysign" => payment(file, input, expect).await,
        "wechat_response_verify" => response(file, input, expect),
        "wechat_notify" if input["config"].is_null() => foreign_notice(file, input, expect),
        "wechat_notify" => notice(file, vector).await,
        "aes_gcm_decrypt" => decrypted(file, input, expect),
        "rsa_sha256_sign" => {
            let signature = private_key(file, &input["key"]).sign(text(&input["message"]).as_bytes());
            same("signature", &json!(signature.unwrap()), &expect["signature"])
        }
        "rsa_sha256_verify" => verified(file, input, expect),
        other => Err(format!("unknown kind: {other}")),
    }
}

/// The notification that the gateway reads from a notice.
pub fn read(file: &File, vector: &Value) -> Result<Option<Notification>, Reject> {
    let input = &vector["input"];
    let gateway = gateway(file, file.config(&input["config"]));
    gateway.read_callback(&|name| header(input, name), text(&input["body"]).as_bytes(), now(input))
}

async fn request(file: &File, input: &Value, expect: &Value) -> Verdict {
    message(input, expect)?;
    let (stamp, text_of) = (stamp(input), |field: &str| text(&input[field]).to_owned());
    let signer =
        Signer { merchant_id: text_of("mchid"), serial: text_of("serial_no"), key: private_key(file, &input["key"]) };
    let signature = signer.sign(text_to_sign(input)).await.unwrap();
    same("signature", &json!(signature), &expect["signature"])?;
    same("authorization", &json!(signer.authorization(&stamp, &signature)), &expect["authorization"])
}

fn message(input: &Value, expect: &Value) -> Verdict {
    let message = text_to_sign(input);
    same("message", &json!(message), &expect["message"])?;
    if let Some(lines) = expect["message_lines"].as_u64() {
        same("message_lines", &json!(message.matches('\n').count()), &json!(lines))?;
    }
    let Some(expected) = expect["authorization_without_signature"].as_str() else { return Ok(()) };
    // The header up to the signature does not depend on the key, so any key will do.
    let own = File::read(include_str!("../../vectors/payment_own.json"));
    let key = private_key(&own, &json!("wx_merchant"));
    let (merchant_id, serial) = (text(&input["mchid"]).to_owned(), text(&input["serial_no"]).to_owned());
    let authorization = Signer { merchant_id, serial, key }.authorization(&stamp(input), "");
    same("authorization", &json!(authorization), &json!(format!("WECHATPAY2-SHA256-RSA2048 {expected}\"\"")))
}

fn text_to_sign(input: &Value) -> String {
    sign::request(text(&input["method"]), text(&input["url"]), &stamp(input), text(&input["body"]))
}

fn stamp(input: &Value) -> Stamp {
    Stamp { timestamp: text(&input["timestamp"]).to_owned(), nonce: text(&input["nonce"]).to_owned() }
}

async fn payment(file: &File, input: &Value, expect: &Value) -> Verdict {
    let (app_id, prepay_id) = (text(&input["appid"]), text(&input["prepay_id"]));
    let is_page = input["mode"] == "jsapi";
    let package = if is_page { format!("prepay_id={prepay_id}") } else { prepay_id.to_owned() };
    let message = sign::payment(app_id, &stamp(input), &package);
    same("message", &json!(message), &expect["message"])?;
    if input["key"].is_null() {
        return Ok(());
    }
    let key = private_key(file, &input["key"]);
    let signer = Signer { merchant_id: String::new(), serial: String::new(), key };
    let signature = signer.sign(message).await.unwrap();
    same("signature", &json!(signature), &expect["signature"])?;
    if !is_page {
        return Ok(());
    }
    let params = signer.params(app_id, stamp(input), prepay_id).await.unwrap();
    let expected = json!({"appId": app_id, "timeStamp": input["timestamp"], "nonceStr": input["nonce"],
        "package": package, "signType": "RSA", "paySign": expect["signature"]});
    same("params", &serde_json::to_value(params).unwrap(), &expected)
}

fn response(file: &File, input: &Value, expect: &Value) -> Verdict {
    let keys = keys(file, &file.config(&input["config"])["verify_keys"]);
    let (status, body) = (input["status"].as_u64().unwrap(), text(&input["body"]).as_bytes());
    let checked = answer::check(&keys, u16::try_from(status).unwrap(), &|name| header(input, name), body, now(input));
    same("ok", &json!(checked.is_ok()), &expect["ok"])?;
    checked.map_or_else(|reject| same("reason", &json!(reject_reason(reject)), &expect["reason"]), |()| Ok(()))
}

async fn notice(file: &File, vector: &Value) -> Verdict {
    let (input, expect) = (&vector["input"], &vector["expect"]);
    let config = file.config(&input["config"]);
    let gateway = gateway(file, config);
    let applied = match read(file, vector) {
        Ok(None) => Ok(None),
        Ok(Some(notice)) => {
            let applied = Book::open("wechat", config).await.notify(Some(notice.clone())).await;
            applied.map(|()| Some(notice)).map_err(|rejected| (422, rejected_reason(rejected)))
        }
        Err(Reject::Ciphertext) => Err((503, reject_reason(Reject::Ciphertext))),
        Err(reject) => Err((if reject.is_unsigned() { 401 } else { 422 }, reject_reason(reject))),
    };
    same("ok", &json!(applied.is_ok()), &expect["ok"])?;
    match applied {
        Ok(notice) => {
            result(notice, &expect["result"])?;
            check_acknowledgement(&gateway.acknowledgement(), &expect["reply"])
        }
        Err((status, reason)) => {
            same("reason", &json!(reason), &expect["reason"])?;
            check_refusal(&gateway.refusal(status, reason).unwrap(), &expect["reply"])
        }
    }
}

/// Compares the result of a notice. `paid_at` is left out, because Pay uses the time of its own clock. An event that
/// concerns no payment has no result.
fn result(notice: Option<Notification>, expect: &Value) -> Verdict {
    let mut expect = expect.clone();
    let fields = expect.as_object_mut().unwrap();
    fields.remove("paid_at");
    let Some(notice) = notice else { return same("action", &json!("none"), &fields["action"]) };
    let mut found = json!({"notify_id": notice.event_id, "out_trade_no": notice.out_trade_no});
    match notice.event {
        Event::Paid => {
            found["action"] = json!("paid");
            found["transaction_id"] = json!(notice.trade_no);
            found["total_fen"] = json!(notice.amount.minor());
        }
        Event::Refunded(number) => {
            found["action"] = json!("refunded");
            found["out_refund_no"] = json!(number);
            found["refund_fen"] = json!(notice.amount.minor());
        }
        Event::RefundFailed(number, why) => {
            let status = why.split(':').next().unwrap().to_lowercase();
            found["action"] = json!(format!("refund_{status}"));
            found["out_refund_no"] = json!(number);
            found["refund_fen"] = json!(notice.amount.minor());
        }
        other => return Err(format!("WeChat Pay does not send {other:?}")),
    }
    same("result", &found, &expect)
}

fn check_acknowledgement(reply: &Reply, expect: &Value) -> Verdict {
    let is_expected_status = expect["status"].as_array().unwrap().contains(&json!(reply.status));
    same("body", &expect["body"], &json!("empty"))?;
    if is_expected_status && reply.body.is_empty() && reply.content_type.is_none() {
        return Ok(());
    }
    Err(format!("the reply is {reply:?}"))
}

fn check_refusal(reply: &Reply, expect: &Value) -> Verdict {
    same("status", &expect["status"], &json!("4xx or 5xx"))?;
    let mut body: Value = serde_json::from_str(&reply.body).unwrap();
    if !(400..600).contains(&reply.status) || reply.content_type != Some("application/json") {
        return Err(format!("the reply is {reply:?}"));
    }
    if !text(&body["message"]).is_empty() {
        body["message"] = json!("<any text>");
    }
    same("body", &body, &expect["body_json"])
}

/// Checks the parts of a notice whose API key is not valid for the settings, so that no gateway can read it.
fn foreign_notice(file: &File, input: &Value, expect: &Value) -> Verdict {
    let (keys, body) = (keys(file, &input["verify_keys"]), text(&input["body"]));
    let verified = keys.verify(&|name| header(input, name), body.as_bytes(), now(input));
    same("headers_ok", &json!(verified.is_ok()), &expect["headers_ok"])?;
    let body: Value = serde_json::from_str(body).unwrap();
    let mut sealed = body["resource"].clone();
    sealed["key_utf8"] = input["key_utf8"].clone();
    decrypted(file, &sealed, expect)
}

fn decrypted(file: &File, input: &Value, expect: &Value) -> Verdict {
    let key = input["key_utf8"].as_str().unwrap_or_else(|| text(&file.key(text(&input["key"]))["value_utf8"]));
    let key = Key::new(key.as_bytes()).unwrap();
    let parts = ["nonce", "associated_data", "ciphertext"].map(|part| text(&input[part]));
    let decrypted = key.open(parts[0], parts[1], parts[2]);
    same("ok", &json!(decrypted.is_ok()), &expect["ok"])?;
    let Ok(content) = decrypted else { return Ok(()) };
    let content = String::from_utf8(content).unwrap();
    let expected = match &expect["plaintext_is_key_pem"] {
        Value::String(name) => &file.key(name)["pem"],
        _ => &expect["plaintext"],
    };
    same("plaintext", &json!(content), expected)?;
    if expect["serial_hex_upper"].is_null() {
        return Ok(());
    }
    same("serial", &json!(certificate::read(&content).unwrap()[0].serial_hex), &expect["serial_hex_upper"])
}

fn verified(file: &File, input: &Value, expect: &Value) -> Verdict {
    let name = text(&input["key"]);
    let serial = file.key(name)["serial_hex_upper"].as_str().unwrap_or("1");
    let keys = keys(file, &json!({serial: name}));
    let named = input["serial"].as_str().unwrap_or(serial);
    let verified = keys.verify_text(named, text(&input["message"]).as_bytes(), text(&input["signature"]));
    same("ok", &json!(verified.is_ok()), &expect["ok"])
}
