//! What the courier sends: a callback, signed, with what is to be wrong with it.

use super::message::Tamper;
use super::notification::Body;
use super::signature::{Key, SKEW_S};
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;

/// A callback ready to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedWebhook {
    /// The signature header.
    pub signature: String,
    /// The raw body.
    pub body: Vec<u8>,
}

/// Writes and signs `event` at `now`, after doing to it what was asked for.
///
/// # Errors
/// Where the event cannot be written as JSON, which is a bug.
pub fn sign_webhook(
    event: &Body,
    tamper: Option<Tamper>,
    key: &Key,
    now: Timestamp,
) -> Result<SignedWebhook, serde_json::Error> {
    let mut event = event.clone();
    let data = &mut event.data;
    match tamper {
        Some(Tamper::Amount) => data.amount = data.amount.checked_add(Money::from_minor(1)).unwrap_or_default(),
        Some(Tamper::Order) => data.out_trade_no = another_number(&data.out_trade_no).to_owned(),
        Some(Tamper::Merchant) => data.merchant_id.push_str("-other"),
        Some(Tamper::Signature | Tamper::Timestamp) | None => {}
    }
    let body = serde_json::to_vec(&event)?;
    let signature = match tamper {
        Some(Tamper::Signature) => Key::foreign().sign(&body, now),
        Some(Tamper::Timestamp) => {
            key.sign(&body, now.minus(std::time::Duration::from_secs(SKEW_S.unsigned_abs() + 1)))
        }
        Some(Tamper::Amount | Tamper::Order | Tamper::Merchant) | None => key.sign(&body, now),
    };
    Ok(SignedWebhook { signature, body })
}

/// A number no payment has: a neighbour of the real one could be somebody's.
fn another_number(out_trade_no: &str) -> &'static str {
    if out_trade_no == "1" { "2" } else { "1" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Notification;

    const NOW: Timestamp = Timestamp(1_760_000_000_999);

    fn event() -> Body {
        let text = r#"{"id":"evt_sb1_paid","type":"payment.succeeded","created":1760000000,
            "data":{"out_trade_no":"77","trade_no":"sb1","amount":"880.00","currency":"CNY","merchant_id":"m"}}"#;
        Body::read(text.as_bytes()).unwrap()
    }

    /// Whether the signature is good, and what is read where it is.
    fn arrives(tamper: Option<Tamper>) -> Option<Notification> {
        let key = Key::new("a secret of the tests").unwrap();
        let sign_webhook = sign_webhook(&event(), tamper, &key, NOW).unwrap();
        key.verifies(&sign_webhook.signature, &sign_webhook.body, NOW)
            .then(|| Body::read(&sign_webhook.body).unwrap().into_notification("m"))
    }

    #[test]
    fn nothing_is_wrong_unless_asked_for() {
        assert_eq!(arrives(None), Some(event().into_notification("m")));
    }

    #[test]
    fn a_wrong_key_or_an_old_stamp_does_not_verify() {
        assert_eq!(arrives(Some(Tamper::Signature)), None);
        assert_eq!(arrives(Some(Tamper::Timestamp)), None);
    }

    #[test]
    fn each_other_wrong_verifies_and_differs_in_one_thing() {
        let right = event().into_notification("m");
        let amount = Notification { amount: Money::from_minor(88_001), ..right.clone() };
        let order = Notification { out_trade_no: "1".to_owned(), ..right.clone() };
        let merchant = Notification { wrong_recipient: Some(crate::gateway::WrongRecipient::Merchant), ..right };
        assert_eq!(arrives(Some(Tamper::Amount)), Some(amount));
        assert_eq!(arrives(Some(Tamper::Order)), Some(order));
        assert_eq!(arrives(Some(Tamper::Merchant)), Some(merchant));
    }
}
