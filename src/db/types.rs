//! How the domain's values are stored. A number no state has fails its row: nothing is guessed.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Integer};

use crate::domain::clock::Timestamp;
use crate::domain::id::Id;
use crate::domain::money::Money;
use crate::domain::status::{Direction, OrderStatus, PayStatus, Role, ShippingStatus};

impl<T, B: Backend> ToSql<BigInt, B> for Id<T>
where
    i64: ToSql<BigInt, B>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, B>) -> serialize::Result {
        self.as_integer().to_sql(out)
    }
}

impl<T, B: Backend> FromSql<BigInt, B> for Id<T>
where
    i64: FromSql<BigInt, B>,
{
    fn from_sql(value: B::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(value).map(Self::new)
    }
}

/// A newtype over a 64-bit integer, stored as one.
macro_rules! stored_as_bigint {
    ($($type:ident),*) => {$(
        impl<B: Backend> ToSql<BigInt, B> for $type where i64: ToSql<BigInt, B> {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, B>) -> serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<B: Backend> FromSql<BigInt, B> for $type where i64: FromSql<BigInt, B> {
            fn from_sql(value: B::RawValue<'_>) -> deserialize::Result<Self> {
                i64::from_sql(value).map(Self)
            }
        }
    )*};
}
stored_as_bigint!(Money, Timestamp);

/// An enumeration stored as the integers of the original's tables: each state and its number, once.
macro_rules! stored_as_integer {
    ($($type:ident { $($state:ident = $number:literal),* })*) => {$(
        impl $type {
            /// The integer that is stored.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self { $(Self::$state => $number),* }
            }
        }

        impl<B: Backend> ToSql<Integer, B> for $type where i32: ToSql<Integer, B> {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, B>) -> serialize::Result {
                match self { $(Self::$state => ToSql::<Integer, B>::to_sql(&$number, out)),* }
            }
        }

        impl<B: Backend> FromSql<Integer, B> for $type where i32: FromSql<Integer, B> {
            fn from_sql(value: B::RawValue<'_>) -> deserialize::Result<Self> {
                match i32::from_sql(value)? {
                    $($number => Ok(Self::$state),)*
                    other => Err(format!("{other} is no {}", stringify!($type)).into()),
                }
            }
        }
    )*};
}
stored_as_integer! {
    OrderStatus { Unconfirmed = 0, Confirmed = 1, Cancelled = 2, Invalid = 3, Refunded = 4 }
    PayStatus { Unpaid = 0, Paying = 1, Paid = 2 }
    ShippingStatus { Unshipped = 0, Shipped = 1, Received = 2 }
    Role { Customer = 0, Admin = 1 }
    Direction { Forward = 1, Back = 2 }
}
