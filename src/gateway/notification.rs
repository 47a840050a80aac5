//! What a platform tells by itself: its callbacks, their signature checked, nothing of them believed yet.

use crate::domain::money::Money;

/// What a platform tells of one of our payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The platform's id of the event, the same in every delivery of it.
    pub event_id: String,
    /// What happened.
    pub event: Event,
    /// Our number of the payment, as the platform says it.
    pub out_trade_no: String,
    /// The platform's number of the payment.
    pub trade_no: String,
    /// The amount it says: what was paid, or what went back.
    pub amount: Money,
    /// The currency it says.
    pub currency: String,
    /// Whom it is for, where that is not us.
    pub wrong_recipient: Option<WrongRecipient>,
}

/// What happened at a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The customer paid.
    Paid,
    /// It can be paid no more: declined, closed, or too late.
    Closed,
    /// This refund's money went back.
    Refunded(String),
    /// So much has gone back in all up to now; the number of the refund that told of it, where the platform says one.
    RefundedInAll(Option<String>),
    /// A refund will not be made: its number, and why not.
    RefundFailed(String, String),
}

/// Whose a notice is that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongRecipient {
    /// Another application of the merchant, or of somebody else.
    #[error("the application differs")]
    App,
    /// Another receiver of the money.
    #[error("the seller differs")]
    Seller,
    /// Another merchant.
    #[error("the merchant differs")]
    Merchant,
}

/// Why a callback is not believed before our books are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// A header that signing needs is missing, empty, or there twice.
    #[error("a header of the signature is missing")]
    MissingHeader,
    /// There is no signature.
    #[error("the signature is missing")]
    MissingSignature,
    /// It is signed with a key we do not know.
    #[error("the key of the signature is not known")]
    UnknownKey,
    /// The signature is malformed or wrong.
    #[error("the signature is not valid")]
    Signature,
    /// It says it is signed in another way than was agreed on.
    #[error("the kind of the signature is another")]
    SignType,
    /// It says its text is written in another way than was agreed on.
    #[error("the charset is another")]
    Charset,
    /// The time it says it was signed at is none.
    #[error("the stamp is not a time")]
    Stamp,
    /// It was signed too long ago.
    #[error("the stamp is too old")]
    Stale,
    /// It was signed in the future.
    #[error("the stamp is in the future")]
    Future,
    /// A field is there twice: nobody knows which is meant.
    #[error("a field is there twice")]
    Duplicate,
    /// The signature is good, the content is none we know.
    #[error("the notice cannot be read")]
    Unreadable,
    /// It is encrypted in a way we do not speak.
    #[error("the encryption is not known")]
    Algorithm,
    /// It does not decrypt with our key, which is most likely wrong: the platform should send it again.
    #[error("the content does not decrypt")]
    Ciphertext,
}

impl Reject {
    /// Whether it may have come from anybody: nothing in it is to be believed.
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

/// What a platform is answered: it looks at every byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type; none where there is no body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: String,
}
