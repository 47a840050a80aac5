//! Alipay's encrypted contents: any text, and any bytes in base64.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use tradepost::gateway::alipay::content::ContentKey;
use tradepost_fuzz::{CONTENT_KEY, seed};

static KEY: LazyLock<ContentKey> = LazyLock::new(|| ContentKey::parse(CONTENT_KEY).unwrap());

fn seeds() -> Vec<Vec<u8>> {
    let encrypted = ["", "{}", r#"{"code":"10000","out_trade_no":"77"}"#].map(|text| KEY.encrypt(text).unwrap());
    let bytes = encrypted.iter().map(|text| STANDARD.decode(text).unwrap()).collect::<Vec<_>>();
    encrypted.map(String::into_bytes).into_iter().chain(bytes).collect()
}

fuzz_target!(init: seed(seeds()), |input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let _ = ContentKey::parse(&text);
    let _ = KEY.decrypt(&text);
    let encoded = STANDARD.encode(input);
    if let Ok(plain) = KEY.decrypt(&encoded) {
        assert_eq!(KEY.encrypt(&plain).unwrap(), encoded, "two ciphertexts decrypt to one text");
    }
    assert_eq!(KEY.decrypt(&KEY.encrypt(&text).unwrap()).as_deref(), Ok(&*text));
});
