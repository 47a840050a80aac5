//! Notifications that platforms send as callbacks. Their signatures are verified; their content is not yet compared
//! with the stored payment. In tables and routes a notification is called a notice.

use crate::domain::money::Money;

/// An authentic message from a platform about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The platform's id of the event. It is the same in every delivery of the event.
    pub event_id: String,
    /// The event.
    pub event: Event,
    /// Our id of the payment, as reported by the platform. It is not validated.
    pub out_trade_no: String,
    /// The platform's id of the payment.
    pub trade_no: String,
    /// The reported amount. The event decides whether it is the payment, one refund or the total of the refunds.
    pub amount: Money,
    /// The reported currency.
    pub currency: String,
    /// The part of the recipient that differs from our account; `None` if the notification is ours.
    pub wrong_recipient: Option<WrongRecipient>,
}

/// An event at a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The customer paid.
    Paid,
    /// The payment was not paid and can no longer be paid: it was declined, closed, or expired.
    Closed,
    /// The refund with this id was made. The amount is the refund's.
    Refunded(String),
    /// The amount is the total refunded so far. The id is that of the latest refund, if the platform reports it.
    RefundedTotal(Option<String>),
    /// A refund failed for good: its id and the reason.
    RefundFailed(String, String),
}

/// The part of the recipient that differs from our account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongRecipient {
    /// The application's id differs.
    #[error("the application differs")]
    App,
    /// The id of the account that receives the money differs.
    #[error("the seller differs")]
    Seller,
    /// The merchant's id differs.
    #[error("the merchant differs")]
    Merchant,
}

/// Reasons for refusing a callback before it is compared with the stored payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// A header of the signature is missing, empty or repeated.
    #[error("a header of the signature is missing")]
    MissingHeader,
    /// The callback has no signature.
    #[error("the signature is missing")]
    MissingSignature,
    /// The key named by the callback is unknown.
    #[error("the key of the signature is not known")]
    UnknownKey,
    /// The signature is malformed or wrong.
    #[error("the signature is not valid")]
    Signature,
    /// The callback names another signature scheme than the account's.
    #[error("the kind of the signature is another")]
    SignType,
    /// The callback names another charset than UTF-8.
    #[error("the charset is another")]
    Charset,
    /// The timestamp of the signature is malformed.
    #[error("the stamp is not a time")]
    Stamp,
    /// The timestamp of the signature is too old.
    #[error("the stamp is too old")]
    Stale,
    /// The timestamp of the signature is in the future.
    #[error("the stamp is in the future")]
    Future,
    /// A field is repeated, so its value is ambiguous.
    #[error("a field is there twice")]
    Duplicate,
    /// The signature is valid but the content is malformed.
    #[error("the notice cannot be read")]
    Unreadable,
    /// The encryption algorithm is not supported, or no key for it is configured.
    #[error("the encryption is not known")]
    Algorithm,
    /// The content does not decrypt with our key. The configured key is most likely wrong, so the platform should send
    /// the callback again.
    #[error("the content does not decrypt")]
    Ciphertext,
}

impl Reject {
    /// Whether the sender is not proven to be the platform. If true, nothing in the callback can be trusted.
    #[must_use]
    pub const fn is_unsigned(self) -> bool {
        matches!(
            self,
            Self::MissingHeader
                | Self::MissingSignature
                | Self::UnknownKey
                | Self::Signature
                | Self::SignType
                | Self::Charset
                | Self::Stamp
                | Self::Stale
                | Self::Future
        )
    }
}

/// The HTTP response to a callback. Platforms compare it byte by byte with what they expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type; `None` if there is no body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: String,
}
