//! The platform trait for Alipay.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

use super::{Front, Wrong, answer, bill, funds, notice, number, operation, request};
use crate::platform::bill::Bills;
use crate::platform::book::{Course, RefundState, Trade};
use crate::platform::china::day;
use crate::platform::engine::{Engine, State};
use crate::platform::fault::{AnswerFault, Op};
use crate::platform::front::{self, Answer, Task};
use crate::platform::journal::{Kind, Notice, Post};
use crate::platform::server::{HttpAnswer, RawRequest};

/// The gaps between eight deliveries, in minutes; the last delivery is about 25 hours after the first.
const GAPS_MIN: [u64; 7] = [4, 10, 10, 60, 2 * 60, 6 * 60, 15 * 60];

impl front::Front for Front {
    type Wrong = Wrong;
    type Order = request::Request;

    const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
    const COURSE: Course = Course::AT_ONCE;

    fn number(&self, n: u64, now: Timestamp) -> String {
        number(n, now)
    }

    fn event_id(&self, n: u64, now: Timestamp) -> String {
        format!("{}01222{n:021}", day(now))
    }

    fn gaps(&self, trade: &Trade) -> Vec<Duration> {
        let is_code = trade.parameters["product_code"] != "FAST_INSTANT_TRADE_PAY";
        let at_once = if is_code && self.resends.load(Ordering::Relaxed) { 3 } else { 0 };
        let gaps = std::iter::repeat_n(0, at_once).chain(GAPS_MIN);
        gaps.map(|minutes| Duration::from_secs(minutes * 60)).collect()
    }

    fn notifies(&self, trade: &Trade, kind: &Kind) -> bool {
        match kind {
            Kind::Paid => true,
            Kind::Refund(number) => trade.refund(number).is_some_and(|refund| refund.state == RefundState::Success),
            Kind::Waiting | Kind::Closed | Kind::Finished => self.notifies_of_all.load(Ordering::Relaxed),
        }
    }

    fn content(&self, trade: &Trade, kind: &Kind, event_id: &str, _: Timestamp) -> Value {
        notice::content(self, trade, kind, event_id)
    }

    fn post(&self, notice: &Notice<Wrong>, wrong: Option<Wrong>, now: Timestamp) -> Post {
        notice::post(self, notice, wrong, now)
    }

    fn is_accepted(&self, status: u16, reply: &str) -> bool {
        status == 200 && reply == "success"
    }

    fn read(&self, request: &RawRequest, now: Timestamp) -> Result<Task<Self::Order>, Answer> {
        if request.path == operation::BILL_PATH {
            let order = request::Request::of_bill(request.query());
            return Ok(Task { op: Op::BillFile, out_trade_no: String::new(), order });
        }
        let order = request::read(&self.account, request, now)?;
        let out_trade_no = order.biz.get("out_trade_no").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Task { op: operation::op(&order.method), out_trade_no, order })
    }

    fn execute(engine: &Engine<Self>, state: &mut State<Wrong>, order: &Self::Order, now: Timestamp) -> Answer {
        operation::execute(engine, state, order, now)
    }

    fn bills(&self) -> &Bills {
        &self.bills
    }

    fn bill(&self, trades: &[Trade], day: &str) -> Option<Vec<u8>> {
        Some(bill::archive(self, &self.bills.trades(trades), day))
    }

    fn funds(&self, trades: &[Trade], day: &str) -> Option<Vec<u8>> {
        Some(funds::archive(self, &self.bills.trades(trades), day))
    }

    fn answer(&self, request: &RawRequest, answer: &Answer, how: Option<AnswerFault>, now: Timestamp) -> HttpAnswer {
        answer::write(self, request, answer, how, now)
    }
}
