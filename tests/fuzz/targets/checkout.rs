//! A stored checkout: the first line is the kind, the rest is the platform's text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::gateway::Checkout;
use tradepost_fuzz::{parts, seed};

const SEEDS: [&str; 3] = [
    "redirect\nhttps://pay.example.com/?a=1&b=\"<>'",
    "qr_code\nweixin://wxpay/bizpayurl?pr=abc",
    r#"jsapi
{"appId":"wx1","timeStamp":"1760000000","nonceStr":"n","package":"prepay_id=wx2","signType":"RSA","paySign":"s+/="}"#,
];

fuzz_target!(init: seed(SEEDS), |input: &[u8]| {
    let [kind, text] = parts(input).map(String::from_utf8_lossy);
    let Some(checkout) = Checkout::from_stored(&kind, &text) else { return };
    assert_eq!(Checkout::from_stored(checkout.code(), &checkout.text()), Some(checkout));
});
