//! What Alipay tells by itself: a form, with its signature among the fields.

use std::collections::BTreeMap;

use super::account::MerchantAccount;
use super::trade::{NUMBER_MAX, is_number};
use super::{amount, sign};
use crate::domain::money::{CURRENCY, Money};
use crate::gateway::{Event, Notification, Reject};

const EVENT_ID_MAX: usize = 64;
/// The names the signature leaves out. Some notices that are not of trades are signed with `sign_type`: none of those
/// is for us.
const UNSIGNED: [&str; 2] = ["sign", "sign_type"];
/// The one product of signing: which it is, is our setting and not for a notice to say.
const SIGN_TYPE: &str = "RSA2";
const CHARSET: &str = "utf-8";

/// The fields of a notice. Anybody can add one that is empty without the signature noticing, so none is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Decodes a body, once, and cuts nothing off: blanks at the end of a value are signed.
    ///
    /// # Errors
    /// [`Reject::Duplicate`].
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

    /// The value of a field; never an empty one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text that is signed.
    #[must_use]
    pub fn canonical(&self) -> String {
        sign::canonical(self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())), &UNSIGNED)
    }

    /// Whether a field's value has another field in it: the signature is as good where two fields are taken for one.
    fn hides(&self, name: &str) -> bool {
        let hidden = format!("&{name}=");
        self.0.values().any(|value| value.contains(&hidden))
    }

    fn amount(&self, name: &str) -> Result<Money, Reject> {
        self.get(name).and_then(amount::read).ok_or(Reject::Unreadable)
    }

    fn number(&self, name: &str, longest: usize) -> Result<String, Reject> {
        self.get(name).filter(|text| is_number(text, longest)).map(str::to_owned).ok_or(Reject::Unreadable)
    }
}

/// Reads a notice; none where it tells only that somebody is about to pay.
///
/// # Errors
/// [`Reject`].
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
    told(account, &form)
}

fn told(account: &MerchantAccount, form: &Form) -> Result<Option<Notification>, Reject> {
    // It is the one field that makes another notice of it by not being there.
    if form.hides("refund_fee") {
        return Err(Reject::Unreadable);
    }
    let refunded = match form.get("refund_fee") {
        Some(_) => Some(form.amount("refund_fee")?).filter(|amount| *amount > Money::ZERO),
        None => None,
    };
    let (event, amount) = match (form.get("trade_status").ok_or(Reject::Unreadable)?, refunded) {
        ("WAIT_BUYER_PAY", _) => return Ok(None),
        ("TRADE_SUCCESS" | "TRADE_CLOSED", Some(amount)) => {
            (Event::RefundedInAll(form.get("out_biz_no").map(str::to_owned)), amount)
        }
        // No refund is possible any more; what went back before is told by then.
        ("TRADE_SUCCESS" | "TRADE_FINISHED", _) => (Event::Paid, form.amount("total_amount")?),
        ("TRADE_CLOSED", None) => (Event::Closed, form.amount("total_amount")?),
        _ => return Err(Reject::Unreadable),
    };
    Ok(Some(Notification {
        event_id: form.number("notify_id", EVENT_ID_MAX)?,
        event,
        out_trade_no: form.get("out_trade_no").ok_or(Reject::Unreadable)?.to_owned(),
        trade_no: form.number("trade_no", NUMBER_MAX)?,
        amount,
        currency: CURRENCY.to_owned(),
        wrong_recipient: account.wrong_recipient(form.get("app_id"), form.get("seller_id"), form.get("seller_email")),
    }))
}
