//! Maps Alipay's error codes to what they mean for a call. After an unlisted code the outcome is unknown.

/// The code of a successful response.
pub const SUCCESS: &str = "10000";
/// The code of a business failure, whose reason is in `sub_code`.
const BUSINESS_FAILED: &str = "40004";

/// The meaning of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The trade's QR code was returned before and is not returned again.
    AlreadyCreated,
    /// The trade does not exist yet. Alipay creates it when the customer scans the code or signs in.
    NotFound,
    /// The trade's state does not allow the call. Its status must be queried.
    WrongState,
    /// The request contradicts the trade. A retry cannot succeed.
    Rejected,
    /// The seller's balance is too low at the moment.
    InsufficientFunds,
    /// A business failure that is not listed. Alipay is well, and the outcome is unknown.
    Unlisted,
    /// The outcome is unknown: the call may have taken effect.
    Unknown,
}

const TABLE: [(&str, Meaning); 13] = [
    ("ACQ.SYSTEM_ERROR", Meaning::Unknown),
    ("ACQ.APPLY_PC_MERCHANT_CODE_ERROR", Meaning::AlreadyCreated),
    ("ACQ.TRADE_NOT_EXIST", Meaning::NotFound),
    ("ACQ.TRADE_STATUS_ERROR", Meaning::WrongState),
    ("ACQ.REASON_TRADE_STATUS_INVALID", Meaning::WrongState),
    ("ACQ.TRADE_HAS_SUCCESS", Meaning::WrongState),
    ("ACQ.TRADE_HAS_CLOSE", Meaning::WrongState),
    ("ACQ.TRADE_HAS_FINISHED", Meaning::WrongState),
    ("ACQ.REASON_TRADE_REFUND_FEE_ERR", Meaning::Rejected),
    ("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", Meaning::Rejected),
    ("ACQ.DISCORDANT_REPEAT_REQUEST", Meaning::Rejected),
    ("ACQ.CONTEXT_INCONSISTENT", Meaning::Rejected),
    ("ACQ.SELLER_BALANCE_NOT_ENOUGH", Meaning::InsufficientFunds),
];

impl Meaning {
    /// The meaning of a response with these codes that is not a success.
    #[must_use]
    pub fn of(code: &str, sub_code: &str) -> Self {
        let listed = TABLE.iter().find(|(name, _)| *name == sub_code);
        match (code, listed) {
            (BUSINESS_FAILED, Some((_, meaning))) => *meaning,
            (BUSINESS_FAILED, None) => Self::Unlisted,
            _ => Self::Unknown,
        }
    }

    /// Whether to log a warning, because the error does not occur in normal operation.
    #[must_use]
    pub const fn needs_attention(self) -> bool {
        matches!(self, Self::Rejected | Self::InsufficientFunds | Self::Unlisted | Self::Unknown)
    }
}
