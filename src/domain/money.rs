//! Amounts of money as integers in minor units (1.00 is 100). Arithmetic is checked; there are no floats.

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::BigInt;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Invalid;
use super::parsed::parsed;

/// An amount in minor units; it may be negative. It is serialised as a string with exactly two decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Money(i64);

/// The minor units of [`Money::LIMIT`]. The sum of 100 lines of 9,999 units each at this price still fits 63 bits.
const LIMIT_MINOR: i64 = 999_999_999_999;

/// The ISO 4217 code of the shop's only currency.
pub const CURRENCY: &str = "CNY";

impl Money {
    /// An amount of zero.
    pub const ZERO: Self = Self(0);

    /// The largest amount that can be stored.
    pub const LARGEST: Self = Self(i64::MAX);

    /// The largest price, order or balance, 9,999,999,999.99. It is also the largest amount that is accepted as input, so
    /// whatever the shop makes can be read by everybody.
    pub const LIMIT: Self = Self(LIMIT_MINOR);

    /// Creates an amount from minor units: 1250 is 12.50.
    #[must_use]
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Creates an amount from its stored form, an integer in minor units.
    #[must_use]
    pub const fn from_integer(minor: i64) -> Self {
        Self(minor)
    }

    /// The stored form, by reference.
    #[must_use]
    pub const fn as_integer(&self) -> &i64 {
        &self.0
    }

    /// The sum of `amounts`, or `None` on overflow.
    #[must_use]
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The sum of `self` and `other`, or `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// `self` minus `other`, or `None` on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// This amount multiplied by `times`, or `None` on overflow.
    #[must_use]
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// The exact amount in major units.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// Converts an amount in major units; `None` if it has more than two decimals or its absolute value exceeds
    /// 9,999,999,999.99.
    #[must_use]
    pub fn from_decimal(amount: Decimal) -> Option<Self> {
        let minor = amount.checked_mul(Decimal::ONE_HUNDRED)?;
        let value = i64::try_from(minor.trunc()).ok().filter(|_| minor.is_integer())?;
        (value.abs() <= LIMIT_MINOR).then_some(Self(value))
    }

    /// Parses what `Display` writes, over the whole range of stored amounts.
    ///
    /// # Errors
    /// [`Invalid`] if `text` does not have that form.
    pub fn parse_stored(text: &str) -> Result<Self, Invalid> {
        const INVALID: Invalid = Invalid("must be an amount with two decimals");
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').ok_or(INVALID)?;
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) || fraction.len() != 2 {
            return Err(INVALID);
        }
        let minor: i128 = format!("{whole}{fraction}").parse().map_err(|_| INVALID)?;
        i64::try_from(sign * minor).map(Self).map_err(|_| INVALID)
    }

    /// The amount with the opposite sign.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Parses an amount that may be negative, such as an adjustment: an optional `-`, then the form that
    /// [`Money::from_str`] accepts.
    ///
    /// # Errors
    /// [`Invalid`] if `text` does not have that form.
    pub fn parse_signed(text: &str) -> Result<Self, Invalid> {
        match text.strip_prefix('-') {
            Some(rest) => rest.parse().map(|Self(value)| Self(-value)),
            None => text.parse(),
        }
    }
}

impl FromStr for Money {
    type Err = Invalid;

    /// Parses digits with at most two decimals, such as `"0"`, `"19.9"` or `"19.90"`. The form is checked first because
    /// `i64` would also accept `+1`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        const INVALID: Invalid = Invalid("must be an amount such as \"12.50\", from 0 to 9999999999.99");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let number = |part: &str, max_len| {
            let is_number = (1..=max_len).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i64>().ok().filter(|_| is_number).ok_or(INVALID)
        };
        // Ten digits and two decimals are at most the limit.
        let tenths = if fraction.len() == 1 { 10 } else { 1 };
        Ok(Self(number(whole, 10)? * 100 + number(fraction, 2)? * tenths))
    }
}

impl Money {
    /// Calls `use_text` with the amount as text, which is made on the stack: the response to an order has a dozen amounts.
    fn with_text<T>(self, use_text: impl FnOnce(&str) -> T) -> T {
        // A sign, 20 digits and a point, from the last to the first.
        let mut text = [0; 22];
        let (mut left, mut is_sign_due, mut length) = (self.0.unsigned_abs(), self.0 < 0, 0);
        for (place, byte) in text.iter_mut().rev().enumerate() {
            *byte = match place {
                2 => b'.',
                _ if place <= 3 || left > 0 => {
                    let digit = u8::try_from(left % 10).unwrap_or_default();
                    left /= 10;
                    b'0' + digit
                }
                _ if is_sign_due => {
                    is_sign_due = false;
                    b'-'
                }
                _ => break,
            };
            length = place + 1;
        }
        use_text(text.get(text.len() - length..).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

/// An amount in a request body that may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SignedMoney(pub Money);

impl<'de> Deserialize<'de> for SignedMoney {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Money::parse_signed(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_parsed_strictly() {
        for (text, minor) in
            [("0", 0), ("0.1", 10), ("19.9", 1990), ("19.99", 1999), ("007", 700), ("9999999999.99", 999_999_999_999)]
        {
            assert_eq!(text.parse(), Ok(Money(minor)), "{text}");
        }
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "1.005",
            "+1",
            "-1",
            "1e3",
            "1_000",
            "1,5",
            " 1",
            "1 ",
            "NaN",
            "inf",
            "0x10",
            "٣",
            "10000000000",
            "1.2.3",
        ] {
            assert!(bad.parse::<Money>().is_err(), "{bad:?} was accepted");
        }
        assert_eq!(Money::parse_signed("-5.5"), Ok(Money(-550)));
        assert!(Money::parse_signed("--5").is_err());
    }

    #[test]
    fn a_stored_amount_has_one_form_and_fits_63_bits() {
        for (text, minor) in [("92233720368547758.07", i64::MAX), ("-92233720368547758.08", i64::MIN), ("0.05", 5)] {
            assert_eq!(Money::parse_stored(text), Ok(Money(minor)), "{text}");
        }
        for bad in ["", "1", "1.", ".50", "1.5", "1.000", "+1.00", "--1.00", "1e3.00", "92233720368547758.08"] {
            assert!(Money::parse_stored(bad).is_err(), "{bad:?} was accepted");
        }
    }

    proptest! {
        #[test]
        fn a_formatted_amount_parses_to_itself(minor in 0..=LIMIT_MINOR) {
            prop_assert_eq!(Money(minor).to_string().parse(), Ok(Money(minor)));
        }

        #[test]
        fn the_text_of_an_amount_is_that_of_its_decimal(minor in any::<i64>()) {
            for minor in [minor, minor % 1_000, 0, i64::MIN, i64::MAX] {
                prop_assert_eq!(Money(minor).to_string(), format!("{:.2}", Money(minor).to_decimal()));
            }
        }

        #[test]
        fn every_stored_amount_is_read_back(minor in any::<i64>()) {
            prop_assert_eq!(Money::parse_stored(&Money(minor).to_string()), Ok(Money(minor)));
        }

        #[test]
        fn parsing_never_panics(text in ".{0,40}") {
            let _ = text.parse::<Money>();
            let _ = Money::parse_stored(&text);
        }
    }
}
