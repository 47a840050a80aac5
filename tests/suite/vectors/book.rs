//! The owner of payments with a real store, which gets the notices of a vector. The vectors' numbers are mapped to ids.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use actix::Arbiter;
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use tradepost::actor::task::ask;
use tradepost::actor::{BlockingExecutor, Chain, Context, Faults, Fence, OwnerActor, OwnerAddr, RelayWaker};
use tradepost::db::{Store, migrate, with_conn};
use tradepost::domain::clock::Clock;
use tradepost::domain::id::{IdGenerator, NodeId};
use tradepost::domain::money::CURRENCY;
use tradepost::gateway::{Event, Notification};
use tradepost::pay::Pay;

use tradepost::pay::error::Rejected;
use tradepost::pay::message::Notify;

use crate::server::place::Place;
use crate::support::{LIMITS, ledger, number};

/// The orders of a configuration, by payment number.
pub type Orders = BTreeMap<String, Order>;

/// An order of a configuration.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The amount to pay, in minor units.
    pub total_fen: i64,
    /// The currency; the shop's if it is not given.
    currency: Option<String>,
    #[serde(default)]
    refunds: BTreeMap<String, Refund>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refund {
    refund_fen: i64,
}

/// The owner, with the payments and refunds of a vector's configuration.
pub struct Book {
    pay: OwnerAddr<Pay>,
    store: Store,
    provider: &'static str,
    /// The vectors' order and refund numbers, each with its id in the store.
    numbers: HashMap<String, i64>,
    _place: Place,
}

impl Book {
    /// Stores the orders of a configuration as open payments and their refunds as pending.
    pub async fn open(provider: &str, orders: &Orders) -> Self {
        let place = Place::new();
        let store = Store::new(&place.url(), "pay", LIMITS).unwrap();
        migrate::run(&store, migrate::PAY).unwrap();
        let (clock, node) = (Clock::default(), NodeId::try_from(1).unwrap());
        let context = Context {
            arbiter: Arbiter::current(),
            executor: BlockingExecutor::default(),
            ids: Arc::new(IdGenerator::new(clock.clone(), node)),
            clock,
            node,
            fence: Fence::default(),
            faults: Faults::default(),
            relay_waker: RelayWaker::default(),
            chain: Chain::default(),
        };
        let owner = Arc::new(Pay { context, first_sync_after: Duration::from_secs(2) });
        let (pay, _) = OwnerActor::start(owner, store.clone(), ledger::LIMITS);
        let provider = if provider == "alipay" { "alipay" } else { "wechat" };
        let mut book = Self { pay, store, provider, numbers: HashMap::new(), _place: place };
        for (out_trade_no, order) in orders {
            book.insert_payment(out_trade_no, order);
        }
        book
    }

    fn insert_payment(&mut self, out_trade_no: &str, order: &Order) {
        assert!(
            order.currency.as_deref().is_none_or(|currency| currency == CURRENCY),
            "{out_trade_no} is not in {CURRENCY}"
        );
        let pay_id = self.next_id(out_trade_no);
        let (total, provider) = (order.total_fen, self.provider);
        self.execute(&format!(
            "INSERT INTO pay (pay_id, order_id, user_id, pay_amount, is_paid, provider, add_time)
             VALUES ({pay_id}, {pay_id}, 1, {total}, 1, '{provider}', 1)"
        ));
        for (out_refund_no, refund) in &order.refunds {
            self.insert_refund(pay_id, out_refund_no, refund.refund_fen);
        }
    }

    fn insert_refund(&mut self, pay_id: i64, number: &str, amount: i64) {
        let refund_id = self.next_id(number);
        self.execute(&format!(
            "INSERT INTO pay_refund (refund_id, pay_id, order_id, amount, reason, status, attempts, due_time, create_time)
             VALUES ({refund_id}, {pay_id}, {pay_id}, {amount}, '', 0, 1, 1, 1)"
        ));
    }

    /// Stores the refund of a notice as requested, because the configurations of Alipay list no refunds.
    fn expect_refund(&mut self, notice: &Notification) {
        let Event::RefundedTotal(number) = &notice.event else { return };
        let number = number.as_deref().unwrap_or("without a number");
        if let (Some(pay_id), None) = (self.numbers.get(&notice.out_trade_no), self.numbers.get(number)) {
            self.insert_refund(*pay_id, number, notice.amount.minor());
        }
    }

    fn next_id(&mut self, number: &str) -> i64 {
        let id = 1000 + i64::try_from(self.numbers.len()).unwrap();
        self.numbers.insert(number.to_owned(), id);
        id
    }

    fn execute(&self, statement: &str) {
        let db = &mut *self.store.writer().unwrap();
        assert_eq!(with_conn!(db, diesel::sql_query(statement).execute(db)).unwrap(), 1);
    }

    /// The id of a number; an id that does not exist if the number is unknown.
    fn id_of(&self, number: &str) -> String {
        self.numbers.get(number).map_or_else(|| "999".to_owned(), i64::to_string)
    }

    /// Sends a notice to the owner. A callback without a notice changes nothing.
    pub async fn notify(&mut self, notice: Option<Notification>) -> Result<(), Rejected> {
        let Some(mut notice) = notice else { return Ok(()) };
        self.expect_refund(&notice);
        notice.out_trade_no = self.id_of(&notice.out_trade_no);
        notice.event = match notice.event {
            Event::Refunded(number) => Event::Refunded(self.id_of(&number)),
            Event::RefundedTotal(number) => Event::RefundedTotal(number.map(|number| self.id_of(&number))),
            Event::RefundFailed(number, why) => Event::RefundFailed(self.id_of(&number), why),
            event @ (Event::Paid | Event::Closed) => event,
        };
        ask(&self.pay, Notify { provider: self.provider.into(), notification: notice, body: "{}".to_owned() })
            .await
            .unwrap()
            .verdict
    }

    /// The state of the one payment, in the vectors' terms.
    pub fn state(&self) -> Value {
        let count = |query: &str| number(&self.store, query);
        let paid = count("SELECT count(*) AS n FROM pay WHERE is_paid = 2");
        let closed = count("SELECT count(*) AS n FROM pay WHERE close_time IS NOT NULL");
        let refunded = count("SELECT coalesce(sum(amount), 0) AS n FROM pay_refund WHERE status = 1");
        let state = match (paid, closed) {
            (0, 0) => "unpaid",
            (0, _) => "closed",
            (_, 0) if refunded == count("SELECT sum(pay_amount) AS n FROM pay") => "refunded",
            (_, 0) => "paid",
            (_, _) => "paid_after_close",
        };
        let paid_events = count("SELECT count(*) AS n FROM mq_producer WHERE msg_tag = 'paid'");
        json!({"state": state, "paid_events": paid_events, "refunded_fen": refunded})
    }
}
