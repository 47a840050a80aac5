//! The JSON body of a callback, written by the platform and parsed by the shop's gateway.

use serde::{Deserialize, Deserializer, Serialize};

use super::trade::Trade;
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, TRADE_NO_LENGTH_MAX, is_printable_ascii};
use crate::gateway::{Event, Notification, Reject, WrongRecipient};

/// The only currency of the sandbox.
pub const CURRENCY: &str = "CNY";

/// The body of a callback. Unknown fields are ignored, because a platform may add some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The id of the event. It is the same in every delivery of the event.
    pub id: String,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The time of the event, in seconds since 1970-01-01 UTC.
    pub created: i64,
    /// The trade, or the refund, that the event is about.
    pub data: Data,
}

/// The type of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The trade was paid.
    #[serde(rename = "payment.succeeded")]
    Succeeded,
    /// The trade was declined.
    #[serde(rename = "payment.declined")]
    Declined,
    /// A refund was made.
    #[serde(rename = "refund.succeeded")]
    Refunded,
}

/// The trade, or the refund, in a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// The shop's id of the trade.
    pub out_trade_no: String,
    /// The platform's id of the trade.
    pub trade_no: String,
    /// The amount of the trade, or of the refund if there is an `out_request_no`. Not negative.
    #[serde(deserialize_with = "amount")]
    pub amount: Money,
    /// The currency's code.
    pub currency: String,
    /// The id of the merchant that receives the money.
    pub merchant_id: String,
    /// The shop's id of the refund; `None` if the event is not a refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_request_no: Option<String>,
}

/// Reads every amount that the platform can store, and none below zero.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    let text = String::deserialize(deserializer)?;
    // Shops may write fewer decimals.
    let amount = text.parse().or_else(|_| Money::parse_stored(&text)).map_err(serde::de::Error::custom)?;
    if amount < Money::ZERO { Err(serde::de::Error::custom("must not be negative")) } else { Ok(amount) }
}

impl Body {
    /// Creates the event `kind` of a trade. The event id depends only on the trade and `kind`, so a repeated event is
    /// recognised as a duplicate.
    #[must_use]
    pub fn new(kind: Kind, trade: &Trade, merchant_id: &str, at: Timestamp) -> Self {
        let suffix = match kind {
            Kind::Succeeded => "paid",
            Kind::Declined => "declined",
            Kind::Refunded => "refunded",
        };
        Self {
            id: format!("evt_{}_{suffix}", trade.trade_no),
            kind,
            created: at.unix_seconds(),
            data: Data {
                out_trade_no: trade.out_trade_no.clone(),
                trade_no: trade.trade_no.clone(),
                amount: trade.amount,
                currency: CURRENCY.to_owned(),
                merchant_id: merchant_id.to_owned(),
                out_request_no: None,
            },
        }
    }

    /// Creates the event of a refund.
    #[must_use]
    pub fn of_refund(trade: &Trade, out_request_no: &str, amount: Money, merchant_id: &str, at: Timestamp) -> Self {
        let mut body = Self::new(Kind::Refunded, trade, merchant_id, at);
        // A refund's id is unique only together with the trade's id.
        body.id = format!("evt_{}_{out_request_no}", trade.trade_no);
        body.data.amount = amount;
        body.data.out_request_no = Some(out_request_no.to_owned());
        body
    }

    /// Parses a body. The caller has verified its signature.
    ///
    /// # Errors
    /// [`Reject::Unreadable`] if the body is malformed, its type is unknown, or one of its ids cannot be stored.
    pub fn read(body: &[u8]) -> Result<Self, Reject> {
        let body: Self = serde_json::from_slice(body).map_err(|_| Reject::Unreadable)?;
        let refund_no = body.data.out_request_no.as_deref();
        let is_storable = is_printable_ascii(&body.id, EVENT_ID_LENGTH_MAX)
            && is_printable_ascii(&body.data.trade_no, TRADE_NO_LENGTH_MAX)
            && refund_no.is_none_or(|number| is_printable_ascii(number, EVENT_ID_LENGTH_MAX));
        if is_storable { Ok(body) } else { Err(Reject::Unreadable) }
    }

    /// Converts to a [`Notification`]. `merchant_id` is the shop's own.
    #[must_use]
    pub fn into_notification(self, merchant_id: &str) -> Notification {
        Notification {
            event_id: self.id,
            event: match self.kind {
                Kind::Succeeded => Event::Paid,
                Kind::Declined => Event::Closed,
                Kind::Refunded => Event::Refunded(self.data.out_request_no.unwrap_or_default()),
            },
            out_trade_no: self.data.out_trade_no,
            trade_no: self.data.trade_no,
            amount: self.data.amount,
            currency: self.data.currency,
            wrong_recipient: (self.data.merchant_id != merchant_id).then_some(WrongRecipient::Merchant),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = r#"{"id":"evt_sb1_paid","type":"payment.succeeded","created":1760000000,"livemode":false,
        "data":{"out_trade_no":"77","trade_no":"sb1","amount":"880.00","currency":"CNY","merchant_id":"m","fee":"0.01"}}"#;

    #[test]
    fn a_notification_is_parsed_and_unknown_fields_are_ignored() {
        let notification = Body::read(GOOD.as_bytes()).unwrap().into_notification("m");
        assert_eq!(
            (notification.event, notification.amount, notification.wrong_recipient),
            (Event::Paid, Money::from_minor(88_000), None)
        );
        assert_eq!((notification.event_id.as_str(), notification.out_trade_no.as_str()), ("evt_sb1_paid", "77"));
        assert_eq!(
            Body::read(GOOD.as_bytes()).unwrap().into_notification("n").wrong_recipient,
            Some(WrongRecipient::Merchant)
        );
    }

    #[test]
    fn a_malformed_body_is_unreadable() {
        for (from, to) in [
            ("payment.succeeded", "payment.exploded"),
            ("\"880.00\"", "880.0"),
            ("880.00", "-880.00"),
            ("880.00", "880.001"),
            ("\"trade_no\":\"sb1\",", ""),
            ("\"id\"", "\"di\""),
            ("1760000000", "\"now\""),
            ("\"currency\":\"CNY\"", "\"currency\":\"CNY\",\"currency\":\"USD\""),
            ("}}", "}"),
            ("evt_sb1_paid", ""),
            ("evt_sb1_paid", "evt\\u0000"),
            ("evt_sb1_paid", &"e".repeat(65)),
            ("\"sb1\"", "\"s b1\""),
            ("\"sb1\"", "\"s\\u0000\""),
            ("\"sb1\"", &format!("\"{}\"", "t".repeat(59))),
        ] {
            let bad = GOOD.replace(from, to);
            assert_ne!(bad, GOOD);
            assert_eq!(Body::read(bad.as_bytes()), Err(Reject::Unreadable), "{bad}");
        }
        assert_eq!(Body::read(b"\xff\xfe"), Err(Reject::Unreadable));
        assert_eq!(Body::read(b""), Err(Reject::Unreadable));
    }

    proptest! {
        #[test]
        fn every_amount_of_a_trade_is_read_back(minor in 0..=i64::MAX, created in any::<i64>()) {
            let mut body = Body::read(GOOD.as_bytes()).unwrap();
            (body.data.amount, body.created) = (Money::from_minor(minor), created);
            prop_assert_eq!(Body::read(&serde_json::to_vec(&body).unwrap()), Ok(body));
        }
    }

    #[test]
    fn a_serialized_body_parses_back() {
        let body = Body::read(GOOD.as_bytes()).unwrap();
        assert_eq!(Body::read(&serde_json::to_vec(&body).unwrap()).unwrap(), body);
    }
}
