//! What Alipay answers of trades and refunds, and what that means here.

use serde::Deserialize;

use super::amount;
use super::code::{DONE, Meaning};
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::CURRENCY;
use crate::gateway::{Charge, Checkout, Outcome, PaymentStatus, RefundStatus};

/// What there is to keep of a number of Alipay's: 64 characters, of which our own notices about it need six.
pub const NUMBER_MAX: usize = 64 - "asked_".len();
const CODE_MAX: usize = 64;

/// The content of an answer: what any of the calls may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Content {
    code: String,
    sub_code: Option<String>,
    out_trade_no: Option<String>,
    trade_no: Option<String>,
    trade_status: Option<String>,
    total_amount: Option<String>,
    send_pay_date: Option<String>,
    qr_code: Option<String>,
    fund_change: Option<String>,
    out_request_no: Option<String>,
    refund_status: Option<String>,
}

/// Why there is no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Alipay says no, in these words.
    Refused(Meaning, String),
    /// It does not say.
    Unknown(String),
}

/// What a call came to.
pub type Answer = Result<Content, CallError>;

impl CallError {
    /// The outcome where a refusal says nothing of what was asked.
    fn unknown<T>(self) -> Outcome<T> {
        match self {
            Self::Refused(_, why) | Self::Unknown(why) => Outcome::Unknown(why),
        }
    }
}

impl Content {
    /// Reads the text of an answer; an error that is not signed is no more than that the call failed. `method` is for
    /// the log.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn read(method: &str, text: &str, is_signed: bool) -> Answer {
        let unread = |_| CallError::Unknown("the answer cannot be read".to_owned());
        let content: Self = serde_json::from_str(text).map_err(unread)?;
        if content.code == DONE && is_signed {
            return Ok(content);
        }
        let [code, sub_code] = [Some(&content.code), content.sub_code.as_ref()].map(short);
        let meaning = if is_signed { Meaning::of(&code, &sub_code) } else { Meaning::Unknown };
        if meaning.is_alarming() {
            tracing::warn!(method, code, sub_code, is_signed, "Alipay does not do it");
        }
        let why = if sub_code.is_empty() { code } else { sub_code };
        Err(CallError::Refused(meaning, why))
    }

    fn is_of(&self, pay_id: PayId) -> bool {
        self.out_trade_no.as_deref() == Some(&pay_id.to_string())
    }

    fn has(field: &Option<String>) -> bool {
        field.as_ref().is_some_and(|text| !text.is_empty())
    }

    /// How the trade stands.
    fn payment_status(self) -> Outcome<PaymentStatus> {
        match self.trade_status.as_deref() {
            Some("WAIT_BUYER_PAY") => Outcome::Known(PaymentStatus::Unpaid),
            Some("TRADE_SUCCESS" | "TRADE_FINISHED") => self.charge(),
            // All that was paid went back since: that it was paid is what is asked.
            Some("TRADE_CLOSED") if Self::has(&self.send_pay_date) => self.charge(),
            Some("TRADE_CLOSED") => Outcome::Known(PaymentStatus::Closed),
            _ => Outcome::Unknown("the state of the trade is none we know".to_owned()),
        }
    }

    fn charge(self) -> Outcome<PaymentStatus> {
        let amount = self.total_amount.as_deref().and_then(amount::read);
        let trade_no = self.trade_no.filter(|number| is_number(number, NUMBER_MAX));
        let (Some(amount), Some(trade_no)) = (amount, trade_no) else {
            return Outcome::Unknown("the answer does not say what was paid".to_owned());
        };
        Outcome::Known(PaymentStatus::Paid(Charge {
            trade_no,
            amount,
            currency: CURRENCY.to_owned(),
            wrong_recipient: None,
        }))
    }
}

/// Whether a text is a number we can keep: not empty, of printable ASCII.
#[must_use]
pub fn is_number(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn another<T>() -> Outcome<T> {
    tracing::warn!("Alipay answered about another trade");
    Outcome::Unknown("the answer is about another trade".to_owned())
}

/// What people and logs are told of a code somebody else wrote.
fn short(code: Option<&String>) -> String {
    let printable = |c: &char| c.is_ascii_graphic();
    code.into_iter().flat_map(|code| code.chars()).filter(printable).take(CODE_MAX).collect()
}

/// What `alipay.trade.precreate` came to.
#[must_use]
pub fn created(answer: Answer, pay_id: PayId) -> Outcome<Option<Checkout>> {
    match answer {
        Ok(content) if !content.is_of(pay_id) => another(),
        Ok(content) => match content.qr_code.filter(|url| !url.is_empty()) {
            Some(url) => Outcome::Known(Some(Checkout::QrCode { url })),
            None => Outcome::Unknown("the answer has no code".to_owned()),
        },
        Err(CallError::Refused(Meaning::AlreadyCreated, _)) => Outcome::Known(None),
        Err(error) => error.unknown(),
    }
}

/// What `alipay.trade.query` came to.
#[must_use]
pub fn queried(answer: Answer, pay_id: PayId) -> Outcome<PaymentStatus> {
    match answer {
        Ok(content) if !content.is_of(pay_id) => another(),
        Ok(content) => content.payment_status(),
        Err(CallError::Refused(Meaning::NotFound, _)) => Outcome::Known(PaymentStatus::NotFound),
        Err(error) => error.unknown(),
    }
}

/// What `alipay.trade.close` came to; none where the trade is to be asked how it stands.
#[must_use]
pub fn closed(answer: Answer, pay_id: PayId) -> Option<Outcome<PaymentStatus>> {
    Some(match answer {
        Ok(content) if !content.is_of(pay_id) => another(),
        Ok(_) => Outcome::Known(PaymentStatus::Closed),
        Err(CallError::Refused(Meaning::NotFound, _)) => Outcome::Known(PaymentStatus::NotFound),
        Err(CallError::Refused(Meaning::WrongState, _)) => return None,
        Err(error) => error.unknown(),
    })
}

/// What `alipay.trade.refund` came to.
#[must_use]
pub fn refunded(answer: Answer, pay_id: PayId) -> Outcome<RefundStatus> {
    match answer {
        Ok(content) if !content.is_of(pay_id) => another(),
        Ok(content) if content.fund_change.as_deref() == Some("Y") => Outcome::Known(RefundStatus::Done),
        // Taken, or done by an earlier attempt: the question that follows tells.
        Ok(_) => Outcome::Known(RefundStatus::Pending),
        Err(CallError::Refused(Meaning::NotFound | Meaning::WrongState | Meaning::Rejected, why)) => {
            Outcome::Known(RefundStatus::Refused(why))
        }
        Err(error) => error.unknown(),
    }
}

/// What `alipay.trade.fastpay.refund.query` came to.
#[must_use]
pub fn refund_queried(answer: Answer, pay_id: PayId, refund_id: RefundId) -> Outcome<RefundStatus> {
    let differs = |number: &Option<String>| number.as_ref().is_some_and(|number| *number != refund_id.to_string());
    match answer {
        // What is not there is answered without the numbers.
        Ok(content) if !Content::has(&content.refund_status) && content.out_trade_no.is_none() => {
            Outcome::Known(RefundStatus::NotFound)
        }
        Ok(content) if !content.is_of(pay_id) || differs(&content.out_request_no) => another(),
        Ok(content) if !Content::has(&content.refund_status) => Outcome::Known(RefundStatus::NotFound),
        Ok(content) if content.refund_status.as_deref() == Some("REFUND_SUCCESS") => Outcome::Known(RefundStatus::Done),
        Ok(_) => Outcome::Known(RefundStatus::Pending),
        Err(CallError::Refused(Meaning::NotFound, _)) => Outcome::Known(RefundStatus::NotFound),
        Err(error) => error.unknown(),
    }
}
