//! Vectors of Alipay. Notices are read by the gateway that the settings create, and then applied by Pay.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tradepost::config;
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::gateway::alipay::account::Call;
use tradepost::gateway::alipay::answer::Envelope;
use tradepost::gateway::alipay::content::ContentKey;
use tradepost::gateway::alipay::keyring::Keyring;
use tradepost::gateway::alipay::notify::Form;
use tradepost::gateway::alipay::sign::{self, Signed};
use tradepost::gateway::alipay::{self, MerchantAccount, sn};
use tradepost::gateway::crypto::certificate::{self, Certificate};
use tradepost::gateway::crypto::key::{PrivateKey, PublicKey};
use tradepost::gateway::{Event, Gateway, Notification, Reject, Reply, Shop};

use super::{Book, File, Verdict, reject_reason, rejected_reason, same, text};

/// Time of the vectors: 2025-10-09 16:53:20 in China.
const NOW: Timestamp = Timestamp(1_760_000_000_000);
/// Names of private keys, one in each file. The quoted notices belong to applications whose keys are not public.
const APP_KEYS: [&str; 2] = ["ali_app", "q_wxgo_test"];

pub async fn check(file: &File, vector: &Value) -> Verdict {
    let (input, expect) = (&vector["input"], &vector["expect"]);
    match text(&vector["kind"]) {
        "alipay_notify" => notify(file, vector).await,
        "alipay_notify_verify" => notify_verify(file, input, expect),
        "alipay_request_sign" => request_sign(file, input, expect),
        "alipay_response_extract" => {
            let envelope = Envelope::open(text(&input["method"]), text(&input["body"]).as_bytes());
            same("text", &json!(envelope.map(|envelope| envelope.signed).ok()), &expect["signed_substring"])
        }
        "alipay_response_verify" => response_verify(file, input, expect),
        "alipay_cert_sn" => {
            let certificate = certificates(file, &input["cert_key"]).remove(0);
            same("issuer", &json!(certificate.issuer), &expect["issuer_rfc2253"])?;
            same("serial number", &json!(certificate.serial_decimal), &expect["serial_decimal"])?;
            same("sn", &json!(sn::of(&certificate)), &expect["sn"])
        }
        "alipay_root_cert_sn" => root_sn(&certificates(file, &input["bundle_key"]), expect),
        "aes_cbc_zero_iv_pkcs7" => {
            let key = ContentKey::parse(text(&input["key_b64"])).unwrap();
            same("text", &json!(key.decrypt(text(&input["ciphertext"])).ok()), &expect["plaintext"])?;
            same("ciphertext", &json!(key.encrypt(text(&expect["plaintext"])).ok()), &input["ciphertext"])
        }
        other => Err(format!("unknown kind: {other}")),
    }
}

/// The settings for a vector's account. The key files are written to `folder`.
fn settings(file: &File, config: &Value, folder: &TempDir) -> config::Alipay {
    let write = |name: &str, key: &Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, text(key)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let app_key = APP_KEYS.iter().find(|name| file.keys.get(name).is_some()).unwrap();
    let variables = [
        ("APP_ID", text(&config["app_id"]).to_owned()),
        ("SELLER_ID", text(&config["seller_id"]).to_owned()),
        ("APP_KEY", write("app", &file.key(app_key)["pkcs8_der_b64"])),
        ("PLATFORM_KEY", write("platform", &file.key(text(&config["verify_key"]))["spki_der_b64"])),
    ];
    let named = variables.map(|(name, value)| (format!("TRADEPOST__GATEWAY__ALIPAY__{name}"), value));
    config::read("", named.into()).unwrap().gateway.alipay
}

fn shop() -> Shop {
    Shop { public_url: "https://shop.example.com".to_owned(), clock: Clock::default() }
}

fn gateway(file: &File, vector: &Value) -> Arc<dyn Gateway> {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(file, file.config(&vector["input"]["config"]), &folder);
    alipay::gateways(&settings, &shop()).unwrap().remove(0)
}

pub fn read(file: &File, vector: &Value) -> Result<Option<Notification>, Reject> {
    gateway(file, vector).read_callback(&|_| None, text(&vector["input"]["body"]).as_bytes(), NOW)
}

async fn notify(file: &File, vector: &Value) -> Verdict {
    let (expect, gateway) = (&vector["expect"], gateway(file, vector));
    let form = Form::read(text(&vector["input"]["body"]).as_bytes());
    let config = file.config(&vector["input"]["config"]);
    let found = match read(file, vector) {
        Err(reject) => Err(reject_reason(reject)),
        Ok(notice) => {
            let mut book = Book::open("alipay", config).await;
            let applied = book.notify(notice.clone()).await;
            applied.map(|()| result(notice, form.as_ref().unwrap(), config)).map_err(rejected_reason)
        }
    };
    if let Some(canonical) = expect.get("canonical") {
        same("canonical", &json!(form.map(|form| form.canonical()).ok()), canonical)?;
    }
    if let Some(expected) = expect.get("reply") {
        let is_accepted = found.is_ok();
        let reply = if is_accepted {
            gateway.acknowledgement()
        } else {
            gateway.refusal(422, "why").ok_or("the platform has no reply of its own for a refusal")?
        };
        check_reply(is_accepted, &reply, expected)?;
    }
    match found {
        Err(reason) => same("reason", &json!(reason), &expect["reason"]),
        Ok(found) => {
            same("ok", &json!(true), &expect["ok"])?;
            let mut expected = expect["result"].as_object().unwrap().iter();
            expected.try_for_each(|(field, value)| same(field, &found[field], value))
        }
    }
}

/// A notice in the vectors' terms.
fn result(notice: Option<Notification>, form: &Form, config: &Value) -> Value {
    let field = |name: &str| form.get(name).unwrap().to_owned();
    let mut result = json!({"notify_id": field("notify_id"), "out_trade_no": field("out_trade_no"),
        "trade_no": field("trade_no"), "trade_status": field("trade_status"), "action": "none"});
    let Some(notice) = notice else { return result };
    assert_eq!(json!(notice.event_id), result["notify_id"]);
    assert_eq!(json!(notice.out_trade_no), result["out_trade_no"]);
    assert_eq!(json!(notice.trade_no), result["trade_no"]);
    let total = &config["orders"][&notice.out_trade_no]["total_fen"];
    let amount = json!(notice.amount.minor());
    result["action"] = json!(match &notice.event {
        Event::Paid => "paid",
        Event::Closed => "closed",
        Event::RefundedTotal(_) if amount == *total => "fully_refunded",
        Event::RefundedTotal(_) => "refund_info",
        other => panic!("Alipay does not send {other:?}"),
    });
    if let Event::RefundedTotal(number) = notice.event {
        (result["refund_total_fen"], result["out_request_no"]) = (amount, json!(number));
    } else {
        result["total_fen"] = amount;
    }
    result
}

fn check_reply(is_accepted: bool, reply: &Reply, expected: &Value) -> Verdict {
    same("status", &json!(reply.status), &expected["status"])?;
    if is_accepted {
        return same("reply", &json!(reply.body), &expected["body"]);
    }
    // Every body but the acknowledgement is a refusal. The vectors give examples of it.
    same("refusal", &json!(reply.body == "fail" && text(&expected["body"]).starts_with("fail")), &json!(true))
}

fn notify_verify(file: &File, input: &Value, expect: &Value) -> Verdict {
    let params: Vec<_> =
        input["params"].as_object().unwrap().iter().map(|(name, value)| (&**name, text(value))).collect();
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish();
    let form = Form::read(form.as_bytes()).unwrap();
    let key = file.key(text(&input["key"]));
    let keyring = match key.get("spki_der_b64") {
        Some(bare) => Keyring::parse(text(bare)).unwrap(),
        None => with_certificate(Keyring::default(), file, &input["key"]),
    };
    let verifies = |canonical: &str| keyring.verify(None, canonical, form.get("sign").unwrap());
    if input["rule"] == "V1" {
        same("canonical", &json!(form.canonical()), &expect["canonical"])?;
        return same("ok", &json!(verifies(&form.canonical()).is_ok()), &expect["ok"]);
    }
    let canonical = sign::canonical(params, &["sign"]);
    same("canonical", &json!(canonical), &expect["canonical"])?;
    same("ok", &json!(verifies(&canonical).is_ok()), &expect["ok"])?;
    // Notices of trades do not use this rule.
    let by_other_rule = verifies(&form.canonical()).err().map(reject_reason);
    same("ok by the other rule", &json!(by_other_rule), &json!("bad_signature"))
}

fn request_sign(file: &File, input: &Value, expect: &Value) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let account = MerchantAccount::new(&settings(file, file.config(&json!("ali_default")), &folder), &shop());
    let param = |name: &str| input["params"].get(name).map_or("", text);
    let call = Call {
        method: param("method"),
        content: param("biz_content"),
        notify_url: param("notify_url"),
        return_url: param("return_url"),
    };
    let fields = account.unwrap().unwrap().fields(call, NOW).unwrap();
    let pairs = || fields.iter().map(|(name, value)| (*name, value.as_str()));
    let missing = |(name, value): &(&String, &Value)| {
        !text(value).is_empty() && !pairs().any(|field| field == (name.as_str(), text(value)))
    };
    if let Some((name, _)) = input["params"].as_object().unwrap().iter().find(missing) {
        return Err(format!("{name} is not sent"));
    }
    same("canonical", &json!(sign::canonical(pairs(), &[])), &expect["canonical"])?;
    let key = PrivateKey::parse(text(&file.key(text(&input["key"]))["pkcs8_der_b64"])).unwrap();
    let signed = Signed::new(&fields, &key).unwrap();
    let sign = form_urlencoded::parse(signed.query.as_bytes()).find(|(name, _)| name == "sign").unwrap().1;
    same("sign", &json!(sign), &expect["sign"])?;
    same("query", &json!(signed.query), &expect["query_string"])?;
    same("form", &json!(signed.form), &expect["form_body"])
}

fn response_verify(file: &File, input: &Value, expect: &Value) -> Verdict {
    let default = text(&file.key(text(&input["default_key"]))["spki_der_b64"]);
    let mut keyring = Keyring::parse(default).unwrap();
    for (sn, name) in input["keys_by_cert_sn"].as_object().into_iter().flatten() {
        same("sn", &json!(sn::of(&certificates(file, name)[0])), &json!(sn))?;
        keyring = with_certificate(keyring, file, name);
    }
    let envelope = Envelope::open(text(&input["method"]), text(&input["body"]).as_bytes());
    match envelope.and_then(|envelope| envelope.verify(&keyring)) {
        Err(reject) => same("reason", &json!(reject_reason(reject)), &expect["reason"]),
        Ok(verified) => {
            same("ok", &json!(true), &expect["ok"])?;
            same("signed", &json!(verified.is_signed), expect.get("signed").unwrap_or(&json!(true)))?;
            let signed = expect.get("signed_substring").filter(|_| verified.is_signed);
            signed.map_or(Ok(()), |expected| same("text", &json!(verified.text), expected))
        }
    }
}

fn root_sn(roots: &[Certificate], expect: &Value) -> Verdict {
    let rsa = |certificate: &&Value| text(&certificate["sig_oid"]).starts_with("1.2.840.113549.1.1.");
    let expected: Vec<_> =
        expect["per_certificate"].as_array().unwrap().iter().filter(rsa).map(|entry| &entry["sn"]).collect();
    let found: Vec<_> = roots.iter().filter(|root| root.is_signed_by_rsa).map(sn::of).collect();
    same("each sn", &json!(found), &json!(expected))?;
    same("sn", &json!(sn::of_roots(roots)), &expect["sn"])
}

fn certificates(file: &File, name: &Value) -> Vec<Certificate> {
    certificate::read(text(&file.key(text(name))["pem"])).unwrap()
}

fn with_certificate(keyring: Keyring, file: &File, name: &Value) -> Keyring {
    let certificate = certificates(file, name).remove(0);
    let key: PublicKey = certificate.key.clone().unwrap();
    keyring.with(sn::of(&certificate), key)
}

pub fn amount(vector: &Value) -> Verdict {
    let (yuan, expect) = (text(&vector["input"]["yuan"]), &vector["expect"]);
    match alipay::amount::read(yuan) {
        Some(amount) => same("fen", &json!(amount.minor()), &expect["fen"]),
        None => same("reason", &json!("malformed"), &expect["reason"]),
    }
}
