//! Heads that were kept outside the database.

use std::fmt;
use std::str::FromStr;

use crate::db::ledger::ledgers_of;

/// A head of an earlier audit, as `order=17:9f86d081…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHead {
    /// The owner of the chain.
    pub owner: String,
    /// Number of the link.
    pub number: i64,
    /// Hash of the link.
    pub hash: String,
}

/// A text that is not a head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a head: expected <owner>=<number>:<hash>, as the audit prints it")]
pub struct NotAHead(String);

impl FromStr for KeptHead {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let parse = || {
            let (owner, head) = text.trim().split_once('=')?;
            let (number, hash) = head.split_once(':')?;
            let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            let number = number.parse().ok().filter(|number| *number >= 0 && is_hash)?;
            let is_owner = !ledgers_of(owner).is_empty();
            is_owner.then(|| Self { owner: owner.to_owned(), number, hash: hash.to_ascii_lowercase() })
        };
        parse().ok_or_else(|| NotAHead(text.to_owned()))
    }
}

impl fmt::Display for KeptHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}:{}", self.owner, self.number, self.hash)
    }
}
