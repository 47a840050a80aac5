//! What a test makes happen at a platform: buyers, time, and what goes wrong.

use std::time::Duration;

use tradepost::domain::clock::Timestamp;

use super::book::{Course, Payment, Stage, Trade};
use super::fault::{Act, Op, Sending, Upset};
use super::front::Front;
use super::journal::{Delivery, Kind};
use super::standin::Standin;

/// Buyers, and the people of the shop who use the platform's own pages.
impl<F: Front> Standin<F> {
    /// A buyer pays what the shop asked for, and the shop is told.
    #[track_caller]
    pub fn pay(&self, out_trade_no: &str) -> impl Future<Output = ()> {
        self.pay_with(out_trade_no, Payment::default())
    }

    /// The same, but not quite so.
    #[track_caller]
    pub fn pay_with(&self, out_trade_no: &str, payment: Payment) -> impl Future<Output = ()> {
        self.engine.pay(out_trade_no, payment).unwrap_or_else(|why| panic!("nobody can pay {out_trade_no}: {why}"));
        self.tick()
    }

    /// A buyer tries to pay.
    ///
    /// # Errors
    /// Why the platform does not let them.
    pub async fn try_pay(&self, out_trade_no: &str) -> Result<(), &'static str> {
        self.engine.pay(out_trade_no, Payment::default())?;
        self.tick().await;
        Ok(())
    }

    /// A buyer wants to pay and cannot: the trade waits on.
    pub fn decline(&self, out_trade_no: &str) {
        self.engine.at(|state, _| {
            let at = state.find(out_trade_no).unwrap();
            let trade = &mut state.trades[at];
            assert!(matches!(trade.stage, Stage::Unscanned | Stage::Waiting), "nobody can pay {out_trade_no}");
            trade.stage = Stage::Waiting;
        });
    }

    /// Somebody pays for the same number once more: a second trade, which the platform should not have let happen.
    pub async fn pay_again(&self, out_trade_no: &str) {
        self.engine.at(|state, now| {
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

    /// The platform ends a trade nobody has paid.
    pub async fn expire(&self, out_trade_no: &str) {
        self.engine.at(|state, now| {
            let at = state.find(out_trade_no).unwrap();
            assert!(!state.trades[at].is_paid(), "{out_trade_no} is paid");
            state.trades[at].closes_at = now;
        });
        self.tick().await;
    }

    /// Somebody gives money back in the platform's console; the shop never heard of the number.
    pub async fn refund_in_console(&self, out_trade_no: &str, fen: i64) {
        self.engine.at(|state, now| {
            let at = state.find(out_trade_no).unwrap();
            let number = format!("console{}", state.count());
            let notify_url = state.trades[at].notify_url.clone();
            self.engine.begin_refund(state, at, (&number, fen, &notify_url), now);
        });
        self.tick().await;
    }
}

/// Time, and what goes wrong.
impl<F: Front> Standin<F> {
    /// Sends what is due by now.
    pub async fn tick(&self) {
        self.engine.deliver_due(None).await;
    }

    /// When the next notification is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.engine.at(|state, _| state.letters.iter().filter_map(|letter| letter.due).min())
    }

    /// Moves time to where the next notification is due, and sends it. How far that was; none where none is due.
    pub async fn skip(&self) -> Option<Duration> {
        let by = self.next_due()?.since(self.engine.now());
        self.engine.clock().advance(by);
        self.tick().await;
        Some(by)
    }

    /// The next request of some kind is answered wrong.
    pub fn upset(&self, upset: Upset) {
        self.engine.at(|state, _| state.plans.upsets.push(upset));
    }

    /// All answers are right again.
    pub fn calm(&self) {
        self.engine.at(|state, _| state.plans.upsets.clear());
    }

    /// While the shop asks for this the next time, a buyer does something: just before the platform does it, or just
    /// after it made a trade.
    pub fn meanwhile(&self, op: Op, act: Act) {
        self.engine.at(|state, _| state.plans.add_act(op, act));
    }

    /// How the next notification is sent.
    pub fn next_notice(&self, sending: Sending<F::Wrong>) {
        self.engine.at(|state, _| state.plans.add_sending(None, sending));
    }

    /// How all notifications of a trade are sent from now on.
    pub fn notices_of(&self, out_trade_no: &str, sending: Sending<F::Wrong>) {
        self.engine.at(|state, _| state.plans.add_sending(Some(out_trade_no), sending));
    }

    /// What becomes of the next refund.
    pub fn next_refund(&self, course: Course) {
        self.engine.at(|state, _| state.plans.add_course(course));
    }

    /// Lets go of the notifications of a trade that were held, the last one first.
    pub async fn release_reversed(&self, out_trade_no: &str) {
        let held = self.engine.at(|state, _| {
            let held = |at: &usize| state.letters[*at].is_held && state.letters[*at].out_trade_no == out_trade_no;
            let held: Vec<usize> = (0..state.letters.len()).rev().filter(held).collect();
            for at in &held {
                state.letters[*at].is_held = false;
            }
            held
        });
        for at in held {
            self.engine.at(|state, now| state.letters[at].due = Some(now));
            self.tick().await;
        }
    }

    /// Sends the last notification of a trade once more, written anew, with this wrong with it.
    pub async fn resend(&self, out_trade_no: &str, wrong: Option<F::Wrong>) -> Delivery {
        let last =
            self.engine.at(|state, _| state.letters.iter().rposition(|letter| letter.out_trade_no == out_trade_no));
        self.engine.send_again(last.expect("nothing to tell of it"), wrong).await
    }

    /// Sends the very bytes of a delivery once more.
    pub async fn replay(&self, delivery: &Delivery) -> Delivery {
        let at = self
            .engine
            .at(|state, _| state.letters.iter().position(|letter| letter.event_id == delivery.event_id).unwrap());
        self.engine.send(at, delivery.post.clone()).await
    }
}
