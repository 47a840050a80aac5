//! What a platform was asked, and what it told: every request and every delivery.

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

use super::fault::{Op, Sending};

/// A request of the shop.
#[derive(Debug, Clone)]
pub struct Call {
    pub at: Timestamp,
    /// What it asked for, where that could be understood.
    pub op: Option<Op>,
    /// The shop's number of the trade.
    pub out_trade_no: String,
    /// `ok`, or the code of the error.
    pub verdict: String,
    /// Whether no shop should ask like this: the request is malformed, badly signed, or contradicts an earlier one.
    pub is_wrong: bool,
    /// Whether it did what it asked for, whatever it was answered.
    pub worked: bool,
    /// `POST /gateway.do?…`
    pub line: String,
    pub body: String,
}

/// What happened to a trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It was made, and waits.
    Waiting,
    Paid,
    /// It ended unpaid.
    Closed,
    /// It can be refunded no more.
    Finished,
    /// The refund with this number has ended, one way or another.
    Refund(String),
}

/// A notification: what is told of an event, until the shop has taken it.
#[derive(Debug)]
pub struct Letter<W> {
    /// The same in all its deliveries.
    pub event_id: String,
    pub out_trade_no: String,
    pub kind: Kind,
    pub url: String,
    /// What it says, as it was when it happened.
    pub content: Value,
    pub sending: Sending<W>,
    /// How often it was sent.
    pub sent: usize,
    /// When it is sent next; never where there is nothing.
    pub due: Option<Timestamp>,
    /// Whether it waits for the test to let it go.
    pub is_held: bool,
}

/// One delivery of a notification.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub at: Timestamp,
    pub event_id: String,
    pub out_trade_no: String,
    pub kind: Kind,
    pub post: Post,
    /// The status the shop answered with; 0 where it did not answer.
    pub status: u16,
    pub reply: String,
    /// Whether the platform takes that for a yes.
    pub is_taken: bool,
}

/// What goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Post {
    /// A header's value, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(is, _)| is.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}
