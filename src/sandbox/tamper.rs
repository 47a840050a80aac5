//! Signs callbacks, and injects the defect that was asked for.

use super::message::Tamper;
use super::notification::Body;
use super::signature::{Key, SKEW_S};
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;

/// A signed callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedWebhook {
    /// The signature header.
    pub signature: String,
    /// The raw body.
    pub body: Vec<u8>,
}

/// Serializes `event` and signs it with the time `now`, with the defect `tamper` if there is one.
///
/// # Errors
/// If the event cannot be serialized, which is a bug.
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
        Some(Tamper::Order) => data.out_trade_no = another_id(&data.out_trade_no).to_owned(),
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

/// An id that differs from `out_trade_no` and belongs to no payment. An id close to the real one could belong to
/// another payment.
fn another_id(out_trade_no: &str) -> &'static str {
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

    /// Signs with the defect `tamper`, then verifies and parses; `None` if the signature is not valid.
    fn received(tamper: Option<Tamper>) -> Option<Notification> {
        let key = Key::new("a secret of the tests").unwrap();
        let webhook = sign_webhook(&event(), tamper, &key, NOW).unwrap();
        key.verify(&webhook.signature, &webhook.body, NOW)
            .is_ok()
            .then(|| Body::read(&webhook.body).unwrap().into_notification("m"))
    }

    #[test]
    fn a_callback_is_correct_without_tampering() {
        assert_eq!(received(None), Some(event().into_notification("m")));
    }

    #[test]
    fn a_wrong_key_or_an_old_timestamp_does_not_verify() {
        assert_eq!(received(Some(Tamper::Signature)), None);
        assert_eq!(received(Some(Tamper::Timestamp)), None);
    }

    #[test]
    fn the_other_defects_verify_and_change_one_field() {
        let correct = event().into_notification("m");
        let amount = Notification { amount: Money::from_minor(88_001), ..correct.clone() };
        let order = Notification { out_trade_no: "1".to_owned(), ..correct.clone() };
        let merchant = Notification { wrong_recipient: Some(crate::gateway::WrongRecipient::Merchant), ..correct };
        assert_eq!(received(Some(Tamper::Amount)), Some(amount));
        assert_eq!(received(Some(Tamper::Order)), Some(order));
        assert_eq!(received(Some(Tamper::Merchant)), Some(merchant));
    }
}
