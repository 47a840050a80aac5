//! Verifies and interprets WeChat Pay's responses. Unless a response states the outcome explicitly, the outcome is
//! unknown and the call is repeated with the same id.

use serde::Deserialize;

use super::keys::{Keys, NONCE, SERIAL, SIGNATURE, TIMESTAMP};
use crate::domain::clock::Timestamp;
use crate::gateway::Reject;

/// A response that states an outcome.
#[derive(Debug, PartialEq, Eq)]
pub enum Response {
    /// The request succeeded: the HTTP status and the body.
    Done(u16, Vec<u8>),
    /// The request failed for a known reason.
    Fault(Fault),
}

/// An error that decides the outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The payment does not exist.
    PaymentNotFound,
    /// The payment is paid or closed. A query returns which.
    PaidOrClosed,
    /// The refund does not exist.
    RefundNotFound,
    /// The merchant's balance is too low for the refund. It can be retried later.
    InsufficientFunds,
}

/// The codes that decide an outcome. Older documentation spells them without underscores. `INVALID_REQUEST` is not
/// listed because it has too many meanings.
const CODES: [(&str, Fault); 5] = [
    ("ORDER_NOT_EXIST", Fault::PaymentNotFound),
    ("ORDER_PAID", Fault::PaidOrClosed),
    ("ORDER_CLOSED", Fault::PaidOrClosed),
    ("RESOURCE_NOT_EXISTS", Fault::RefundNotFound),
    ("NOT_ENOUGH", Fault::InsufficientFunds),
];

/// The fault for a code in either spelling; `None` if the code decides nothing.
#[must_use]
pub fn fault(code: &str) -> Option<Fault> {
    let known = CODES.iter().find(|(known, _)| *known == code || known.replace('_', "") == code);
    known.map(|(_, fault)| *fault)
}

/// Verifies that a response is WeChat Pay's. A success must be signed. An error may lack the signature, because it may
/// come from a component in front of the signing one. A forged error has bounded consequences: the call is repeated, or
/// the payment is closed here and refunded if it is paid after all. An invalid signature is always refused.
///
/// # Errors
/// [`Reject`] if the response is a success without a valid signature, or has an invalid one.
pub fn check(
    keys: &Keys,
    status: u16,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Reject> {
    let is_signed = [SERIAL, TIMESTAMP, NONCE, SIGNATURE].iter().any(|name| header(name).is_some());
    if is_signed || status < 400 { keys.verify(header, body, now) } else { Ok(()) }
}

/// Verifies and interprets a response.
///
/// # Errors
/// The reason for which the outcome is unknown: the HTTP status, and the error code if there is one.
pub fn read(
    keys: &Keys,
    status: u16,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Result<Response, String> {
    if let Err(reject) = check(keys, status, header, body, now) {
        tracing::warn!(status, reason = %reject, "refused a response of WeChat Pay");
        return Err(format!("status {status}: {reject}"));
    }
    if (200..300).contains(&status) {
        return Ok(Response::Done(status, body.to_vec()));
    }
    let code = code(body).unwrap_or_default();
    match fault(&code) {
        // The code of a server error or of a throttled request decides nothing.
        Some(fault) if (400..500).contains(&status) && status != 429 => Ok(Response::Fault(fault)),
        _ => {
            tracing::warn!(status, code, "WeChat Pay returned an error");
            Err(format!("status {status} {code}"))
        }
    }
}

/// The code of an error; `None` unless it is a short upper-case word, so that nothing else gets into the log.
fn code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Error {
        code: String,
    }
    let is_word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let error: Error = serde_json::from_slice(body).ok()?;
    (error.code.len() <= 64 && error.code.bytes().all(is_word)).then_some(error.code)
}
