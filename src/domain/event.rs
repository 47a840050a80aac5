//! Entries of an order's timeline. Each owner builds them from its own log rows.

use serde::Serialize;

use super::clock::Timestamp;

/// One entry of an order's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Time of the event.
    pub at: Timestamp,
    /// Name of the event, such as `stock_taken`.
    pub what: String,
    /// Human-readable details.
    pub detail: String,
    /// The customer or administrator who caused the event, such as `administrator 7`; `None` if the shop caused it.
    /// Shown to operators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether the event is shown to operators only.
    #[serde(skip)]
    pub is_internal: bool,
}

impl Event {
    /// Creates an event that is shown to the customer and to operators.
    #[must_use]
    pub fn new(at: Timestamp, what: &str, detail: String) -> Self {
        Self { at, what: what.to_owned(), detail, by: None, is_internal: false }
    }

    /// Creates an event that is shown to operators only.
    #[must_use]
    pub fn internal(at: Timestamp, what: &str, detail: String) -> Self {
        Self { is_internal: true, ..Self::new(at, what, detail) }
    }
}
