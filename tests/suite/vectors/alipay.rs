//! Vectors of Alipay. Notices are read by the gateway that the settings create, and then applied by Pay.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tradepost::config;
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::gateway::alipay::account::{Call, CertificateIds};
use tradepost::gateway::alipay::answer::Envelope;
use tradepost::gateway::alipay::content::ContentKey;
use tradepost::gateway::alipay::keyring::Keyring;
use tradepost::gateway::alipay::notify::Form;
use tradepost::gateway::alipay::sign::{self, Signed};
use tradepost::gateway::alipay::{self, MerchantAccount, sn};
use tradepost::gateway::crypto::certificate::{self, Certificate};
use tradepost::gateway::crypto::key::{PrivateKey, PublicKey};
use tradepost::gateway::ticket::PayPages;
use tradepost::gateway::{Event, Gateway, Notification, Reject, Reply, Shop};

use super::{
    Book, File, Orders, Vector, Verdict, certificate as around, decided, reject_reason, rejected_reason, same, text,
};

/// Time of the vectors: 2025-10-09 16:53:20 in China.
const NOW: Timestamp = Timestamp(1_760_000_000_000);
/// Names of private keys, one in each file. The quoted notices belong to applications whose keys are not public.
const APP_KEYS: [&str; 2] = ["ali_app", "q_wxgo_test"];

/// How the account verifies Alipay's signatures. Both ways must come to the same outcome.
#[derive(Clone, Copy)]
enum Mode {
    Key,
    Certificate,
}

const MODES: [Mode; 2] = [Mode::Key, Mode::Certificate];

/// The configuration of a notice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    app_id: String,
    seller_id: String,
    sign_type: String,
    verify_key: String,
    orders: Orders,
}

pub async fn check(file: &File, vector: &Vector) -> Verdict {
    match vector.kind.as_str() {
        "alipay_notify" => notify(file, vector).await,
        "alipay_notify_verify" => notify_verify(file, vector),
        "alipay_request_sign" => request_sign(file, vector),
        "alipay_response_extract" => response_extract(vector),
        "alipay_response_verify" => MODES.iter().try_for_each(|mode| response_verify(file, vector, *mode)),
        "alipay_cert_sn" => cert_sn(file, vector),
        "alipay_root_cert_sn" => root_sn(file, vector),
        "aes_cbc_zero_iv_pkcs7" => content_key(vector),
        other => Err(format!("unknown kind: {other}")),
    }
}

/// The settings for a vector's account. The files of its keys are written to `folder`.
fn settings(file: &File, config: &Config, mode: Mode, folder: &TempDir) -> config::Alipay {
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let app_key = file.key(APP_KEYS.iter().find(|name| file.keys.get(name).is_some()).unwrap());
    let platform_key = text(&file.key(&config.verify_key)["spki_der_b64"]);
    let mut variables = vec![
        ("APP_ID", config.app_id.clone()),
        ("SELLER_ID", config.seller_id.clone()),
        ("APP_KEY", write("app", text(&app_key["pkcs8_der_b64"]))),
    ];
    match mode {
        Mode::Key => variables.push(("PLATFORM_KEY", write("platform", platform_key))),
        Mode::Certificate => variables.extend([
            ("APP_CERTIFICATE", write("app_certificate", &around::around(text(&app_key["spki_der_b64"])))),
            ("PLATFORM_CERTIFICATE", write("platform_certificate", &around::around(platform_key))),
            ("ROOT_CERTIFICATE", write("root_certificate", &around::around(platform_key))),
        ]),
    }
    let named = variables.into_iter().map(|(name, value)| (format!("TRADEPOST__GATEWAY__ALIPAY__{name}"), value));
    config::read("", named.collect()).unwrap().gateway.alipay
}

fn shop() -> Shop {
    Shop {
        public_url: "https://shop.example.com".to_owned(),
        clock: Clock::default(),
        pay_pages: PayPages::new(b"a secret", None),
    }
}

fn gateway(file: &File, config: &Config, mode: Mode) -> Arc<dyn Gateway> {
    let folder = tempfile::tempdir().unwrap();
    alipay::gateways(&settings(file, config, mode, &folder), &shop()).unwrap().remove(0)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotifyInput {
    config: Value,
    #[serde(default)]
    config_override: Map<String, Value>,
    body: String,
    content_type: Option<String>,
}

impl NotifyInput {
    fn config(&self, file: &File) -> Result<Config, String> {
        let config: Config = file.config(&self.config, &self.config_override)?;
        // The account's scheme is not a setting: nothing but RSA2 is supported.
        same("sign_type", &json!("RSA2"), &json!(config.sign_type)).map(|()| config)
    }

    fn read(&self, gateway: &dyn Gateway) -> Result<Option<Notification>, Reject> {
        let header =
            |name: &str| name.eq_ignore_ascii_case("content-type").then(|| self.content_type.clone()).flatten();
        gateway.read_callback(&header, self.body.as_bytes(), NOW)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotifyExpect {
    ok: bool,
    reason: Option<String>,
    canonical: Option<String>,
    #[serde(default)]
    result: Map<String, Value>,
    reply: Option<ExpectedReply>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedReply {
    status: u16,
    body: String,
}

/// The notification that the gateway reads from a notice, and the orders of its configuration.
pub fn read(file: &File, vector: &Vector) -> Result<(Result<Option<Notification>, Reject>, Orders), String> {
    let (input, _): (NotifyInput, NotifyExpect) = vector.parts()?;
    let config = input.config(file)?;
    Ok((input.read(&*gateway(file, &config, Mode::Key)), config.orders))
}

async fn notify(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (NotifyInput, NotifyExpect) = vector.parts()?;
    let config = input.config(file)?;
    let form = Form::read(input.body.as_bytes());
    if let Some(canonical) = &expect.canonical {
        same("canonical", &json!(form.as_ref().map(Form::canonical).ok()), &json!(canonical))?;
    }
    for mode in MODES {
        let gateway = gateway(file, &config, mode);
        let found = match input.read(&*gateway) {
            Err(reject) => Err(reject_reason(reject)),
            Ok(notice) => {
                let applied = Book::open("alipay", &config.orders).await.notify(notice.clone()).await;
                applied.map(|()| result(notice, form.as_ref().unwrap(), &config.orders)).map_err(rejected_reason)
            }
        };
        if let Some(expected) = &expect.reply {
            check_reply(&*gateway, found.is_ok(), expected)?;
        }
        decided(found.as_ref().map(|_| ()).map_err(|reason| *reason), expect.ok, expect.reason.as_deref())?;
        let found = found.unwrap_or_default();
        expect.result.iter().try_for_each(|(field, value)| same(field, &found[field], value))?;
    }
    Ok(())
}

/// A notice in the vectors' terms.
fn result(notice: Option<Notification>, form: &Form, orders: &Orders) -> Value {
    let field = |name: &str| form.get(name).unwrap().to_owned();
    let mut result = json!({"notify_id": field("notify_id"), "out_trade_no": field("out_trade_no"),
        "trade_no": field("trade_no"), "trade_status": field("trade_status"), "action": "none"});
    let Some(notice) = notice else { return result };
    assert_eq!(json!(notice.event_id), result["notify_id"]);
    assert_eq!(json!(notice.out_trade_no), result["out_trade_no"]);
    assert_eq!(json!(notice.trade_no), result["trade_no"]);
    let total = orders.get(&notice.out_trade_no).map(|order| order.total_fen);
    let amount = json!(notice.amount.minor());
    result["action"] = json!(match &notice.event {
        Event::Paid => "paid",
        Event::Closed => "closed",
        Event::RefundedTotal(_) if Some(notice.amount.minor()) == total => "fully_refunded",
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

fn check_reply(gateway: &dyn Gateway, is_accepted: bool, expected: &ExpectedReply) -> Verdict {
    let reply: Reply = if is_accepted {
        gateway.acknowledgement()
    } else {
        gateway.refusal(422, "why").ok_or("the platform has no reply of its own for a refusal")?
    };
    same("status", &json!(reply.status), &json!(expected.status))?;
    if is_accepted {
        return same("reply", &json!(reply.body), &json!(expected.body));
    }
    // Every body but the acknowledgement is a refusal. The vectors give examples of it.
    same("refusal", &json!(reply.body == "fail" && expected.body.starts_with("fail")), &json!(true))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyInput {
    params: BTreeMap<String, String>,
    key: String,
    rule: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyExpect {
    ok: bool,
    canonical: String,
}

fn notify_verify(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (VerifyInput, VerifyExpect) = vector.parts()?;
    let params = || input.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(params()).finish();
    let form = Form::read(form.as_bytes()).unwrap();
    let keyring = match file.key(&input.key).get("spki_der_b64") {
        Some(bare) => Keyring::parse(text(bare)).unwrap(),
        None => with_certificate(Keyring::default(), &certificates(file, &input.key)[0]),
    };
    let verifies = |canonical: &str| keyring.verify(None, canonical, form.get("sign").unwrap());
    let canonical = match input.rule.as_str() {
        "V1" => form.canonical(),
        "V2" => {
            // Notices of trades do not use this rule.
            let by_other_rule = verifies(&form.canonical()).err().map(reject_reason);
            same("ok by the other rule", &json!(by_other_rule), &json!("bad_signature"))?;
            sign::canonical(params(), &["sign"])
        }
        other => return Err(format!("unknown rule: {other}")),
    };
    same("canonical", &json!(canonical), &json!(expect.canonical))?;
    same("ok", &json!(verifies(&canonical).is_ok()), &json!(expect.ok))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInput {
    params: BTreeMap<String, String>,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignExpect {
    ok: bool,
    canonical: String,
    sign: String,
    query_string: String,
    form_body: String,
}

fn request_sign(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (SignInput, SignExpect) = vector.parts()?;
    let param = |name: &str| input.params.get(name).map_or("", String::as_str);
    let changes = Map::from_iter([("app_id".to_owned(), json!(param("app_id")))]);
    let (folder, config) = (tempfile::tempdir().unwrap(), file.config(&json!("ali_default"), &changes)?);
    let account = MerchantAccount::new(&settings(file, &config, Mode::Key, &folder), &shop()).unwrap().unwrap();
    // The certificates of the vectors are named only.
    let ids = CertificateIds { app: param("app_cert_sn").to_owned(), roots: param("alipay_root_cert_sn").to_owned() };
    let call = Call {
        method: param("method"),
        content: param("biz_content"),
        notify_url: param("notify_url"),
        return_url: param("return_url"),
    };
    let fields = account.with_certificates(ids).fields(call, NOW).unwrap();
    let pairs = || fields.iter().map(|(name, value)| (*name, value.as_str()));
    let is_missing = |(name, value): &(&String, &String)| {
        !value.is_empty() && !pairs().any(|field| field == (name.as_str(), value.as_str()))
    };
    if let Some((name, _)) = input.params.iter().find(is_missing) {
        return Err(format!("{name} is not sent"));
    }
    same("ok", &json!(true), &json!(expect.ok))?;
    same("canonical", &json!(sign::canonical(pairs(), &[])), &json!(expect.canonical))?;
    let key = PrivateKey::parse(text(&file.key(&input.key)["pkcs8_der_b64"])).unwrap();
    let signed = Signed::new(&fields, &key).unwrap();
    let sign = form_urlencoded::parse(signed.query.as_bytes()).find(|(name, _)| name == "sign").unwrap().1;
    same("sign", &json!(sign), &json!(expect.sign))?;
    same("query", &json!(signed.query), &json!(expect.query_string))?;
    same("form", &json!(signed.form), &json!(expect.form_body))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseInput {
    method: String,
    body: String,
    default_key: Option<String>,
    #[serde(default)]
    keys_by_cert_sn: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseExpect {
    ok: bool,
    reason: Option<String>,
    signed: Option<bool>,
    signed_substring: Option<String>,
}

fn response_extract(vector: &Vector) -> Verdict {
    let (input, expect): (ResponseInput, ResponseExpect) = vector.parts()?;
    let envelope = Envelope::open(&input.method, input.body.as_bytes());
    decided(
        envelope.as_ref().map(|_| ()).map_err(|reject| reject_reason(*reject)),
        expect.ok,
        expect.reason.as_deref(),
    )?;
    same("text", &json!(envelope.map(|envelope| envelope.signed).ok()), &json!(expect.signed_substring))
}

fn response_verify(file: &File, vector: &Vector, mode: Mode) -> Verdict {
    let (input, expect): (ResponseInput, ResponseExpect) = vector.parts()?;
    let mut keyring = Keyring::default();
    if let Some(name) = &input.default_key {
        let key = text(&file.key(name)["spki_der_b64"]);
        keyring = match mode {
            Mode::Key => Keyring::parse(key).unwrap(),
            Mode::Certificate => with_certificate(keyring, &certificate::read(&around::around(key)).unwrap()[0]),
        };
    }
    for (sn, name) in &input.keys_by_cert_sn {
        let certificate = &certificates(file, name)[0];
        same("sn", &json!(sn::of(certificate)), &json!(sn))?;
        keyring = with_certificate(keyring, certificate);
    }
    let envelope = Envelope::open(&input.method, input.body.as_bytes());
    let verified = envelope.and_then(|envelope| envelope.verify(&keyring));
    decided(
        verified.as_ref().map(|_| ()).map_err(|reject| reject_reason(*reject)),
        expect.ok,
        expect.reason.as_deref(),
    )?;
    if let Some(expected) = &expect.signed_substring {
        same("text", &json!(verified.as_ref().map(|verified| &verified.text).ok()), &json!(expected))?;
    }
    let is_signed = verified.map(|verified| verified.is_signed).ok();
    expect.signed.map_or(Ok(()), |expected| same("signed", &json!(is_signed), &json!(expected)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertInput {
    cert_key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertExpect {
    ok: bool,
    issuer_rfc2253: String,
    serial_decimal: String,
    sn: String,
}

fn cert_sn(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (CertInput, CertExpect) = vector.parts()?;
    let certificate = certificates(file, &input.cert_key).remove(0);
    same("ok", &json!(true), &json!(expect.ok))?;
    same("issuer", &json!(certificate.issuer), &json!(expect.issuer_rfc2253))?;
    same("serial number", &json!(certificate.serial_decimal), &json!(expect.serial_decimal))?;
    same("sn", &json!(sn::of(&certificate)), &json!(expect.sn))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootInput {
    bundle_key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootExpect {
    ok: bool,
    sn: String,
    per_certificate: Vec<RootSn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootSn {
    sig_oid: String,
    sn: String,
}

fn root_sn(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (RootInput, RootExpect) = vector.parts()?;
    let roots = certificates(file, &input.bundle_key);
    let is_rsa = |root: &RootSn| root.sig_oid.starts_with("1.2.840.113549.1.1.");
    let expected: Vec<_> = expect.per_certificate.iter().map(|root| (is_rsa(root), root.sn.clone())).collect();
    let found: Vec<_> = roots.iter().map(|root| (root.is_signed_by_rsa, sn::of(root))).collect();
    same("ok", &json!(true), &json!(expect.ok))?;
    same("each sn", &json!(found), &json!(expected))?;
    same("sn", &json!(sn::of_roots(&roots)), &json!(expect.sn))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CipherInput {
    key_b64: String,
    ciphertext: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CipherExpect {
    ok: bool,
    plaintext: String,
}

fn content_key(vector: &Vector) -> Verdict {
    let (input, expect): (CipherInput, CipherExpect) = vector.parts()?;
    let key = ContentKey::parse(&input.key_b64).unwrap();
    let decrypted = key.decrypt(&input.ciphertext).ok();
    same("ok", &json!(decrypted.is_some()), &json!(expect.ok))?;
    same("text", &json!(decrypted), &json!(expect.plaintext))?;
    same("ciphertext", &json!(key.encrypt(&expect.plaintext).ok()), &json!(input.ciphertext))
}

fn certificates(file: &File, name: &str) -> Vec<Certificate> {
    certificate::read(text(&file.key(name)["pem"])).unwrap()
}

fn with_certificate(keyring: Keyring, certificate: &Certificate) -> Keyring {
    let key: PublicKey = certificate.key.clone().unwrap();
    keyring.with(sn::of(certificate), key)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountInput {
    yuan: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountExpect {
    ok: bool,
    fen: Option<i64>,
    reason: Option<String>,
}

pub fn amount(vector: &Vector) -> Verdict {
    let (input, expect): (AmountInput, AmountExpect) = vector.parts()?;
    let read = alipay::amount::read(&input.yuan);
    decided(read.map(|_| ()).ok_or("malformed"), expect.ok, expect.reason.as_deref())?;
    same("fen", &json!(read.map(|amount| amount.minor())), &json!(expect.fen))
}
