//! Amounts of money in minor units (1.00 is 100). Never a float; every operation is checked.

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::BigInt;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Invalid;

/// An amount in minor units. JSON: a string with exactly two decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Money(i64);

/// The largest amount taken from outside, 9,999,999,999.99: with 100 lines of 9,999 units each no sum leaves 63 bits.
const LARGEST_INPUT: i64 = 999_999_999_999;

/// The one currency of the shop, as platforms name it.
pub const CURRENCY: &str = "CNY";

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The largest amount that can be stored.
    pub const LARGEST: Self = Self(i64::MAX);

    /// An amount of `minor` units: 1250 is 12.50.
    #[must_use]
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// The amount that is stored as this integer.
    #[must_use]
    pub const fn from_integer(minor: i64) -> Self {
        Self(minor)
    }

    /// The stored integer, borrowed.
    #[must_use]
    pub const fn as_integer(&self) -> &i64 {
        &self.0
    }

    /// The sum of many amounts; `None` if it does not fit.
    #[must_use]
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The sum; `None` where it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` where it does not fit.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// This amount `times` over; `None` where it does not fit.
    #[must_use]
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// The amount in major units, exact.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// An amount given in major units; `None` where it has more than two decimals or is out of range.
    #[must_use]
    pub fn from_decimal(amount: Decimal) -> Option<Self> {
        let minor = amount.checked_mul(Decimal::ONE_HUNDRED)?;
        let value = i64::try_from(minor.trunc()).ok().filter(|_| minor.is_integer())?;
        (value.abs() <= LARGEST_INPUT).then_some(Self(value))
    }

    /// Reads an amount that may be negative, as an adjustment may: `-?` and then as [`Money::from_str`].
    ///
    /// # Errors
    /// [`Invalid`] where the text is not of that form.
    pub fn parse_signed(text: &str) -> Result<Self, Invalid> {
        match text.strip_prefix('-') {
            Some(rest) => rest.parse().map(|Self(value)| Self(-value)),
            None => text.parse(),
        }
    }
}

impl FromStr for Money {
    type Err = Invalid;

    /// Digits, and at most two decimals: `"0"`, `"19.9"`, `"19.90"`. `Decimal` alone would also take `1e3`, `1_000`, `+1`, `.5`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        const SHAPE: Invalid = Invalid("must be an amount such as \"12.50\", from 0 to 9999999999.99");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |part: &str, longest| (1..=longest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 10) || !digits(fraction, 2) {
            return Err(SHAPE);
        }
        Decimal::from_str_exact(text).ok().and_then(Self::from_decimal).ok_or(SHAPE)
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2}", self.to_decimal())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A [`Money`] in a request that may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    fn amounts_are_read_strictly() {
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
            assert!(bad.parse::<Money>().is_err(), "{bad:?} was taken");
        }
        assert_eq!(Money::parse_signed("-5.5"), Ok(Money(-550)));
        assert!(Money::parse_signed("--5").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(minor in 0..=LARGEST_INPUT) {
            prop_assert_eq!(Money(minor).to_string().parse(), Ok(Money(minor)));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,40}") {
            let _ = text.parse::<Money>();
        }
    }
}
