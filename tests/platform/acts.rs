//! Actions of a test on a platform: buyers, operators, time and faults.

use std::time::Duration;

use tradepost::domain::clock::Timestamp;

use super::book::{Course, Payment, Stage, Trade};
use super::fault::{BuyerAction, Op, PlannedFault, Sending};
use super::front::Front;
use super::journal::{Delivery, Kind};
use super::standin::Standin;

/// Buyers, and operators who use the platform's console.
impl<F: Front> Standin<F> {
    /// A buyer pays the requested amount, and the shop is notified.
    #[track_caller]
    pub fn pay(&self, out_trade_no: &str) -> impl Future<Output = ()> {
        self.pay_with(out_trade_no, Payment::default())
    }

    /// A buyer pays as `payment` says, and the shop is notified.
    #[track_caller]
    pub fn pay_with(&self, out_trade_no: &str, payment: Payment) -> impl Future<Output = ()> {
        self.engine.pay(out_trade_no, payment).unwrap_or_else(|why| panic!("{out_trade_no} cannot be paid: {why}"));
        self.tick()
    }

    /// A buyer tries to pay.
    ///
    /// # Errors
    /// The reason why the platform refuses the payment.
    pub async fn try_pay(&self, out_trade_no: &str) -> Result<(), &'static str> {
        self.engine.pay(out_trade_no, Payment::default())?;
        self.tick().await;
        Ok(())
    }

    /// The payment of a buyer is declined. The trade can still be paid.
    pub fn decline(&self, out_trade_no: &str) {
        self.engine.with_state(|state, _| {
            let index = state.find(out_trade_no).unwrap();
            let trade = &mut state.trades[index];
            assert!(matches!(trade.stage, Stage::Unscanned | Stage::Waiting), "{out_trade_no} cannot be paid");
            trade.stage = Stage::Waiting;
        });
    }

    /// A buyer pays again under the same number: a second trade, which the platform should have prevented.
    pub async fn pay_again(&self, out_trade_no: &str) {
        self.engine.with_state(|state, now| {
            let first = state.find(out_trade_no).unwrap();
            let trade_no = self.engine.front.number(state.count(), now);
            let mut second = Trade { trade_no, stage: Stage::Waiting, paid: None, ..state.trades[first].clone() };
            (second.closes_at, second.code_until) =
                (now.plus(Duration::from_secs(1)), now.plus(Duration::from_secs(1)));
            second.refunds.clear();
            second.pay(Payment::default(), now).unwrap();
            state.trades.push(second);
            self.engine.announce(state, state.trades.len() - 1, Kind::Paid, now);
        });
        self.tick().await;
    }

    /// The platform closes an unpaid trade.
    pub async fn expire(&self, out_trade_no: &str) {
        self.engine.with_state(|state, now| {
            let index = state.find(out_trade_no).unwrap();
            assert!(!state.trades[index].is_paid(), "{out_trade_no} is paid");
            state.trades[index].closes_at = now;
        });
        self.tick().await;
    }

    /// An operator makes a refund in the platform's console, under a number that the shop does not know.
    pub async fn refund_in_console(&self, out_trade_no: &str, fen: i64) {
        self.engine.with_state(|state, now| {
            let index = state.find(out_trade_no).unwrap();
            let number = format!("console{}", state.count());
            let notify_url = state.trades[index].notify_url.clone();
            self.engine.begin_refund(state, index, (&number, fen, &notify_url), now);
        });
        self.tick().await;
    }
}

/// Time and faults.
impl<F: Front> Standin<F> {
    /// Sends all notices that are due.
    pub async fn tick(&self) {
        self.engine.deliver_due(None).await;
    }

    /// Time of the next delivery.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.engine.with_state(|state, _| state.notices.iter().filter_map(|notice| notice.due).min())
    }

    /// Moves time to the next delivery and sends it. Returns how far time moved; `None` if no delivery is due.
    pub async fn deliver_next(&self) -> Option<Duration> {
        let by = self.next_due()?.since(self.engine.now());
        self.engine.clock().advance(by);
        self.tick().await;
        Some(by)
    }

    /// Plans a fault of an answer.
    pub fn plan_fault(&self, fault: PlannedFault) {
        self.engine.with_state(|state, _| state.plans.faults.push(fault));
    }

    /// Removes all planned faults of answers.
    pub fn clear_faults(&self) {
        self.engine.with_state(|state, _| state.plans.faults.clear());
    }

    /// Plans an action of the buyer during the next request of this kind: before the platform executes it, or after it
    /// if the request creates a trade.
    pub fn during(&self, op: Op, action: BuyerAction) {
        self.engine.with_state(|state, _| state.plans.add_action(op, action));
    }

    /// Sets the sending of the next notice.
    pub fn next_notice(&self, sending: Sending<F::Wrong>) {
        self.engine.with_state(|state, _| state.plans.add_sending(None, sending));
    }

    /// Sets the sending of all further notices of a trade.
    pub fn notices_of(&self, out_trade_no: &str, sending: Sending<F::Wrong>) {
        self.engine.with_state(|state, _| state.plans.add_sending(Some(out_trade_no), sending));
    }

    /// Sets the course of the next refund.
    pub fn next_refund(&self, course: Course) {
        self.engine.with_state(|state, _| state.plans.add_course(course));
    }

    /// Releases the held notices of a trade, the last one first.
    pub async fn release_reversed(&self, out_trade_no: &str) {
        let held = self.engine.with_state(|state, _| {
            let is_held = |index: &usize| {
                let notice = &state.notices[*index];
                notice.is_held && notice.out_trade_no == out_trade_no
            };
            let held: Vec<usize> = (0..state.notices.len()).rev().filter(is_held).collect();
            for index in &held {
                state.notices[*index].is_held = false;
            }
            held
        });
        for index in held {
            self.engine.with_state(|state, now| state.notices[index].due = Some(now));
            self.tick().await;
        }
    }

    /// Sends the last notice of a trade again, signed again and with this fault.
    pub async fn resend(&self, out_trade_no: &str, wrong: Option<F::Wrong>) -> Delivery {
        let last = self
            .engine
            .with_state(|state, _| state.notices.iter().rposition(|notice| notice.out_trade_no == out_trade_no));
        self.engine.send_again(last.expect("the trade has no notice"), wrong).await
    }

    /// Sends the same bytes as a delivery again.
    pub async fn replay(&self, delivery: &Delivery) -> Delivery {
        let index = self.engine.with_state(|state, _| {
            state.notices.iter().position(|notice| notice.event_id == delivery.event_id).unwrap()
        });
        self.engine.send(index, delivery.post.clone()).await
    }
}
