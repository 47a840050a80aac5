//! Conversions between domain values and columns. An integer without a corresponding variant is an error; there is no
//! default.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;

use crate::domain::clock::Timestamp;
use crate::domain::id::Id;
use crate::domain::money::Money;
use crate::domain::quantity::Quantity;
use crate::domain::status::{
    AuthorKind, ChargeState, ConsumerStatus, CouponUse, DeliveryStatus, Direction, IsPaid, MessageStatus, OrderStatus,
    PayStatus, RefundState, Role, SaleStatus, ShippingStatus, Verdict,
};

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

/// Implements storage of newtypes over a 64-bit integer as a BIGINT column.
macro_rules! stored_as_bigint {
    ($($type:ident),*) => {$(
        impl<B: Backend> ToSql<BigInt, B> for $type where i64: ToSql<BigInt, B> {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, B>) -> serialize::Result {
                self.as_integer().to_sql(out)
            }
        }

        impl<B: Backend> FromSql<BigInt, B> for $type where i64: FromSql<BigInt, B> {
            fn from_sql(value: B::RawValue<'_>) -> deserialize::Result<Self> {
                i64::from_sql(value).map(Self::from_integer)
            }
        }
    )*};
}
stored_as_bigint!(Money, Timestamp);

impl<B: Backend> ToSql<BigInt, B> for Quantity
where
    i64: ToSql<BigInt, B>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, B>) -> serialize::Result {
        self.as_integer().to_sql(out)
    }
}

impl<B: Backend> FromSql<BigInt, B> for Quantity
where
    i64: FromSql<BigInt, B>,
{
    fn from_sql(value: B::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::try_from(i64::from_sql(value)?)?)
    }
}

/// Implements storage of enumerations as an INTEGER column. Lists each variant with its number:
/// `stored_as_integer! { Role { Customer = 0, Admin = 1 } }`
#[macro_export]
macro_rules! stored_as_integer {
    ($($type:ident { $($variant:ident = $number:literal),* })*) => {$(
        impl $type {
            /// The stored integer.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self { $(Self::$variant => $number),* }
            }
        }

        impl<B: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Integer, B> for $type
        where
            i32: diesel::serialize::ToSql<diesel::sql_types::Integer, B>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, B>,
            ) -> diesel::serialize::Result {
                match self {
                    $(Self::$variant => {
                        diesel::serialize::ToSql::<diesel::sql_types::Integer, B>::to_sql(&$number, out)
                    })*
                }
            }
        }

        impl<B: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Integer, B> for $type
        where
            i32: diesel::deserialize::FromSql<diesel::sql_types::Integer, B>,
        {
            fn from_sql(value: B::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                match i32::from_sql(value)? {
                    $($number => Ok(Self::$variant),)*
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
    CouponUse { Unused = 0, Used = 1 }
    SaleStatus { OffSale = 0, OnSale = 1 }
    IsPaid { No = 1, Yes = 2 }
    RefundState { Pending = 0, Done = 1, Parked = 2, Dismissed = 3 }
    ChargeState { Parked = 0, Returned = 1, Accepted = 2, Dismissed = 3 }
    Verdict { Accepted = 1, Rejected = 2 }
    MessageStatus { Pending = 0, Done = 1, Dead = 2 }
    ConsumerStatus { Processing = 0, Done = 1, Failed = 2 }
    DeliveryStatus { Pending = 0, Delivered = 1, Failed = 2 }
    AuthorKind { Shop = 0, Customer = 1, Admin = 2 }
}
