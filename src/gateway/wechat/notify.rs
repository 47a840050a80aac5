//! Notices of WeChat Pay: signed around, sealed inside.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::account::MerchantAccount;
use super::refund::RefundNotification;
use super::trade::{Trade, fits};
use crate::domain::clock::Timestamp;
use crate::gateway::{Event, Notification, Reject};

/// Our column takes so many characters; WeChat Pay's ids have 36.
const EVENT_ID_MAX: usize = 64;
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

/// Reads a notice: its signature over the bytes as they came, then what they say, then what is sealed in it. None: it
/// is WeChat Pay's, and tells nothing of a payment.
///
/// # Errors
/// [`Reject`].
pub fn read(
    account: &MerchantAccount,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Result<Option<Notification>, Reject> {
    account.keys.verify(header, body, now)?;
    let Envelope { id, event_type, resource } = parse(body)?;
    if !fits(&id, EVENT_ID_MAX) {
        return Err(Reject::Unreadable);
    }
    if resource.algorithm != ALGORITHM {
        return Err(Reject::Algorithm);
    }
    let associated = resource.associated_data.as_deref().unwrap_or_default();
    let content = account.seal.open(&resource.nonce, associated, &resource.ciphertext)?;
    let notice = match (event_type.as_str(), resource.original_type.as_deref()) {
        ("TRANSACTION.SUCCESS", Some("transaction")) => paid(account, id, parse(&content)?),
        ("REFUND.SUCCESS" | "REFUND.CLOSED" | "REFUND.ABNORMAL", Some("refund")) => {
            let kind = event_type.trim_start_matches("REFUND.");
            parse::<RefundNotification>(&content)?.into_notification(account, id, kind)
        }
        ("TRANSACTION.SUCCESS" | "REFUND.SUCCESS" | "REFUND.CLOSED" | "REFUND.ABNORMAL", _) => None,
        _ => {
            tracing::info!(event_id = id, event_type = ?event_type, "a notice of WeChat Pay that is not of a payment");
            return Ok(None);
        }
    };
    notice.map(Some).ok_or(Reject::Unreadable)
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

/// A member that is there twice is refused: nobody knows which is meant.
fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Reject> {
    serde_json::from_slice(json).map_err(|_| Reject::Unreadable)
}
