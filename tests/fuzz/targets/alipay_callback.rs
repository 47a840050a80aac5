//! Alipay's callback, as anybody may send it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::gateway::alipay::notify::{self, Form};
use tradepost_fuzz::{ALIPAY, inputs, seed, text};

fuzz_target!(init: seed(inputs("alipay_notify", |input| text(input, "body"))), |input: &[u8]| {
    let read = notify::read(&ALIPAY, input);
    match Form::read(input) {
        Ok(form) => assert!(form.get("sign").is_some() || read.is_err(), "it was taken without a signature"),
        Err(reject) => assert_eq!(read, Err(reject)),
    }
});
