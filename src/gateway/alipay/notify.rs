//! Verifies and parses Alipay's notifications: URL-encoded forms with the signature among the fields.

use std::collections::BTreeMap;

use super::account::MerchantAccount;
use super::{amount, sign};
use crate::domain::money::{CURRENCY, Money};
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, TRADE_NO_LENGTH_MAX, is_printable_ascii};
use crate::gateway::{Event, Notification, Reject};

/// The fields that the signature does not cover. Some notifications that are not about trades include `sign_type` in
/// the signature; the shop receives none of those.
const UNSIGNED: [&str; 2] = ["sign", "sign_type"];
/// The only supported signature scheme. A notification cannot choose another.
const SIGN_TYPE: &str = "RSA2";
const CHARSET: &str = "utf-8";

/// The fields of a notification. Empty fields are dropped, because the signature does not cover them and so anyone
/// could add one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Decodes a URL-encoded body. Values are not trimmed, because trailing blanks are signed.
    ///
    /// # Errors
    /// [`Reject::Duplicate`] if a field is repeated.
    pub fn read(body: &[u8]) -> Result<Self, Reject> {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Reject::Duplicate);
            }
        }
        fields.retain(|_, value| !value.is_empty());
        Ok(Self(fields))
    }

    /// The value of a field; `None` if it is missing or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text that the signature covers.
    #[must_use]
    pub fn canonical(&self) -> String {
        sign::canonical(self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())), &UNSIGNED)
    }

    /// Whether some value contains the field `name`. The signature is also valid if two fields are merged into one
    /// value.
    fn is_embedded(&self, name: &str) -> bool {
        let embedded = format!("&{name}=");
        self.0.values().any(|value| value.contains(&embedded))
    }

    fn amount(&self, name: &str) -> Result<Money, Reject> {
        self.get(name).and_then(amount::read).ok_or(Reject::Unreadable)
    }

    fn id(&self, name: &str, length_max: usize) -> Result<String, Reject> {
        let id = self.get(name).filter(|text| is_printable_ascii(text, length_max));
        id.map(str::to_owned).ok_or(Reject::Unreadable)
    }
}

/// Verifies and parses a notification; `Ok(None)` if it only says that the customer is about to pay.
///
/// # Errors
/// [`Reject`] if it is not authentic or is malformed.
pub fn read(account: &MerchantAccount, body: &[u8]) -> Result<Option<Notification>, Reject> {
    let form = Form::read(body)?;
    let sign = form.get("sign").ok_or(Reject::MissingSignature)?;
    if form.get("sign_type").is_some_and(|name| name != SIGN_TYPE) {
        return Err(Reject::SignType);
    }
    if form.get("charset").is_some_and(|name| !name.eq_ignore_ascii_case(CHARSET)) {
        return Err(Reject::Charset);
    }
    account.keyring.verify(None, &form.canonical(), sign)?;
    notification(account, &form)
}

fn notification(account: &MerchantAccount, form: &Form) -> Result<Option<Notification>, Reject> {
    // Without this field a refund would be read as a payment. The absence of no other field changes the event.
    if form.is_embedded("refund_fee") {
        return Err(Reject::Unreadable);
    }
    let refunded = match form.get("refund_fee") {
        Some(_) => Some(form.amount("refund_fee")?).filter(|amount| *amount > Money::ZERO),
        None => None,
    };
    let (event, amount) = match (form.get("trade_status").ok_or(Reject::Unreadable)?, refunded) {
        ("WAIT_BUYER_PAY", _) => return Ok(None),
        ("TRADE_SUCCESS" | "TRADE_CLOSED", Some(amount)) => {
            let number = form.get("out_biz_no").filter(|number| is_printable_ascii(number, EVENT_ID_LENGTH_MAX));
            (Event::RefundedTotal(number.map(str::to_owned)), amount)
        }
        // Refunds are no longer possible, and earlier ones were notified before.
        ("TRADE_SUCCESS" | "TRADE_FINISHED", _) => (Event::Paid, form.amount("total_amount")?),
        ("TRADE_CLOSED", None) => (Event::Closed, form.amount("total_amount")?),
        _ => return Err(Reject::Unreadable),
    };
    Ok(Some(Notification {
        event_id: form.id("notify_id", EVENT_ID_LENGTH_MAX)?,
        event,
        out_trade_no: form.get("out_trade_no").ok_or(Reject::Unreadable)?.to_owned(),
        trade_no: form.id("trade_no", TRADE_NO_LENGTH_MAX)?,
        amount,
        currency: CURRENCY.to_owned(),
        wrong_recipient: account.wrong_recipient(form.get("app_id"), form.get("seller_id"), form.get("seller_email")),
    }))
}
