//! The page of a payment for any checkout: the first line is the kind, the rest is the platform's text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::domain::clock::Timestamp;
use tradepost::domain::id::{OrderId, PayId};
use tradepost::domain::money::Money;
use tradepost::gateway::Checkout;
use tradepost::http::pages::pay;
use tradepost::pay::message::{Payment, Status};
use tradepost_fuzz::{parts, seed};

const SEEDS: [&str; 3] = [
    "redirect\nhttps://pay.example.com/?a=1&b=\"<>'",
    "qr_code\nweixin://wxpay/bizpayurl?pr=abc",
    r#"jsapi
{"appId":"wx1","timeStamp":"1760000000","nonceStr":"n","package":"prepay_id=wx2","signType":"RSA","paySign":"s+/="}"#,
];

fn page(checkout: Checkout) -> String {
    let payment = Payment {
        pay_id: PayId::new(77),
        order_id: OrderId::new(7),
        pay_amount: Money::from_minor(88_000),
        provider: "wechat".to_owned(),
        status: Status::Unpaid,
        checkout: Some(checkout),
        add_time: Timestamp(0),
    };
    pay::render(&payment, false)
}

/// The number of characters outside the QR code that could start something other than text in HTML.
fn special_characters(page: &str) -> usize {
    page.split("<svg").next().unwrap_or_default().matches(['<', '>', '"', '\'']).count()
}

fuzz_target!(init: seed(SEEDS), |input: &[u8]| {
    let [kind, text] = parts(input).map(String::from_utf8_lossy);
    let Some(checkout) = Checkout::from_stored(&kind, &text) else { return };
    assert_eq!(Checkout::from_stored(checkout.code(), &checkout.text()).as_ref(), Some(&checkout));
    let shown = page(checkout.clone());
    let plain = match checkout {
        Checkout::Redirect { .. } => page(Checkout::Redirect { url: "u".to_owned() }),
        Checkout::QrCode { .. } if shown.contains("<svg") => page(Checkout::QrCode { url: "u".to_owned() }),
        _ => return,
    };
    assert_eq!(special_characters(&shown), special_characters(&plain), "the checkout is not escaped: {shown}");
});
