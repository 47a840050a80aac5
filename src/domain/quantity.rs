//! Quantities of goods: units of an order line, stock, and stock changes.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

use super::Invalid;

/// The number of units of one order line: 1 to 9,999.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = BigInt)]
#[serde(try_from = "i64", into = "i64")]
pub struct Quantity(i64);

impl Quantity {
    /// The stored integer, borrowed.
    #[must_use]
    pub const fn as_integer(&self) -> &i64 {
        &self.0
    }

    /// The number of units.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = Invalid;

    fn try_from(value: i64) -> Result<Self, Invalid> {
        if (1..=9_999).contains(&value) { Ok(Self(value)) } else { Err(Invalid("must be an integer from 1 to 9999")) }
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

/// The number of units in stock: 0 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct Stock(i64);

impl Stock {
    const MAX: i64 = 1_000_000_000;

    /// The number of units.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Stock {
    type Error = Invalid;

    fn try_from(value: i64) -> Result<Self, Invalid> {
        if (0..=Self::MAX).contains(&value) {
            Ok(Self(value))
        } else {
            Err(Invalid("must be an integer from 0 to 1000000000"))
        }
    }
}

/// A manual stock adjustment: -1,000,000,000 to 1,000,000,000, not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct StockDelta(i64);

impl StockDelta {
    /// The number of units; negative if stock is removed.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for StockDelta {
    type Error = Invalid;

    fn try_from(value: i64) -> Result<Self, Invalid> {
        if value != 0 && (-Stock::MAX..=Stock::MAX).contains(&value) {
            Ok(Self(value))
        } else {
            Err(Invalid("must be an integer from -1000000000 to 1000000000, not 0"))
        }
    }
}

/// How much of the stock the public sees. Exact numbers show every competitor how well something sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockShown {
    /// The number of units.
    Exact,
    /// The number of units up to [`StockShown::FEW`], which then stands for more.
    Few,
    /// 1 if there are any units, otherwise 0.
    Availability,
}

impl StockShown {
    /// The largest number that [`StockShown::Few`] shows.
    pub const FEW: i64 = 10;

    /// The number that is shown of so many units. There are at least as many.
    #[must_use]
    pub fn of(self, units: i64) -> i64 {
        match self {
            Self::Exact => units,
            Self::Few => units.min(Self::FEW),
            Self::Availability => units.min(1),
        }
    }

    /// Whether the number shown for so many units may stand for more.
    #[must_use]
    pub fn is_at_least(self, units: i64) -> bool {
        match self {
            Self::Exact => false,
            Self::Few => units >= Self::FEW,
            Self::Availability => units > 0,
        }
    }
}
