//! What WeChat Pay answers: believed where it is signed. Everything that is not response in so many words is an unknown
//! outcome, to be asked for again with the same number.

use serde::Deserialize;

use super::keys::{Keys, NONCE, SERIAL, SIGNATURE, TIMESTAMP};
use crate::domain::clock::Timestamp;
use crate::gateway::Reject;

/// What it response.
#[derive(Debug, PartialEq, Eq)]
pub enum Response {
    /// It did what it was asked, with this status and body.
    Done(u16, Vec<u8>),
    /// It did not, for this reason.
    Fault(Fault),
}

/// A reason that tells something of our payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no payment with this number.
    NoPayment,
    /// The payment is paid, or closed: asking tells which.
    Ended,
    /// There is no refund with this number.
    NoRefund,
    /// The merchant has not enough to give back; the refund may be tried again.
    Funds,
}

/// The codes that tell something. Older pages write them without the underscores. `INVALID_REQUEST` is not here: it is
/// response of too many things.
const CODES: [(&str, Fault); 5] = [
    ("ORDER_NOT_EXIST", Fault::NoPayment),
    ("ORDER_PAID", Fault::Ended),
    ("ORDER_CLOSED", Fault::Ended),
    ("RESOURCE_NOT_EXISTS", Fault::NoRefund),
    ("NOT_ENOUGH", Fault::Funds),
];

/// What a code tells, in either spelling.
#[must_use]
pub fn fault(code: &str) -> Option<Fault> {
    let known = CODES.iter().find(|(known, _)| *known == code || known.replace('_', "") == code);
    known.map(|(_, fault)| *fault)
}

/// Whether an answer is WeChat Pay's. What says that something was done is signed. An error may have been made before
/// anybody could sign it, and is taken then: the worst it could bring about is that the same is asked once more, or
/// that a payment is closed here which is given back if it is paid after all. A wrong signature is always wrong.
///
/// # Errors
/// [`Reject`].
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

/// Reads an answer.
///
/// # Errors
/// Why the outcome is unknown: the status, and the code where there is one.
pub fn read(
    keys: &Keys,
    status: u16,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Result<Response, String> {
    if let Err(reject) = check(keys, status, header, body, now) {
        tracing::warn!(status, reason = %reject, "an answer that is not WeChat Pay's");
        return Err(format!("status {status}: {reject}"));
    }
    if (200..300).contains(&status) {
        return Ok(Response::Done(status, body.to_vec()));
    }
    let code = code(body).unwrap_or_default();
    match fault(&code) {
        // A server that fails knows nothing for sure.
        Some(fault) if (400..500).contains(&status) && status != 429 => Ok(Response::Fault(fault)),
        _ => {
            tracing::warn!(status, code, "WeChat Pay did not do what it was asked");
            Err(format!("status {status} {code}"))
        }
    }
}

/// The code of an error, where it is one: a short word, so that nothing else gets into the log.
fn code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Error {
        code: String,
    }
    let is_word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let error: Error = serde_json::from_slice(body).ok()?;
    (error.code.len() <= 64 && error.code.bytes().all(is_word)).then_some(error.code)
}
