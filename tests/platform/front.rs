//! What differs between platforms.

use std::fmt::Debug;
use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

use super::book::{Course, Trade};
use super::engine::{Engine, State};
use super::fault::{How, Op};
use super::journal::{Kind, Letter, Post};
use super::server::{Asked, Whole};

/// What differs between platforms.
pub trait Front: Send + Sync + Sized + 'static {
    /// What can be wrong with a notification.
    type Wrong: Copy + Debug + Send;
    /// A request that was found good.
    type Order;

    /// How long the shop may take to answer a notification.
    const PATIENCE: Duration;
    /// What becomes of a refund, unless the test wants something else.
    const COURSE: Course;

    /// The platform's number of its `n`th trade or refund.
    fn number(&self, n: u64, now: Timestamp) -> String;

    /// The id of the `n`th event.
    fn event_id(&self, n: u64, now: Timestamp) -> String;

    /// How long it waits after each delivery that was not taken.
    fn gaps(&self, trade: &Trade) -> Vec<Duration>;

    /// Whether the platform tells of such an event.
    fn tells(&self, trade: &Trade, kind: &Kind) -> bool;

    /// What is told of an event; it stays the same however often it is told.
    fn content(&self, trade: &Trade, kind: &Kind, event_id: &str, now: Timestamp) -> Value;

    /// The content as it is sent now: signed, with this wrong with it.
    fn post(&self, letter: &Letter<Self::Wrong>, wrong: Option<Self::Wrong>, now: Timestamp) -> Post;

    /// Whether that is the reply of a shop that has taken the notification.
    fn is_taken(&self, status: u16, reply: &str) -> bool;

    /// Reads a request as strictly as the platform does.
    ///
    /// # Errors
    /// What the platform answers to one that is not good.
    fn read(&self, asked: &Asked, now: Timestamp) -> Result<Task<Self::Order>, Said>;

    /// Does what is asked for.
    fn work(engine: &Engine<Self>, state: &mut State<Self::Wrong>, order: &Self::Order, now: Timestamp) -> Said;

    /// Writes an answer: signed, unless it is to go wrong.
    fn answer(&self, asked: &Asked, said: &Said, how: Option<How>, now: Timestamp) -> Whole;
}

/// A good request.
pub struct Task<O> {
    pub op: Op,
    pub out_trade_no: String,
    pub order: O,
}

/// What the platform has to say to a request.
#[derive(Debug, Clone)]
pub struct Said {
    /// `ok`, or the code of the error.
    pub verdict: String,
    pub body: Value,
    /// Whether no shop should ask like this.
    pub is_wrong: bool,
    /// Whether it is said before the platform looked at what is asked: without a signature, where that is its way.
    pub is_early: bool,
}

impl Said {
    pub fn ok(body: Value) -> Self {
        Self { verdict: "ok".to_owned(), body, is_wrong: false, is_early: false }
    }

    /// An error that happens to every shop.
    pub fn error(code: &str) -> Self {
        Self { verdict: code.to_owned(), body: Value::Null, is_wrong: false, is_early: false }
    }

    /// An error that is the shop's own, and why.
    pub fn wrong(code: &str, why: &str) -> Self {
        Self { body: why.into(), is_wrong: true, ..Self::error(code) }
    }

    /// The same, before anything else was looked at.
    pub fn early(code: &str, why: &str) -> Self {
        Self { is_early: true, ..Self::wrong(code, why) }
    }
}
