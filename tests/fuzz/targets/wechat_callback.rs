//! WeChat Pay's callback with any signature: four lines with header values, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tradepost::gateway::Reject;
use tradepost::gateway::wechat::keys;
use tradepost_fuzz::{inputs, parts, read_wechat, seed};

fn vector(input: &Value) -> Option<String> {
    let header = |name| input["headers"][name].as_str().unwrap_or_default();
    let headers = [keys::SERIAL, keys::TIMESTAMP, keys::NONCE, keys::SIGNATURE].map(header);
    Some(format!("{}\n{}", headers.join("\n"), input["body"].as_str()?))
}

fuzz_target!(init: seed(inputs("wechat_notify", vector)), |input: &[u8]| {
    let [serial, timestamp, nonce, signature, body] = parts(input);
    let values = [serial, timestamp, nonce, signature].map(|value| String::from_utf8_lossy(value).into_owned());
    let has_all_headers = values.iter().all(|value| !value.is_empty());
    let read = read_wechat(values, body);
    assert!(has_all_headers || read == Err(Reject::MissingHeader), "a missing header was accepted: {read:?}");
});
