//! State shared by all connections of the generator.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::domain::id::UserId;
use tradepost::domain::status::Role;
use tradepost::http::security::token::{Caller, Tokens};
use tradepost::sandbox::Key;

use super::super::shop::{OrderSpec, USER};
use super::numbers::Numbers;
use super::plan::{Kind, Plan};
use super::request::Writer;
use super::socket::Socket;
use super::tally::{Answer, Measured, Sent, Tally};

/// State shared by all tasks. They run on one thread.
pub struct World {
    pub plan: Plan,
    pub numbers: RefCell<Numbers>,
    /// Orders created so far.
    pub made: Cell<u64>,
    pub clock: Clock,
    pub key: Key,
    /// Random part of the idempotency keys, so that another run on the same data has other keys.
    run: u32,
    tokens: Vec<String>,
    /// Token of the administrator; empty before the first use.
    admin: RefCell<String>,
    /// One tally of orders and one of callbacks per phase.
    orders: RefCell<Vec<Tally>>,
    callbacks: RefCell<Vec<Tally>>,
}

impl World {
    pub fn new(plan: Plan) -> Rc<Self> {
        let clock = Clock::default();
        let tokens = Tokens::new(plan.session_secret.as_bytes(), clock.clone(), Duration::from_secs(86_400));
        let tokens = tokens.of_installation(&plan.shop_id);
        let token = |user: u64| {
            let user_id = UserId::new(i64::try_from(user).unwrap());
            tokens.issue(Caller { user_id, role: Role::Customer, epoch: Timestamp(0) }).unwrap()
        };
        Rc::new(Self {
            numbers: RefCell::new(Numbers::new(plan.first.coupons, plan.shop.coupons)),
            made: Cell::new(0),
            key: Key::new(&plan.sandbox_secret).unwrap(),
            run: fastrand::u32(..),
            tokens: (0..plan.shop.users).map(|at| token(USER + at)).collect(),
            admin: RefCell::default(),
            orders: RefCell::default(),
            callbacks: RefCell::default(),
            clock,
            plan,
        })
    }

    /// Begins a phase, measured from `from` on.
    pub fn begin(&self, from: Instant, length: Option<Duration>) {
        self.orders.borrow_mut().push(Tally::new(from, length));
        self.callbacks.borrow_mut().push(Tally::new(from, length));
    }

    /// Index of the current phase.
    pub fn phase(&self) -> usize {
        self.orders.borrow().len() - 1
    }

    /// Records the outcome of the order `number`.
    pub fn ordered(&self, phase: usize, number: u64, sent: Sent, answer: Answer) {
        match answer {
            Answer::Good => self.made.set(self.made.get() + 1),
            Answer::Busy => self.numbers.borrow_mut().release(number),
            Answer::Other(_) => {}
        }
        self.orders.borrow_mut()[phase].record(sent, answer);
    }

    /// Records `count` orders that were dropped without being sent.
    pub fn add_unsent(&self, phase: usize, count: u64) {
        self.orders.borrow_mut()[phase].unsent += count;
    }

    /// Records the outcome of a callback.
    pub fn called_back(&self, phase: usize, sent: Sent, answer: Answer) {
        self.callbacks.borrow_mut()[phase].record(sent, answer);
    }

    pub fn orders_measured(&self, phase: usize, seconds: f64) -> Measured {
        self.orders.borrow()[phase].measured(seconds)
    }

    pub fn callbacks_measured(&self, phase: usize, seconds: f64) -> Measured {
        self.callbacks.borrow()[phase].measured(seconds)
    }

    /// Contents of the order `number`, for the plan's kind of order.
    pub fn order_spec(&self, number: u64) -> OrderSpec {
        let shop = &self.plan.shop;
        let spec = shop.order_spec(number);
        match self.plan.kind {
            Kind::Spread | Kind::Paid => spec,
            Kind::Hot => OrderSpec { goods: shop.order_spec(0).goods, ..spec },
            Kind::Scarce => OrderSpec { goods: shop.scarce(), ..spec },
        }
    }

    /// Access token of the order's customer.
    pub fn token(&self, spec: &OrderSpec) -> &str {
        &self.tokens[(spec.user - USER) as usize]
    }

    /// Idempotency key of the order `number`; the same if the order is sent again.
    pub fn key(&self, number: u64) -> String {
        format!("{:x}-{number}", self.run)
    }

    /// The server's status page.
    pub async fn status(&self) -> Value {
        let mut writer = Writer::new(&self.plan.address);
        let mut socket = Socket::new(&self.plan.address);
        if self.admin.borrow().is_empty() {
            writer.sign_in("admin", &self.plan.admin_password);
            let session = answer(&mut socket, &writer, 201).await;
            *self.admin.borrow_mut() = session["access_token"].as_str().unwrap().to_owned();
        }
        writer.status(&self.admin.borrow());
        answer(&mut socket, &writer, 200).await
    }
}

/// Sends the request in `writer`; returns the body of the answer, which must have the status `expected`.
async fn answer(socket: &mut Socket, writer: &Writer, expected: u16) -> Value {
    let (status, body) = socket.send(&writer.request).await.unwrap();
    assert_eq!(status, expected, "{}", String::from_utf8_lossy(body));
    serde_json::from_slice(body).unwrap()
}
