//! Shared parts of the targets: accounts whose keys are in the test vectors and public, the platforms' signatures, and
//! the seed inputs.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tradepost::config;
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::gateway::crypto::key::PrivateKey;
use tradepost::gateway::ticket::PayPages;
use tradepost::gateway::wechat::gateway::{TradeType, WechatGateway};
use tradepost::gateway::wechat::keys;
use tradepost::gateway::{Gateway, Notification, Reject, Shop, alipay, wechat};

static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../vectors/payment_own.json")).unwrap());

/// The time of the vectors.
pub const NOW: Timestamp = Timestamp(1_760_000_000_000);
/// The shop's id of the payment in all seed inputs.
pub const PAY_ID: i64 = 77;
/// The key of encrypted contents, in base64.
pub const CONTENT_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";
const API_V3_KEY: &str = "OwnTestApiV3Key_0123456789abcdef";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000000012025100900000000000001";

/// A key of the vectors in this format.
pub fn key(name: &str, form: &str) -> &'static str {
    VECTORS["keys"][name][form].as_str().unwrap()
}

/// A private key of the vectors.
pub fn private(name: &str) -> PrivateKey {
    PrivateKey::parse(key(name, "pkcs8_der_b64")).unwrap()
}

/// The inputs of all vectors of this kind, each formatted by `write`.
pub fn inputs(kind: &str, write: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    let vectors = VECTORS["vectors"].as_array().unwrap().iter().filter(|vector| vector["kind"] == kind);
    vectors.filter_map(|vector| write(&vector["input"])).collect()
}

/// A text field of an input, with this crate's payment id.
pub fn text(input: &Value, name: &str) -> Option<String> {
    input[name].as_str().map(|text| text.replace("P202510090001", &PAY_ID.to_string()))
}

/// Writes the seed inputs into the corpus folder, if the arguments name one and not a single input.
pub fn seed(inputs: impl IntoIterator<Item = impl AsRef<[u8]>>) {
    let Some(folder) = std::env::args().skip(1).find(|argument| Path::new(argument).is_dir()) else { return };
    for (index, input) in inputs.into_iter().enumerate() {
        std::fs::write(Path::new(&folder).join(format!("seed-{index:03}")), input).unwrap();
    }
}

/// The input, split at its first `N - 1` line feeds. Missing parts are empty.
pub fn parts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut parts = input.splitn(N, |byte| *byte == b'\n');
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// A signature in base64 with one bit flipped; `index` selects the bit.
pub fn flipped(signature: &str, index: usize) -> String {
    let mut bytes = STANDARD.decode(signature).unwrap();
    let bit = index % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    STANDARD.encode(bytes)
}

fn shop() -> Shop {
    Shop { public_url: "https://shop.example.com".to_owned(), clock: Clock::default(), pay_pages: PayPages::new(b"a secret", None) }
}

/// An account at Alipay, with encrypted contents.
pub static ALIPAY: LazyLock<alipay::MerchantAccount> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, form: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, key(name, form)).unwrap();
        path
    };
    let mut settings = config::read("", Vec::new()).unwrap().gateway.alipay;
    settings.app_id = "2021000000000001".to_owned();
    settings.seller_id = "2088000000000001".to_owned();
    settings.app_key = file("ali_app", "pkcs8_der_b64");
    settings.platform_key = file("ali_platform", "spki_der_b64");
    settings.content_key = serde_json::from_value(CONTENT_KEY.into()).unwrap();
    alipay::MerchantAccount::new(&settings, &shop()).unwrap().unwrap()
});

/// An account at WeChat Pay.
pub static WECHAT: LazyLock<Arc<wechat::account::MerchantAccount>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, form: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, key(name, form)).unwrap();
        path
    };
    let mut settings = config::read("", Vec::new()).unwrap().gateway.wechat;
    settings.merchant_id = "1900000001".to_owned();
    settings.app_id = "wx0123456789abcdef".to_owned();
    settings.merchant_serial = "3775B6A45ACD588826D15E583A95F5DD00000001".to_owned();
    settings.api_v3_key = serde_json::from_value(API_V3_KEY.into()).unwrap();
    settings.merchant_key = file("wx_merchant", "pkcs8_der_b64");
    settings.platform_key_id = PUBLIC_KEY_ID.to_owned();
    settings.platform_key = file("wx_platform_pubkey", "spki_der_b64");
    settings.platform_certificates = file("wx_platform_cert", "pem");
    Arc::new(wechat::account::MerchantAccount::open(&settings, &shop()).unwrap().unwrap())
});

/// A function from the name of a header to its value, as gateways expect it.
pub type Header = Box<dyn Fn(&str) -> Option<String>>;

/// The headers of a signature of WeChat Pay.
pub fn headers([serial, timestamp, nonce, signature]: [String; 4]) -> Header {
    Box::new(move |name| {
        Some(match name {
            keys::SERIAL => serial.clone(),
            keys::TIMESTAMP => timestamp.clone(),
            keys::NONCE => nonce.clone(),
            keys::SIGNATURE => signature.clone(),
            _ => return None,
        })
    })
}

/// Reads a callback with these headers and this body.
pub fn read_wechat(values: [String; 4], body: &[u8]) -> Result<Option<Notification>, Reject> {
    WechatGateway::new(TradeType::Native, Arc::clone(&WECHAT)).read_callback(&headers(values), body, NOW)
}

/// The headers with which WeChat Pay would sign this body at [`NOW`].
pub fn wechat_signature(body: &[u8]) -> [String; 4] {
    static KEY: LazyLock<PrivateKey> = LazyLock::new(|| private("wx_platform_pubkey"));
    let (timestamp, nonce) = (NOW.unix_seconds().to_string(), "a nonce of the platform".to_owned());
    let text = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat();
    [PUBLIC_KEY_ID.to_owned(), timestamp, nonce, KEY.sign(&text).unwrap()]
}

/// The body of a notice of WeChat Pay with this content.
pub fn wechat_notice(event_type: &str, original_type: &str, content: &[u8]) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).unwrap());
    let nonce = "AbCdEf012345";
    let mut sealed = content.to_vec();
    let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    key.seal_in_place_append_tag(unique, Aad::from(original_type), &mut sealed).unwrap();
    let resource = serde_json::json!({"original_type": original_type, "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": STANDARD.encode(sealed), "associated_data": original_type, "nonce": nonce});
    serde_json::json!({"id": "evt-1", "event_type": event_type, "resource": resource}).to_string()
}
