//! The sandbox's callback: the first line is the signature header, the rest is the body.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tradepost::domain::clock::Timestamp;
use tradepost::sandbox::Key;
use tradepost::sandbox::notification::Body;
use tradepost_fuzz::{NOW, inputs, parts, seed, text};

static KEY: LazyLock<Key> = LazyLock::new(|| Key::new("whsec_own_test_secret_0001").unwrap());

const BODY: &str = r#"{"id":"evt_sb1_paid","type":"payment.succeeded","created":1760000000,"data":{"out_trade_no":"77",
"trade_no":"sb1","amount":"880.00","currency":"CNY","merchant_id":"m"}}"#;

fn seeds() -> Vec<String> {
    let vector = |input: &serde_json::Value| Some(format!("{}\n{}", text(input, "header")?, text(input, "payload")?));
    let mut seeds = inputs("stripe_webhook", vector);
    for kind in ["payment.succeeded", "payment.declined", "refund.succeeded"] {
        seeds.push(format!("\n{}", BODY.replace("payment.succeeded", kind)));
    }
    seeds.push(format!("\n{}", BODY.replace("\"m\"", "\"m\",\"out_request_no\":\"78\"")));
    seeds
}

fuzz_target!(init: seed(seeds()), |input: &[u8]| {
    let [header, body] = parts(input);
    let _ = KEY.verify(&String::from_utf8_lossy(header), body, NOW);
    if let Ok(read) = Body::read(body) {
        assert_eq!(Body::read(&serde_json::to_vec(&read).unwrap()).unwrap(), read);
        let _ = read.into_notification("m");
    }
    let valid = KEY.sign(body, NOW);
    assert!(KEY.verify(&valid, body, NOW).is_ok());
    assert!(KEY.verify(&valid, body, Timestamp(NOW.0 + 301_000)).is_err());
    let mut flipped = valid.into_bytes();
    let hash = input.iter().fold(input.len(), |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let index = hash % flipped.len();
    // The highest bit is left out, because the result would not be ASCII.
    flipped[index] ^= 1 << (input.len() % 7);
    assert!(KEY.verify(&String::from_utf8(flipped).unwrap(), body, NOW).is_err());
});
