//! The bills of a stand-in: one file for each day, available once the day is over. A test may change what they list, so
//! that a bill and the platform's own books differ.

use std::sync::{Mutex, OnceLock};

use tradepost::domain::clock::Timestamp;

use super::book::{RefundState, Trade};
use super::china::{date, wall};

type Change = Box<dyn Fn(&mut Vec<Trade>) + Send>;

/// The bills of a platform.
#[derive(Default)]
pub struct Bills {
    /// Base URL of the server that has the files.
    pub base_url: OnceLock<String>,
    change: Mutex<Option<Change>>,
    /// Replaces the content of every file, but not its hash.
    content: Mutex<Option<Vec<u8>>>,
}

/// A line of a bill, before a platform's format.
pub struct Row<'a> {
    pub trade: &'a Trade,
    pub at: Timestamp,
    /// The number, the platform's number and the amount of a refund; `None` for a charge.
    pub refund: Option<(&'a str, &'a str, i64)>,
}

impl Bills {
    /// The trades as the bills list them.
    pub fn trades(&self, trades: &[Trade]) -> Vec<Trade> {
        let mut trades = trades.to_vec();
        if let Some(change) = &*self.change.lock().unwrap() {
            change(&mut trades);
        }
        trades
    }

    /// Changes the trades that bills list.
    pub fn change(&self, change: impl Fn(&mut Vec<Trade>) + Send + 'static) {
        *self.change.lock().unwrap() = Some(Box::new(change));
    }

    /// Lists the trades as they are.
    pub fn restore(&self) {
        *self.change.lock().unwrap() = None;
        *self.content.lock().unwrap() = None;
    }

    /// Sends this content in place of every file.
    pub fn replace(&self, content: Vec<u8>) {
        *self.content.lock().unwrap() = Some(content);
    }

    /// The content of a file, as it is sent.
    pub fn sent(&self, file: Vec<u8>) -> Vec<u8> {
        self.content.lock().unwrap().clone().unwrap_or(file)
    }
}

/// The charges and successful refunds of a day, in the order of their times.
pub fn rows<'a>(trades: &'a [Trade], day: &str) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for trade in trades {
        rows.extend(trade.paid.map(|paid| Row { trade, at: paid.at, refund: None }));
        rows.extend(trade.refunds.iter().filter(|refund| refund.state == RefundState::Success).map(|refund| Row {
            trade,
            at: refund.done_at.unwrap_or(refund.started_at),
            refund: Some((&refund.number, &refund.id, refund.amount)),
        }));
    }
    rows.retain(|row| date(row.at) == day);
    rows.sort_by_key(|row| row.at);
    rows
}

/// The fee of a charge: 0.6 percent, at least 0.01.
pub fn fee(charged: i64) -> i64 {
    (charged * 6 / 1000).max(1)
}

/// Whether the bill of `day` is not made yet.
pub fn is_early(day: &str, now: Timestamp) -> bool {
    day >= &wall(now)[..10]
}
