//! Amounts in the formats of clients and of Alipay.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::domain::money::Money;
use tradepost::gateway::alipay::amount;
use tradepost_fuzz::{inputs, seed, text};

fuzz_target!(init: seed(inputs("yuan_to_fen", |input| text(input, "yuan"))), |input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    if let Ok(money) = text.parse::<Money>() {
        assert!((0..=999_999_999_999).contains(&money.minor()));
        assert_eq!(money.to_string().parse(), Ok(money), "the written amount is read differently");
        assert_eq!(Money::from_decimal(money.to_decimal()), Some(money));
    }
    if let Ok(money) = Money::parse_signed(&text) {
        assert_eq!(Money::parse_signed(&money.to_string()), Ok(money));
    }
    if let Some(money) = amount::read(&text) {
        assert_eq!(text.parse(), Ok(money), "an amount of Alipay is not an amount of ours");
        assert_eq!(amount::read(&amount::write(money)), Some(money));
    }
});
