//! Maps Alipay's responses about trades and refunds to the outcomes of the [`Gateway`](crate::gateway::Gateway) trait.

use serde::Deserialize;

use super::amount;
use super::code::{Meaning, SUCCESS};
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::CURRENCY;
use crate::gateway::text::{TRADE_NO_LENGTH_MAX, is_address, is_printable_ascii};
use crate::gateway::{Charge, Checkout, Outcome, PaymentStatus, RefundStatus};

const CODE_LENGTH_MAX: usize = 64;
/// The longest QR code or address of a bill that is accepted.
const URL_LENGTH_MAX: usize = 2000;

/// The content of a response: the fields of all calls.
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
    bill_download_url: Option<String>,
}

/// Reasons for having no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Alipay reported an error: its meaning and its code.
    Refused(Meaning, String),
    /// The outcome is unknown, for this reason.
    Unknown(String),
}

/// The result of a call.
pub type CallResult = Result<Content, CallError>;

impl CallError {
    /// The outcome if the error does not decide it.
    fn unknown<T>(self) -> Outcome<T> {
        match self {
            Self::Refused(Meaning::Unknown, why) | Self::Unknown(why) => Outcome::Unknown(why),
            Self::Refused(_, why) => Outcome::Undecided(why),
        }
    }
}

impl Content {
    /// Parses the text of a response. The code of an unsigned error is not trusted: it only shows that the call failed.
    /// `method` is for the log.
    ///
    /// # Errors
    /// [`CallError`] unless the response is a signed success.
    pub fn read(method: &str, text: &str, is_signed: bool) -> CallResult {
        let malformed = |_| CallError::Unknown("the response is malformed".to_owned());
        let content: Self = serde_json::from_str(text).map_err(malformed)?;
        if content.code == SUCCESS && is_signed {
            return Ok(content);
        }
        let [code, sub_code] = [Some(&content.code), content.sub_code.as_ref()].map(sanitized);
        let meaning = if is_signed { Meaning::of(&code, &sub_code) } else { Meaning::Unknown };
        if meaning.needs_attention() {
            tracing::warn!(method, code, sub_code, is_signed, "Alipay returned an error");
        }
        let why = if sub_code.is_empty() { code } else { sub_code };
        Err(CallError::Refused(meaning, why))
    }

    /// Whether the content is about the payment `pay_id`.
    fn is_about(&self, pay_id: PayId) -> bool {
        self.out_trade_no.as_deref() == Some(&pay_id.to_string())
    }

    fn is_set(field: &Option<String>) -> bool {
        field.as_ref().is_some_and(|text| !text.is_empty())
    }

    /// The status of the trade.
    fn payment_status(self) -> Outcome<PaymentStatus> {
        match self.trade_status.as_deref() {
            Some("WAIT_BUYER_PAY") => Outcome::Known(PaymentStatus::Unpaid),
            Some("TRADE_SUCCESS" | "TRADE_FINISHED") => self.charge(),
            // The payment was refunded in full, which closes the trade. It was paid, and that is the status asked for.
            Some("TRADE_CLOSED") if Self::is_set(&self.send_pay_date) => self.charge(),
            Some("TRADE_CLOSED") => Outcome::Known(PaymentStatus::Closed),
            _ => Outcome::Unknown("the state of the trade is not known".to_owned()),
        }
    }

    fn charge(self) -> Outcome<PaymentStatus> {
        let amount = self.total_amount.as_deref().and_then(amount::read);
        let trade_no = self.trade_no.filter(|trade_no| is_printable_ascii(trade_no, TRADE_NO_LENGTH_MAX));
        let (Some(amount), Some(trade_no)) = (amount, trade_no) else {
            return Outcome::Unknown("the response has no valid amount or trade_no".to_owned());
        };
        Outcome::Known(PaymentStatus::Paid(Charge {
            trade_no,
            amount,
            currency: CURRENCY.to_owned(),
            wrong_recipient: None,
        }))
    }
}

/// The address of a bill.
///
/// # Errors
/// The reason for which there is none.
pub fn bill_url(result: CallResult) -> Result<String, String> {
    match result {
        Ok(content) => {
            let url = content.bill_download_url.filter(|url| is_printable_ascii(url, URL_LENGTH_MAX));
            url.ok_or_else(|| "the response has no address of the bill".to_owned())
        }
        Err(CallError::Refused(_, why) | CallError::Unknown(why)) => Err(why),
    }
}

fn wrong_trade<T>() -> Outcome<T> {
    tracing::warn!("Alipay's response is about another trade");
    Outcome::Unknown("the response is about another trade".to_owned())
}

/// An error code made safe for logs and pages: printable ASCII, at most [`CODE_LENGTH_MAX`] characters.
fn sanitized(code: Option<&String>) -> String {
    let printable = |c: &char| c.is_ascii_graphic();
    code.into_iter().flat_map(|code| code.chars()).filter(printable).take(CODE_LENGTH_MAX).collect()
}

/// The outcome of `alipay.trade.precreate`.
#[must_use]
pub fn created(result: CallResult, pay_id: PayId) -> Outcome<Option<Checkout>> {
    match result {
        Ok(content) if !content.is_about(pay_id) => wrong_trade(),
        Ok(content) => match content.qr_code.filter(|url| is_address(url, "https://", URL_LENGTH_MAX)) {
            Some(url) => Outcome::Known(Some(Checkout::QrCode { url })),
            None => Outcome::Unknown("the response has no QR code".to_owned()),
        },
        Err(CallError::Refused(Meaning::AlreadyCreated, _)) => Outcome::Known(None),
        Err(error) => error.unknown(),
    }
}

/// The outcome of `alipay.trade.query`.
#[must_use]
pub fn queried(result: CallResult, pay_id: PayId) -> Outcome<PaymentStatus> {
    match result {
        Ok(content) if !content.is_about(pay_id) => wrong_trade(),
        Ok(content) => content.payment_status(),
        Err(CallError::Refused(Meaning::NotFound, _)) => Outcome::Known(PaymentStatus::NotFound),
        Err(error) => error.unknown(),
    }
}

/// The outcome of `alipay.trade.close`; `None` if the status of the trade must be queried.
#[must_use]
pub fn closed(result: CallResult, pay_id: PayId) -> Option<Outcome<PaymentStatus>> {
    Some(match result {
        Ok(content) if !content.is_about(pay_id) => wrong_trade(),
        Ok(_) => Outcome::Known(PaymentStatus::Closed),
        Err(CallError::Refused(Meaning::NotFound, _)) => Outcome::Known(PaymentStatus::NotFound),
        Err(CallError::Refused(Meaning::WrongState, _)) => return None,
        Err(error) => error.unknown(),
    })
}

/// The outcome of `alipay.trade.refund`.
#[must_use]
pub fn refunded(result: CallResult, pay_id: PayId) -> Outcome<RefundStatus> {
    match result {
        Ok(content) if !content.is_about(pay_id) => wrong_trade(),
        Ok(content) if content.fund_change.as_deref() == Some("Y") => Outcome::Known(RefundStatus::Done),
        // The refund is accepted, or was made by an earlier attempt. A later query decides which.
        Ok(_) => Outcome::Known(RefundStatus::Pending),
        Err(CallError::Refused(Meaning::NotFound | Meaning::WrongState | Meaning::Rejected, why)) => {
            Outcome::Known(RefundStatus::Refused(why))
        }
        Err(error) => error.unknown(),
    }
}

/// The outcome of `alipay.trade.fastpay.refund.query`.
#[must_use]
pub fn refund_queried(result: CallResult, pay_id: PayId, refund_id: RefundId) -> Outcome<RefundStatus> {
    let differs = |id: &Option<String>| id.as_ref().is_some_and(|id| *id != refund_id.to_string());
    match result {
        // If the refund does not exist, Alipay answers with success and without the ids.
        Ok(content) if !Content::is_set(&content.refund_status) && content.out_trade_no.is_none() => {
            Outcome::Known(RefundStatus::NotFound)
        }
        Ok(content) if !content.is_about(pay_id) || differs(&content.out_request_no) => wrong_trade(),
        Ok(content) if !Content::is_set(&content.refund_status) => Outcome::Known(RefundStatus::NotFound),
        Ok(content) if content.refund_status.as_deref() == Some("REFUND_SUCCESS") => Outcome::Known(RefundStatus::Done),
        Ok(_) => Outcome::Known(RefundStatus::Pending),
        Err(CallError::Refused(Meaning::NotFound, _)) => Outcome::Known(RefundStatus::NotFound),
        Err(error) => error.unknown(),
    }
}
