//! Verifies, decrypts and parses WeChat Pay's notifications: a signed envelope with encrypted content.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::account::MerchantAccount;
use super::refund::RefundNotification;
use super::trade::Trade;
use crate::domain::clock::Timestamp;
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, is_printable_ascii};
use crate::gateway::{Event, Notification, Reject};

const ALGORITHM: &str = "AEAD_AES_256_GCM";

#[derive(Deserialize)]
struct Envelope {
    id: String,
    event_type: String,
    resource: Resource,
}

#[derive(Deserialize)]
struct Resource {
    original_type: Option<String>,
    algorithm: String,
    ciphertext: String,
    associated_data: Option<String>,
    nonce: String,
}

/// Verifies the signature over the raw body, then parses the envelope, decrypts the content and parses that. `Ok(None)`
/// if the notification is authentic but not about a payment or refund.
///
/// # Errors
/// [`Reject`] if the notification is not authentic or is malformed.
pub fn read(
    account: &MerchantAccount,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Result<Option<Notification>, Reject> {
    let verified = account.keys.verify(header, body, now);
    if let (Err(Reject::UnknownKey), Some(schedule)) = (verified, &account.schedule) {
        // The notification is refused. WeChat Pay sends it again, and by then the next call has fetched the certificate.
        schedule.hasten();
    }
    verified?;
    let Envelope { id, event_type, resource } = parse(body)?;
    if !is_printable_ascii(&id, EVENT_ID_LENGTH_MAX) {
        return Err(Reject::Unreadable);
    }
    if resource.algorithm != ALGORITHM {
        return Err(Reject::Algorithm);
    }
    let associated = resource.associated_data.as_deref().unwrap_or_default();
    let content = account.content_key.open(&resource.nonce, associated, &resource.ciphertext)?;
    let notification = match (event_type.as_str(), resource.original_type.as_deref()) {
        ("TRANSACTION.SUCCESS", Some("transaction")) => paid(account, id, parse(&content)?),
        ("REFUND.SUCCESS" | "REFUND.CLOSED" | "REFUND.ABNORMAL", Some("refund")) => {
            let kind = event_type.trim_start_matches("REFUND.");
            parse::<RefundNotification>(&content)?.into_notification(account, id, kind)
        }
        ("TRANSACTION.SUCCESS" | "REFUND.SUCCESS" | "REFUND.CLOSED" | "REFUND.ABNORMAL", _) => None,
        _ => {
            tracing::info!(event_id = id, event_type = ?event_type, "ignored a notification about something else");
            return Ok(None);
        }
    };
    notification.map(Some).ok_or(Reject::Unreadable)
}

fn paid(account: &MerchantAccount, event_id: String, trade: Trade) -> Option<Notification> {
    if !trade.is_success() {
        return None;
    }
    let out_trade_no = trade.out_trade_no.clone();
    let charge = trade.charge(account)?;
    Some(Notification {
        event_id,
        event: Event::Paid,
        out_trade_no,
        trade_no: charge.trade_no,
        amount: charge.amount,
        currency: charge.currency,
        wrong_recipient: charge.wrong_recipient,
    })
}

/// Parses JSON. A repeated member is an error, because its value is ambiguous.
fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Reject> {
    serde_json::from_slice(json).map_err(|_| Reject::Unreadable)
}
