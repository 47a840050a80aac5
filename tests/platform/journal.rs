//! The records of a platform: every request of the shop and every delivery of a notice.

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

use super::fault::{Op, Sending};

/// A request of the shop.
#[derive(Debug, Clone)]
pub struct Call {
    pub at: Timestamp,
    /// The operation, if the request was understood.
    pub op: Option<Op>,
    /// The shop's number of the trade.
    pub out_trade_no: String,
    /// `ok`, or the code of the error.
    pub verdict: String,
    /// Whether the request breaks the platform's rules: it is malformed, badly signed, or contradicts an earlier one.
    pub is_wrong: bool,
    /// Whether the request took effect, whatever the answer was.
    pub took_effect: bool,
    /// `POST /gateway.do?…`
    pub line: String,
    pub body: String,
}

/// An event of a trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The trade was created and can be paid.
    Waiting,
    Paid,
    /// The trade ended unpaid.
    Closed,
    /// The trade can no longer be refunded.
    Finished,
    /// The refund with this number has ended, in success or failure.
    Refund(String),
}

/// A notice of an event. It is delivered until the shop accepts it.
#[derive(Debug)]
pub struct Notice<W> {
    /// Event id, the same in all deliveries.
    pub event_id: String,
    pub out_trade_no: String,
    pub kind: Kind,
    pub url: String,
    /// Content of the notice as of the event.
    pub content: Value,
    pub sending: Sending<W>,
    /// Number of deliveries so far.
    pub sent: usize,
    /// Time of the next delivery; `None` if there is none.
    pub due: Option<Timestamp>,
    /// Whether the test has to release the notice.
    pub is_held: bool,
}

/// One delivery of a notice.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub at: Timestamp,
    pub event_id: String,
    pub out_trade_no: String,
    pub kind: Kind,
    pub post: Post,
    /// Status of the shop's reply; 0 if there was none.
    pub status: u16,
    pub reply: String,
    /// Whether the platform counts the reply as acceptance.
    pub is_accepted: bool,
}

/// The HTTP request of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Post {
    /// The value of a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        header.map_or("", |(_, value)| value)
    }
}
