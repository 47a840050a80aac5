//! The parts in which platforms differ.

use std::fmt::Debug;
use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

use super::bill::Bills;
use super::book::{Course, Trade};
use super::engine::{Engine, State};
use super::fault::{AnswerFault, Op};
use super::journal::{Kind, Notice, Post};
use super::server::{HttpAnswer, RawRequest};

/// The parts in which platforms differ.
pub trait Front: Send + Sync + Sized + 'static {
    /// A fault in a notice.
    type Wrong: Copy + Debug + Send;
    /// A request that passed the checks.
    type Order;

    /// Time that the shop has to reply to a notice.
    const REPLY_TIMEOUT: Duration;
    /// The course of a refund, unless the test sets another.
    const COURSE: Course;

    /// The platform's number of its `n`th trade or refund.
    fn number(&self, n: u64, now: Timestamp) -> String;

    /// The id of the `n`th event.
    fn event_id(&self, n: u64, now: Timestamp) -> String;

    /// The gaps between the deliveries of a notice that is not accepted.
    fn gaps(&self, trade: &Trade) -> Vec<Duration>;

    /// Whether the platform sends notices of such an event.
    fn notifies(&self, trade: &Trade, kind: &Kind) -> bool;

    /// The content of a notice, the same in all deliveries.
    fn content(&self, trade: &Trade, kind: &Kind, event_id: &str, now: Timestamp) -> Value;

    /// The request of a delivery: signed now, and with this fault.
    fn post(&self, notice: &Notice<Self::Wrong>, wrong: Option<Self::Wrong>, now: Timestamp) -> Post;

    /// Whether a reply accepts the notice.
    fn is_accepted(&self, status: u16, reply: &str) -> bool;

    /// Checks and reads a request as strictly as the platform does.
    ///
    /// # Errors
    /// The platform's answer to a request that fails a check.
    fn read(&self, request: &RawRequest, now: Timestamp) -> Result<Task<Self::Order>, Answer>;

    /// Executes a request.
    fn execute(engine: &Engine<Self>, state: &mut State<Self::Wrong>, order: &Self::Order, now: Timestamp) -> Answer;

    /// The bills.
    fn bills(&self) -> &Bills;

    /// The file of a day's bill; `None` if there is none.
    fn bill(&self, trades: &[Trade], day: &str) -> Option<Vec<u8>>;

    /// The file of a day's fund statement; `None` if there is none.
    fn funds(&self, trades: &[Trade], day: &str) -> Option<Vec<u8>>;

    /// Writes an answer: signed, or with the fault `how`.
    fn answer(&self, request: &RawRequest, answer: &Answer, how: Option<AnswerFault>, now: Timestamp) -> HttpAnswer;
}

/// A request that passed the checks.
pub struct Task<O> {
    pub op: Op,
    pub out_trade_no: String,
    pub order: O,
}

/// The platform's answer to a request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `ok`, or the code of the error.
    pub verdict: String,
    pub body: Value,
    /// Whether the request breaks the platform's rules.
    pub is_wrong: bool,
    /// Whether the answer precedes the check of the signature. Some platforms do not sign such an answer.
    pub is_early: bool,
    /// A file in place of the body.
    pub file: Option<Vec<u8>>,
}

impl Answer {
    pub fn ok(body: Value) -> Self {
        Self { verdict: "ok".to_owned(), body, is_wrong: false, is_early: false, file: None }
    }

    /// A file, which is not signed.
    pub fn file(file: Vec<u8>) -> Self {
        Self { file: Some(file), ..Self::ok(Value::Null) }
    }

    /// An error that can happen to every shop.
    pub fn error(code: &str) -> Self {
        Self { verdict: code.to_owned(), body: Value::Null, is_wrong: false, is_early: false, file: None }
    }

    /// An error of the shop, and the reason.
    pub fn wrong(code: &str, why: &str) -> Self {
        Self { body: why.into(), is_wrong: true, ..Self::error(code) }
    }

    /// An error of the shop that precedes the check of the signature.
    pub fn early(code: &str, why: &str) -> Self {
        Self { is_early: true, ..Self::wrong(code, why) }
    }
}
