//! Vectors of WeChat Pay. Notices are read by the gateway that the settings create, and then applied by Pay.

mod account;
mod notice;
mod request;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tradepost::gateway::crypto::certificate;
use tradepost::gateway::wechat::aead::Key;
use tradepost::gateway::wechat::answer;

use self::account::{Headers, keys, private_key};
use super::{File, Vector, Verdict, decided, reject_reason, same, text};

pub use notice::read;

pub async fn check(file: &File, vector: &Vector) -> Verdict {
    match vector.kind.as_str() {
        "wechat_request_sign" => request::signed(file, vector).await,
        "wechat_auth_message" => request::message(vector),
        "wechat_paysign" => request::payment(file, vector).await,
        "wechat_response_verify" => response(file, vector),
        "wechat_notify" if vector.input["config"].is_null() => foreign_notice(file, vector),
        "wechat_notify" => notice::check(file, vector).await,
        "aes_gcm_decrypt" => decrypted(file, vector),
        "rsa_sha256_sign" => signed(file, vector),
        "rsa_sha256_verify" => verified(file, vector),
        other => Err(format!("unknown kind: {other}")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseInput {
    config: Value,
    #[serde(default)]
    config_override: serde_json::Map<String, Value>,
    status: u16,
    headers: Headers,
    body: String,
    now: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    ok: bool,
    reason: Option<String>,
}

fn response(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (ResponseInput, Decision) = vector.parts()?;
    let config: account::Config = file.config(&input.config, &input.config_override)?;
    let (keys, header) = (keys(file, &config.verify_keys), |name: &str| input.headers.get(name));
    let checked = answer::check(&keys, input.status, &header, input.body.as_bytes(), account::at(input.now));
    decided(checked.map_err(reject_reason), expect.ok, expect.reason.as_deref())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForeignInput {
    verify_keys: BTreeMap<String, String>,
    key_utf8: String,
    headers: Headers,
    body: String,
    now: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForeignExpect {
    ok: bool,
    headers_ok: bool,
    plaintext: String,
}

/// Checks the parts of a notice whose API key is not valid for the settings, so that no gateway can read it.
fn foreign_notice(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (ForeignInput, ForeignExpect) = vector.parts()?;
    let keys = keys(file, &input.verify_keys);
    let verified = keys.verify(&|name| input.headers.get(name), input.body.as_bytes(), account::at(input.now));
    same("headers_ok", &json!(verified.is_ok()), &json!(expect.headers_ok))?;
    let body: Value = serde_json::from_str(&input.body).unwrap();
    let content = open(&input.key_utf8, &body["resource"]);
    same("ok", &json!(content.is_ok()), &json!(expect.ok))?;
    same("plaintext", &json!(content.ok()), &json!(expect.plaintext))
}

/// Decrypts the parts of a notice or of a platform certificate.
fn open(key: &str, parts: &Value) -> Result<String, &'static str> {
    let key = Key::new(key.as_bytes()).map_err(|_| "bad_key_length")?;
    let associated = parts["associated_data"].as_str().unwrap_or_default();
    let content = key.open(text(&parts["nonce"]), associated, text(&parts["ciphertext"])).map_err(reject_reason)?;
    Ok(String::from_utf8(content).unwrap())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedInput {
    key: Option<String>,
    key_utf8: Option<String>,
    nonce: String,
    associated_data: String,
    ciphertext: String,
    full_response_body: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedExpect {
    ok: bool,
    reason: Option<String>,
    plaintext: Option<String>,
    plaintext_is_key_pem: Option<String>,
    serial_hex_upper: Option<String>,
}

fn decrypted(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (SealedInput, SealedExpect) = vector.parts()?;
    let named = input.key.as_ref().map(|name| text(&file.key(name)["value_utf8"]));
    let key = named.or(input.key_utf8.as_deref()).ok_or("the vector names no key")?;
    let sealed =
        json!({"nonce": input.nonce, "associated_data": input.associated_data, "ciphertext": input.ciphertext});
    let content = open(key, &sealed);
    decided(content.as_ref().map(|_| ()).map_err(|reason| *reason), expect.ok, expect.reason.as_deref())?;
    let content = content.ok();
    if let Some(body) = &input.full_response_body {
        let body: Value = serde_json::from_str(body).unwrap();
        same("the response's text", &json!(open(key, &body["data"][0]["encrypt_certificate"]).ok()), &json!(content))?;
    }
    if let Some(plaintext) = &expect.plaintext {
        same("plaintext", &json!(content), &json!(plaintext))?;
    }
    if let Some(name) = &expect.plaintext_is_key_pem {
        same("plaintext", &json!(content), &file.key(name)["pem"])?;
    }
    let serial = |content: &String| certificate::read(content).unwrap().remove(0).serial_hex;
    let check = |expected| same("serial", &json!(content.as_ref().map(serial)), &json!(expected));
    expect.serial_hex_upper.as_ref().map_or(Ok(()), check)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageInput {
    key: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureExpect {
    ok: bool,
    signature: String,
}

fn signed(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (MessageInput, SignatureExpect) = vector.parts()?;
    let signature = private_key(file, &input.key).sign(input.message.as_bytes());
    same("ok", &json!(signature.is_ok()), &json!(expect.ok))?;
    same("signature", &json!(signature.ok()), &json!(expect.signature))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedInput {
    key: String,
    serial: Option<String>,
    message: String,
    signature: String,
}

fn verified(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (SignedInput, Decision) = vector.parts()?;
    let serial = file.key(&input.key)["serial_hex_upper"].as_str().unwrap_or("1");
    let keys = keys(file, &BTreeMap::from([(serial.to_owned(), input.key.clone())]));
    let named = input.serial.as_deref().unwrap_or(serial);
    let verified = keys.verify_text(named, input.message.as_bytes(), &input.signature);
    decided(verified.map_err(reject_reason), expect.ok, expect.reason.as_deref())
}
