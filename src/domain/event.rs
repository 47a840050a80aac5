//! One line of an order's story, from the log rows of whoever did it.

use serde::Serialize;

use super::clock::Timestamp;

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What, in one word or a few: `stock_taken`.
    pub what: String,
    /// The particulars, for people.
    pub detail: String,
}
