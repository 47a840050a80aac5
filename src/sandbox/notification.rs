//! The JSON of a callback, as the platform writes it and the shop reads it.

use serde::{Deserialize, Serialize};

use super::trade::Trade;
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::gateway::{Event, Notification, Reject, WrongRecipient};

/// The one currency of the sandbox.
pub const CURRENCY: &str = "CNY";

/// A callback's body. Fields it does not know are left alone: a platform may add some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The event's id, the same in every delivery of it.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// When, in seconds since 1970.
    pub created: i64,
    /// To what.
    pub data: Data,
}

/// What happened to a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// It was paid.
    #[serde(rename = "payment.succeeded")]
    Succeeded,
    /// It was declined.
    #[serde(rename = "payment.declined")]
    Declined,
    /// Money went back.
    #[serde(rename = "refund.succeeded")]
    Refunded,
}

/// The trade of a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// The shop's number of it.
    pub out_trade_no: String,
    /// The platform's.
    pub trade_no: String,
    /// What is paid.
    pub amount: Money,
    /// In which currency.
    pub currency: String,
    /// To whom.
    pub merchant_id: String,
    /// The shop's number of the refund, where it is one; the amount is the refund's then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_request_no: Option<String>,
}

impl Body {
    /// What there is to tell of a trade. Its id follows from the trade alone, so that telling it again is a duplicate.
    #[must_use]
    pub fn new(kind: Kind, trade: &Trade, merchant_id: &str, at: Timestamp) -> Self {
        let what = match kind {
            Kind::Succeeded => "paid",
            Kind::Declined => "declined",
            Kind::Refunded => "refunded",
        };
        Self {
            id: format!("evt_{}_{what}", trade.trade_no),
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

    /// What there is to tell of a refund.
    #[must_use]
    pub fn of_refund(trade: &Trade, out_request_no: &str, amount: Money, merchant_id: &str, at: Timestamp) -> Self {
        let mut body = Self::new(Kind::Refunded, trade, merchant_id, at);
        // The shop's numbers of refunds are its own: together with the trade's they are unique.
        body.id = format!("evt_{}_{out_request_no}", trade.trade_no);
        body.data.amount = amount;
        body.data.out_request_no = Some(out_request_no.to_owned());
        body
    }

    /// Reads a body whose signature is good.
    ///
    /// # Errors
    /// [`Reject::Unreadable`] where it is not of this form, or of a type we do not know.
    pub fn read(body: &[u8]) -> Result<Self, Reject> {
        serde_json::from_slice(body).map_err(|_| Reject::Unreadable)
    }

    /// In the shop's words; `merchant_id` is who we are.
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
    use super::*;

    const GOOD: &str = r#"{"id":"evt_sb1_paid","type":"payment.succeeded","created":1760000000,"livemode":false,
        "data":{"out_trade_no":"77","trade_no":"sb1","amount":"880.00","currency":"CNY","merchant_id":"m","fee":"0.01"}}"#;

    #[test]
    fn a_notice_is_read_and_fields_we_do_not_know_are_left_alone() {
        let notice = Body::read(GOOD.as_bytes()).unwrap().into_notification("m");
        assert_eq!(
            (notice.event, notice.amount, notice.wrong_recipient),
            (Event::Paid, Money::from_minor(88_000), None)
        );
        assert_eq!((notice.event_id.as_str(), notice.out_trade_no.as_str()), ("evt_sb1_paid", "77"));
        assert_eq!(
            Body::read(GOOD.as_bytes()).unwrap().into_notification("n").wrong_recipient,
            Some(WrongRecipient::Merchant)
        );
    }

    #[test]
    fn what_is_not_of_this_form_is_unreadable() {
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
        ] {
            let bad = GOOD.replace(from, to);
            assert_ne!(bad, GOOD);
            assert_eq!(Body::read(bad.as_bytes()), Err(Reject::Unreadable), "{bad}");
        }
        assert_eq!(Body::read(b"\xff\xfe"), Err(Reject::Unreadable));
        assert_eq!(Body::read(b""), Err(Reject::Unreadable));
    }

    #[test]
    fn what_is_written_can_be_read() {
        let body = Body::read(GOOD.as_bytes()).unwrap();
        assert_eq!(Body::read(&serde_json::to_vec(&body).unwrap()).unwrap(), body);
    }
}
