//! What Alipay's refusals mean. One that is not in the table means nothing: what happened is not known then.

/// The code of an answer that did what was asked.
pub const DONE: &str = "10000";
/// The code of an answer that did not, and says why in `sub_code`.
const REFUSED: &str = "40004";

/// What a refusal tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Its code was given out before, and is not given out again.
    AlreadyCreated,
    /// There is no such trade, up to now: it begins when the customer scans or signs in.
    NotFound,
    /// The trade does not stand as it must for that: it is to be asked how it stands.
    WrongState,
    /// What is asked does not fit the trade, and will not.
    Rejected,
    /// The seller has no money for it, now.
    InsufficientFunds,
    /// Nothing: it may have happened.
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
    /// What an answer with these codes means that did not do what was asked.
    #[must_use]
    pub fn of(code: &str, sub_code: &str) -> Self {
        let listed = TABLE.iter().find(|(name, _)| *name == sub_code);
        listed.filter(|_| code == REFUSED).map_or(Self::Unknown, |(_, meaning)| *meaning)
    }

    /// Whether somebody should look at it: it does not happen in the course of things.
    #[must_use]
    pub const fn is_alarming(self) -> bool {
        matches!(self, Self::Rejected | Self::InsufficientFunds | Self::Unknown)
    }
}
