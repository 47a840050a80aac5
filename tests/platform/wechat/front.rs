//! The platform trait for WeChat Pay.

use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

use super::{Front, Wrong, answer, authorization, bill, funds, notice, number, operation, request};
use crate::platform::bill::Bills;
use crate::platform::book::{Course, RefundState, Trade};
use crate::platform::engine::{Engine, State};
use crate::platform::fault::AnswerFault;
use crate::platform::front::{self, Answer, Task};
use crate::platform::journal::{Kind, Notice, Post};
use crate::platform::server::{HttpAnswer, RawRequest};

/// The gaps between 16 deliveries, in seconds; the last delivery is 24 hours and 4 minutes after the first.
const GAPS_S: [u64; 15] = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

impl front::Front for Front {
    type Wrong = Wrong;
    type Order = request::Request;

    const REPLY_TIMEOUT: Duration = Duration::from_secs(5);
    const COURSE: Course = Course::later(Duration::ZERO, RefundState::Success);

    fn number(&self, n: u64, now: Timestamp) -> String {
        number(n, now)
    }

    fn event_id(&self, n: u64, _: Timestamp) -> String {
        format!("EV-{n:033}")
    }

    fn gaps(&self, _: &Trade) -> Vec<Duration> {
        GAPS_S.map(Duration::from_secs).to_vec()
    }

    fn notifies(&self, _: &Trade, kind: &Kind) -> bool {
        matches!(kind, Kind::Paid | Kind::Refund(_))
    }

    fn content(&self, trade: &Trade, kind: &Kind, event_id: &str, now: Timestamp) -> Value {
        notice::content(&self.account, trade, kind, event_id, now)
    }

    fn post(&self, notice: &Notice<Wrong>, wrong: Option<Wrong>, now: Timestamp) -> Post {
        notice::post(self, notice, wrong, now)
    }

    fn is_accepted(&self, status: u16, _: &str) -> bool {
        matches!(status, 200 | 204)
    }

    fn read(&self, request: &RawRequest, now: Timestamp) -> Result<Task<Self::Order>, Answer> {
        authorization::check(&self.account, &self.nonces, request, now)?;
        let order = request::read(&self.account, request)?;
        Ok(Task { op: order.op(), out_trade_no: order.number().to_owned(), order })
    }

    fn execute(engine: &Engine<Self>, state: &mut State<Wrong>, order: &Self::Order, now: Timestamp) -> Answer {
        operation::execute(engine, state, order, now)
    }

    fn bills(&self) -> &Bills {
        &self.bills
    }

    fn bill(&self, trades: &[Trade], day: &str) -> Option<Vec<u8>> {
        bill::table(self, &self.bills.trades(trades), day).map(String::into_bytes)
    }

    fn funds(&self, trades: &[Trade], day: &str) -> Option<Vec<u8>> {
        funds::table(&self.bills.trades(trades), day).map(String::into_bytes)
    }

    fn answer(&self, request: &RawRequest, answer: &Answer, how: Option<AnswerFault>, now: Timestamp) -> HttpAnswer {
        answer::write(self, request, answer, how, now)
    }
}
