//! Converts amounts from and to Alipay's format: yuan as decimal text.

use crate::domain::money::Money;

const YUAN_DIGITS_MAX: usize = 9;

/// Parses `(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?`; `None` for any other text.
#[must_use]
pub fn read(yuan: &str) -> Option<Money> {
    let whole = yuan.split_once('.').map_or(yuan, |(whole, _)| whole);
    let is_padded = whole.len() > 1 && whole.starts_with('0');
    if is_padded || whole.len() > YUAN_DIGITS_MAX {
        return None;
    }
    yuan.parse().ok()
}

/// Formats `amount` with two decimals.
#[must_use]
pub fn write(amount: Money) -> String {
    amount.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_has_no_leading_zeros_and_at_most_two_decimals() {
        for (yuan, fen) in [("0", 0), ("0.5", 50), ("88.88", 8888), ("10", 1000), ("999999999.99", 99_999_999_999)] {
            assert_eq!(read(yuan), Some(Money::from_minor(fen)), "{yuan}");
        }
        for bad in ["", ".", "00", "01.00", "1.", ".1", "1.001", "-1", "+1", "1e1", " 1", "1 ", "1000000000", "1.1.1"] {
            assert_eq!(read(bad), None, "{bad:?} was accepted");
        }
    }

    proptest! {
        #[test]
        fn a_formatted_amount_parses_back(fen in 0..=99_999_999_999_i64) {
            prop_assert_eq!(read(&write(Money::from_minor(fen))), Some(Money::from_minor(fen)));
        }

        #[test]
        fn no_text_makes_the_parser_panic(yuan in "\\PC{0,20}") {
            let _ = read(&yuan);
        }
    }
}
