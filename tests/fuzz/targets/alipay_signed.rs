//! Alipay's callback with any fields and a valid signature: the code behind the check of the signature.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use form_urlencoded::Serializer;
use libfuzzer_sys::fuzz_target;
use tradepost::gateway::Reject;
use tradepost::gateway::alipay::notify::{self, Form};
use tradepost::gateway::crypto::key::PrivateKey;
use tradepost_fuzz::{ALIPAY, flipped, inputs, private, seed, text};

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| private("ali_platform"));

fn signed(fields: &BTreeMap<String, String>, sign: &str) -> String {
    Serializer::new(String::new()).extend_pairs(fields).append_pair("sign", sign).finish()
}

fuzz_target!(init: seed(inputs("alipay_notify", |input| text(input, "body"))), |input: &[u8]| {
    let mut fields: BTreeMap<String, String> = form_urlencoded::parse(input).into_owned().collect();
    fields.remove("sign");
    fields.remove("sign_type");
    let canonical = Form::read(signed(&fields, "").as_bytes()).unwrap().canonical();
    let sign = KEY.sign(canonical.as_bytes()).unwrap();
    match notify::read(&ALIPAY, signed(&fields, &sign).as_bytes()) {
        Ok(Some(notice)) => {
            assert!(notice.amount.minor() >= 0 && !notice.event_id.is_empty() && notice.event_id.len() <= 64);
            assert!(!notice.trade_no.is_empty() && notice.trade_no.len() <= 58);
        }
        Ok(None) | Err(Reject::Charset | Reject::Unreadable) => {}
        Err(reject) => panic!("a valid signature was refused: {reject}"),
    }
    let with_flipped_bit = notify::read(&ALIPAY, signed(&fields, &flipped(&sign, input.len())).as_bytes());
    assert!(matches!(with_flipped_bit, Err(Reject::Signature | Reject::Charset)), "{with_flipped_bit:?}");
});
