//! The contract of messages between owners: topics, tags, consumer groups and bodies. Owners depend on this module and
//! not on each other. Rows with these tags and bodies outlive an upgrade, so a tag or a field never changes its
//! meaning.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::id::{CouponId, GoodsId, OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::returned::Units;
use crate::domain::status::RefundState;

/// A kind of message and its consumer groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// The topic, for example `order`.
    pub topic: &'static str,
    /// The event within the topic, for example `paid`.
    pub tag: &'static str,
    /// The consumer groups. The outbox holds one row per message and group.
    pub groups: &'static [&'static str],
}

/// An order failed or was cancelled. The body is [`ReservationsReleased`].
pub const ORDER_CANCELLED: Topic = Topic { topic: "order", tag: "cancel", groups: &["goods", "coupon", "user"] };
/// An order was refunded in full before it was shipped. The body is [`ReservationsReleased`].
pub const ORDER_REFUNDED: Topic =
    Topic { topic: "order", tag: "refund", groups: &["goods", "coupon", "user", "points"] };
/// An order was refunded in full after it was shipped, so the stock is not released. The body is
/// [`ReservationsReleased`].
pub const ORDER_REFUNDED_SHIPPED: Topic =
    Topic { topic: "order", tag: "refund", groups: &["coupon", "user", "points"] };

/// The reservations an order may hold. Each owner releases those it has made for the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationsReleased {
    /// Id of the order.
    pub order_id: OrderId,
    /// Id of the customer.
    pub user_id: UserId,
    /// Id of the order's coupon, if any.
    pub coupon_id: Option<CouponId>,
    /// Ids of the ordered goods.
    pub goods: Vec<GoodsId>,
}

/// An order is paid. The body is [`Paid`]. Pay reports every payment to Order; only Order decides which one pays the
/// order.
pub const ORDER_PAID: Topic = Topic { topic: "order", tag: "paid", groups: &["points"] };

/// A payment must be refunded, because a refund was requested or because the order cannot accept the payment. The body
/// is [`RefundRequested`].
pub const ORDER_REFUND_REQUESTED: Topic = Topic { topic: "order", tag: "repay", groups: &["pay"] };

/// The body of [`ORDER_REFUND_REQUESTED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequested {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Id of the order.
    pub order_id: OrderId,
    /// Id of the payment to refund. `None` means the payment that is paid, if the order does not know its id.
    pub pay_id: Option<PayId>,
    /// Amount to refund.
    #[serde(flatten, with = "amount")]
    pub amount: Money,
    /// Reason of the refund, for operators.
    pub reason: String,
    /// Words for the customer and the platform; `None` if there are none, and in messages of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A payment is paid. The body is [`Paid`]. Earlier releases also sent it to `pay_log`, Pay itself.
pub const PAYMENT_PAID: Topic = Topic { topic: "payment", tag: "paid", groups: &["order"] };

/// The body of [`PAYMENT_PAID`] and [`ORDER_PAID`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// Id of the payment.
    pub pay_id: PayId,
    /// Id of the order it pays.
    pub order_id: OrderId,
    /// Id of the customer.
    pub user_id: UserId,
    /// Amount of the payment.
    pub pay_amount: Money,
}

/// The stored form of [`Paid`], with its amount as in all bodies. The most frequent of them is read without the buffer
/// that a flattened field needs.
#[derive(Serialize, Deserialize)]
struct StoredPaid<'a> {
    pay_id: PayId,
    order_id: OrderId,
    user_id: UserId,
    #[serde(borrow)]
    pay_amount: Cow<'a, str>,
    #[serde(default)]
    pay_amount_minor: Option<i64>,
}

impl Serialize for Paid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { pay_id, order_id, user_id, pay_amount } = *self;
        let pay_amount_minor = Some(pay_amount.minor());
        let pay_amount = pay_amount.to_string().into();
        StoredPaid { pay_id, order_id, user_id, pay_amount, pay_amount_minor }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Paid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredPaid::deserialize(deserializer)?;
        let StoredPaid { pay_id, order_id, user_id, .. } = stored;
        let pay_amount = amount_from_stored(&stored.pay_amount, stored.pay_amount_minor)?;
        Ok(Self { pay_id, order_id, user_id, pay_amount })
    }
}

/// An amount from its stored form: in minor units, or as text in messages of earlier releases.
fn amount_from_stored<E: serde::de::Error>(text: &str, minor: Option<i64>) -> Result<Money, E> {
    minor.map_or_else(|| Money::parse_stored(text).map_err(E::custom), |minor| Ok(Money::from_minor(minor)))
}

/// The last open payment of an order has ended without being paid. The body is [`PaymentEnded`].
pub const PAYMENT_ENDED: Topic = Topic { topic: "payment", tag: "ended", groups: &["order"] };

/// The body of [`PAYMENT_ENDED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEnded {
    /// Id of the payment that has ended.
    pub pay_id: PayId,
    /// Id of the order.
    pub order_id: OrderId,
    /// The latest of the order's starts that has reached Pay; 0 if all were by earlier releases.
    pub start_no: i32,
}

/// The status of a refund of a payment has changed, or the platform has made a refund by itself. The body is
/// [`RefundReported`]. Only Order decides what it means for the order.
pub const PAYMENT_REFUND: Topic = Topic { topic: "payment", tag: "refund", groups: &["order"] };

/// The body of [`PAYMENT_REFUND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundReported {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Id of the refunded payment.
    pub pay_id: PayId,
    /// Id of the order.
    pub order_id: OrderId,
    /// Amount of the refund.
    #[serde(flatten, with = "amount")]
    pub amount: Money,
    /// The status after the change.
    pub status: RefundState,
    /// Number of changes of the status so far. A message with a lower number than a known one is outdated.
    pub revision: i32,
    /// The platform's own number if the platform has made the refund by itself; `None` if the shop requested it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_no: Option<String>,
}

/// A refund is done with which an operator returned units to the stock. The body is [`GoodsReturned`].
pub const ORDER_GOODS_RETURNED: Topic = Topic { topic: "order", tag: "goods_returned", groups: &["goods"] };

/// The body of [`ORDER_GOODS_RETURNED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoodsReturned {
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Id of the order.
    pub order_id: OrderId,
    /// The units that go back into stock, by line of the order. Goods returns no more than the order still holds.
    pub units: Vec<Units>,
}

/// Part of the paid amount has been refunded. The body is [`PartRefunded`].
pub const ORDER_REFUNDED_PART: Topic = Topic { topic: "order", tag: "refund_part", groups: &["points"] };

/// The body of [`ORDER_REFUNDED_PART`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRefunded {
    /// Id of the refund that was made.
    pub refund_id: RefundId,
    /// Id of the order.
    pub order_id: OrderId,
    /// Id of the customer.
    pub user_id: UserId,
    /// Amount that was paid on the platform.
    #[serde(flatten, with = "pay_amount")]
    pub pay_amount: Money,
    /// Sum of the refunds so far, this one included.
    #[serde(flatten, with = "refunded")]
    pub refunded: Money,
}

/// Generates the stored form of an amount: `$minor`, an integer of minor units, which is read; and `$text`, which earlier
/// releases write and read. Their nodes may run beside this one during an upgrade, and their messages may be in flight.
macro_rules! stored_amount {
    ($text:ident, $minor:ident) => {
        mod $text {
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            use crate::domain::money::Money;

            #[derive(Serialize, Deserialize)]
            struct Stored {
                $text: String,
                #[serde(default)]
                $minor: Option<i64>,
            }

            pub fn serialize<S: Serializer>(amount: &Money, serializer: S) -> Result<S::Ok, S::Error> {
                Stored { $text: amount.to_string(), $minor: Some(amount.minor()) }.serialize(serializer)
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
                let stored = Stored::deserialize(deserializer)?;
                super::amount_from_stored(&stored.$text, stored.$minor)
            }
        }
    };
}

stored_amount!(amount, amount_minor);
stored_amount!(pay_amount, pay_amount_minor);
stored_amount!(refunded, refunded_minor);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::domain::id::Id;

    fn is_read_back<T: Serialize + DeserializeOwned + PartialEq>(body: &T) -> bool {
        serde_json::from_str::<T>(&serde_json::to_string(body).unwrap()).unwrap() == *body
    }

    fn id<K: 'static>() -> impl Strategy<Value = Id<K>> {
        (1..=i64::MAX).prop_map(Id::new)
    }

    #[test]
    fn messages_of_earlier_releases_are_read() {
        let paid = r#"{"pay_id":"3","order_id":"2","user_id":"1","pay_amount":"19998000000.00"}"#;
        let paid: Paid = serde_json::from_str(paid).unwrap();
        assert_eq!((paid.pay_id, paid.pay_amount), (Id::new(3), Money::from_minor(1_999_800_000_000)));
        let refund = r#"{"refund_id":"4","order_id":"2","pay_id":null,"amount":"0.05","reason":"damaged"}"#;
        let refund: RefundRequested = serde_json::from_str(refund).unwrap();
        assert_eq!((refund.refund_id, refund.amount), (Id::new(4), Money::from_minor(5)));
        for bad in [r#""pay_amount":"1.5""#, r#""pay_amount":5"#, r#""pay_amount_minor":5"#] {
            let body = format!(r#"{{"pay_id":"3","order_id":"2","user_id":"1",{bad}}}"#);
            serde_json::from_str::<Paid>(&body).unwrap_err();
        }
    }

    #[test]
    fn earlier_releases_read_the_text_of_an_amount() {
        let pay_amount = Money::from_minor(88_000);
        let paid = Paid { pay_id: Id::new(3), order_id: Id::new(2), user_id: Id::new(1), pay_amount };
        let expected = r#"{"pay_id":"3","order_id":"2","user_id":"1","pay_amount":"880.00","pay_amount_minor":88000}"#;
        assert_eq!(serde_json::to_string(&paid).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn every_payment_is_read_back(pay_id in id(), order_id in id(), user_id in id(), minor in any::<i64>()) {
            let paid = Paid { pay_id, order_id, user_id, pay_amount: Money::from_minor(minor) };
            prop_assert!(is_read_back(&paid));
        }

        #[test]
        fn every_refund_is_read_back(
            refund_id in id(),
            order_id in id(),
            pay_id in prop::option::of(id()),
            minor in any::<i64>(),
            reason in any::<String>(),
            message in prop::option::of(any::<String>()),
        ) {
            let amount = Money::from_minor(minor);
            let refund = RefundRequested { refund_id, order_id, pay_id, amount, reason, message };
            prop_assert!(is_read_back(&refund));
        }

        #[test]
        fn every_report_of_a_refund_is_read_back(
            refund_id in id(),
            pay_id in id(),
            order_id in id(),
            minor in any::<i64>(),
            status in prop::sample::select(vec![
                RefundState::Pending, RefundState::Done, RefundState::Parked, RefundState::Dismissed,
            ]),
            revision in any::<i32>(),
            foreign_no in prop::option::of(any::<String>()),
        ) {
            let amount = Money::from_minor(minor);
            let report = RefundReported { refund_id, pay_id, order_id, amount, status, revision, foreign_no };
            prop_assert!(is_read_back(&report));
        }

        #[test]
        fn every_end_of_a_payment_is_read_back(pay_id in id(), order_id in id(), start_no in any::<i32>()) {
            let ended = PaymentEnded { pay_id, order_id, start_no };
            prop_assert!(is_read_back(&ended));
        }

        #[test]
        fn every_refund_of_a_part_is_read_back(
            refund_id in id(),
            order_id in id(),
            user_id in id(),
            paid in any::<i64>(),
            refunded in any::<i64>(),
        ) {
            let (pay_amount, refunded) = (Money::from_minor(paid), Money::from_minor(refunded));
            let part = PartRefunded { refund_id, order_id, user_id, pay_amount, refunded };
            prop_assert!(is_read_back(&part));
        }

        #[test]
        fn every_return_of_goods_is_read_back(
            refund_id in id(),
            order_id in id(),
            units in prop::collection::vec((id(), 1..=9_999_i64), 0..=100),
        ) {
            let unit = |(goods_id, number): (_, i64)| Units { goods_id, goods_number: number.try_into().unwrap() };
            let units = units.into_iter().map(unit).collect();
            let returned = GoodsReturned { refund_id, order_id, units };
            prop_assert!(is_read_back(&returned));
        }

        #[test]
        fn every_release_is_read_back(
            order_id in id(),
            user_id in id(),
            coupon_id in prop::option::of(id()),
            goods in prop::collection::vec(id(), 0..=100),
        ) {
            let released = ReservationsReleased { order_id, user_id, coupon_id, goods };
            prop_assert!(is_read_back(&released));
        }
    }
}
