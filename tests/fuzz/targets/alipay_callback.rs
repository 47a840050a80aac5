//! Alipay's callback with any content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::gateway::alipay::notify::{self, Form};
use tradepost_fuzz::{ALIPAY, inputs, seed, text};

fuzz_target!(init: seed(inputs("alipay_notify", |input| text(input, "body"))), |input: &[u8]| {
    let read = notify::read(&ALIPAY, input);
    match Form::read(input) {
        Ok(form) => assert!(form.get("sign").is_some() || read.is_err(), "an unsigned callback was accepted"),
        Err(reject) => assert_eq!(read, Err(reject)),
    }
});
