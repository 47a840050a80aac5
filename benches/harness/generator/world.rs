//! What all connections of the generator share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tradepost::domain::clock::Clock;
use tradepost::domain::id::UserId;
use tradepost::domain::status::Role;
use tradepost::http::security::token::{Caller, Tokens};
use tradepost::sandbox::Key;

use super::super::shop::{USER, Wish};
use super::numbers::Numbers;
use super::request::Writer;
use super::socket::Socket;
use super::tally::{Answer, Measured, Sent, Tally};
use super::{Kind, Plan};

/// Shared by all tasks of the one thread.
pub struct World {
    pub plan: Plan,
    pub numbers: RefCell<Numbers>,
    pub made: Cell<u64>,
    pub clock: Clock,
    pub key: Key,
    /// Another run on the same data has other idempotency keys.
    run: u32,
    tokens: Vec<String>,
    admin: String,
    /// One of each for each phase.
    orders: RefCell<Vec<Tally>>,
    callbacks: RefCell<Vec<Tally>>,
}

impl World {
    pub fn new(plan: Plan) -> Rc<Self> {
        let clock = Clock::default();
        let tokens = Tokens::new(plan.session_secret.as_bytes(), clock.clone(), Duration::from_secs(86_400));
        let token = |user: u64, role| {
            tokens.issue(Caller { user_id: UserId::new(i64::try_from(user).unwrap()), role }).unwrap()
        };
        Rc::new(Self {
            numbers: RefCell::new(Numbers::new(plan.first.coupons, plan.shop.coupons)),
            made: Cell::new(0),
            key: Key::new(&plan.sandbox_secret).unwrap(),
            run: fastrand::u32(..),
            tokens: (0..plan.shop.users).map(|at| token(USER + at, Role::Customer)).collect(),
            admin: token(1, Role::Admin),
            orders: RefCell::default(),
            callbacks: RefCell::default(),
            clock,
            plan,
        })
    }

    /// A phase begins: from `from` on it is measured.
    pub fn begin(&self, from: Instant, length: Option<Duration>) {
        self.orders.borrow_mut().push(Tally::new(from, length));
        self.callbacks.borrow_mut().push(Tally::new(from, length));
    }

    /// The phase that goes on.
    pub fn phase(&self) -> usize {
        self.orders.borrow().len() - 1
    }

    /// What became of the order with this number.
    pub fn ordered(&self, phase: usize, number: u64, sent: Sent, answer: Answer) {
        match answer {
            Answer::Good => self.made.set(self.made.get() + 1),
            Answer::Busy => self.numbers.borrow_mut().give_back(number),
            Answer::Other(_) => {}
        }
        self.orders.borrow_mut()[phase].take(sent, answer);
    }

    /// So many orders were not even sent.
    pub fn gave_up(&self, phase: usize, count: u64) {
        self.orders.borrow_mut()[phase].unsent += count;
    }

    /// What became of a callback.
    pub fn called_back(&self, phase: usize, sent: Sent, answer: Answer) {
        self.callbacks.borrow_mut()[phase].take(sent, answer);
    }

    pub fn orders_measured(&self, phase: usize, seconds: f64) -> Measured {
        self.orders.borrow()[phase].measured(seconds)
    }

    pub fn callbacks_measured(&self, phase: usize, seconds: f64) -> Measured {
        self.callbacks.borrow()[phase].measured(seconds)
    }

    /// What the order with this number is for.
    pub fn wish(&self, number: u64) -> Wish {
        let shop = &self.plan.shop;
        let wish = shop.wish(number);
        match self.plan.kind {
            Kind::Spread | Kind::Paid => wish,
            Kind::Hot => Wish { goods: shop.wish(0).goods, ..wish },
            Kind::Scarce => Wish { goods: shop.scarce(), ..wish },
        }
    }

    pub fn token(&self, wish: &Wish) -> &str {
        &self.tokens[(wish.user - USER) as usize]
    }

    /// The key of an order: the same when it is sent again.
    pub fn key(&self, number: u64) -> String {
        format!("{:x}-{number}", self.run)
    }

    /// The server's status page.
    pub async fn status(&self) -> Value {
        let mut writer = Writer::new(&self.plan.address);
        writer.status(&self.admin);
        let mut socket = Socket::new(&self.plan.address);
        let (status, body) = socket.ask(&writer.request).await.unwrap();
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
        serde_json::from_slice(body).unwrap()
    }
}
