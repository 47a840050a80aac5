//! One line of an order's story, from the log rows of whoever did it.

use serde::Serialize;

use super::clock::Timestamp;

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What: `stock_taken`.
    pub what: String,
    /// The particulars, for people.
    pub detail: String,
    /// Who did it, where somebody did; for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether only operators are told.
    #[serde(skip)]
    pub is_internal: bool,
}

impl Event {
    /// Something everybody concerned may know.
    #[must_use]
    pub fn new(at: Timestamp, what: &str, detail: String) -> Self {
        Self { at, what: what.to_owned(), detail, by: None, is_internal: false }
    }

    /// Something for operators.
    #[must_use]
    pub fn internal(at: Timestamp, what: &str, detail: String) -> Self {
        Self { is_internal: true, ..Self::new(at, what, detail) }
    }
}
