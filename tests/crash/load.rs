//! Customers in a hurry: they order, pay, and ask again, until nobody answers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::task::JoinHandle;
use fastrand::Rng;
use serde_json::{Value, json};

use super::history::{History, Kind, Outcome};
use super::http::{Http, Reply};
use super::process::ADMIN_PASSWORD;

const USERS: usize = 4;
const CLIENTS: usize = 12;
const BALANCE: i64 = 1_000_000;
const PLENTY: i64 = 1_000_000;
const HOT: i64 = 12;
/// Before somebody who was refused as busy comes again.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

pub struct User {
    pub id: String,
    pub token: String,
    /// What was put on the balance, in minor units.
    pub balance: i64,
    coupons: Vec<String>,
}

/// The people and the goods.
pub struct Shop {
    pub admin: String,
    pub users: Vec<User>,
    /// Goods and their opening stock.
    pub stock: BTreeMap<String, i64>,
    plenty: String,
    hot: String,
}

pub type Shared = Rc<RefCell<History>>;

impl Shop {
    /// Registers everybody.
    pub async fn open(http: &Http) -> Self {
        let admin = sign_in(http, "admin", ADMIN_PASSWORD).await;
        let mut users = Vec::new();
        for at in 0..USERS {
            let (name, password) = (format!("user-{at}"), "a good password");
            let body = json!({"user_name": name, "user_password": password});
            let id = text(&http.post("/v1/users", "", "", &body).await.expect(201)["user_id"]);
            let body = json!({"delta": "10000.00", "reason": "opening balance"});
            http.post(&format!("/admin/users/{id}/balance"), &admin, "", &body).await.expect(200);
            let token = sign_in(http, &name, password).await;
            users.push(User { id, token, balance: BALANCE, coupons: Vec::new() });
        }
        let mut shop = Self { admin, users, stock: BTreeMap::new(), plenty: String::new(), hot: String::new() };
        shop.plenty = shop.goods(http, PLENTY).await;
        shop.refill(http).await;
        shop
    }

    async fn goods(&mut self, http: &Http, number: i64) -> String {
        let body = json!({"goods_name": "goods", "goods_number": number, "goods_price": "19.90"});
        let id = text(&make(http, "/admin/goods", &self.admin, &body).await["goods_id"]);
        self.stock.insert(id.clone(), number);
        id
    }

    /// New goods of which there are too few, and new coupons.
    pub async fn refill(&mut self, http: &Http) {
        self.hot = self.goods(http, HOT).await;
        for user in &mut self.users {
            let body = json!({"user_id": user.id, "coupon_price": "5.00"});
            user.coupons.clear();
            for _ in 0..2 {
                let coupon = make(http, "/admin/coupons", &self.admin, &body).await;
                user.coupons.push(text(&coupon["coupon_id"]));
            }
        }
    }

    /// Something to order, and what it is called in the tally.
    pub fn wish(&self, user: usize, rng: &mut Rng) -> (&'static str, Value) {
        let (hot, both) = (rng.u8(..10) < 3, rng.u8(..10) == 0);
        let mut lines = vec![(if hot { &self.hot } else { &self.plenty }, rng.i64(1..=3))];
        if both {
            lines.push((if hot { &self.plenty } else { &self.hot }, 1));
        }
        let lines: Vec<Value> =
            lines.into_iter().map(|(id, number)| json!({"goods_id": id, "goods_number": number})).collect();
        let mut body = json!({"goods": lines, "address": "1 Main Street", "consignee": "somebody"});
        let what = match rng.u8(..10) {
            0 => {
                body["coupon_id"] = json!(rng.choice(&self.users[user].coupons).unwrap());
                "order with coupon"
            }
            1..=3 => {
                body["money_paid"] = json!(format!("{}.50", rng.u8(..5)));
                "order with balance"
            }
            _ if hot => "hot order",
            _ => "order",
        };
        (what, body)
    }
}

/// Starts the customers. They end when nobody answers them any more, or when told to stop.
pub fn start(
    http: &Http,
    shop: &Rc<Shop>,
    history: &Shared,
    stop: &Rc<Cell<bool>>,
    rng: &mut Rng,
) -> Vec<JoinHandle<()>> {
    let start = |at| {
        let (http, shop, stop, rng) = (http.clone(), Rc::clone(shop), Rc::clone(stop), rng.fork());
        let customer = Customer { user: at % USERS, http, shop, history: Rc::clone(history), rng };
        actix_web::rt::spawn(async move {
            let mut customer = customer;
            while !stop.get() && customer.act().await {}
        })
    };
    (0..CLIENTS).map(start).collect()
}

struct Customer {
    user: usize,
    http: Http,
    shop: Rc<Shop>,
    history: Shared,
    rng: Rng,
}

impl Customer {
    /// Does something; `false` where nobody answered.
    async fn act(&mut self) -> bool {
        if self.rng.u8(..10) == 0 {
            return self.ask_again().await;
        }
        let (what, wish) = self.shop.wish(self.user, &mut self.rng);
        let at = self.history.borrow_mut().invoke(Kind::Order, self.user, wish);
        let (answered, outcome) = self.send(at).await;
        match outcome {
            Outcome::Made(order_id) => {
                self.history.borrow_mut().meet(what);
                answered
                    && match self.rng.u8(..10) {
                        0..=3 => true,
                        4 => self.undo("cancelled", &order_id).await,
                        _ => self.pay(&order_id).await,
                    }
            }
            Outcome::Refused(_, code, _) => {
                self.history.borrow_mut().meet(&code);
                answered
            }
            Outcome::Unknown => answered,
        }
    }

    async fn send(&self, at: usize) -> (bool, Outcome) {
        let reply = send(&self.http, &self.shop, &self.history, at).await;
        if matches!(reply, Reply::Answer(503, _)) {
            actix_web::rt::time::sleep(BUSY_PAUSE).await;
        }
        (!matches!(reply, Reply::Broken(_)), self.history.borrow_mut().told(at, &reply))
    }

    /// The same request with the same key, answered before or not, perhaps while it is still under way.
    async fn ask_again(&mut self) -> bool {
        let at = {
            let history = self.history.borrow();
            let mine = |at: &usize| history.requests[*at].user == self.user;
            let tries: Vec<usize> = (0..8).map(|_| self.rng.usize(..history.requests.len().max(1))).collect();
            tries.into_iter().filter(|at| *at < history.requests.len()).find(mine)
        };
        let Some(at) = at else { return true };
        let (answered, outcome) = self.send(at).await;
        if outcome != Outcome::Unknown {
            self.history.borrow_mut().meet("asked again");
        }
        answered
    }

    async fn pay(&mut self, order_id: &str) -> bool {
        let body = json!({"order_id": order_id, "provider": "sandbox"});
        // Now and then under two keys: both lead to the one payment.
        let mut started = None;
        for _ in 0..=self.rng.u8(..8) / 7 {
            let at = self.history.borrow_mut().invoke(Kind::Payment, self.user, body.clone());
            let (answered, outcome) = self.send(at).await;
            let Outcome::Made(pay_id) = outcome else { return answered };
            self.history.borrow_mut().meet("payment");
            if started.as_ref().is_some_and(|first| *first != pay_id) {
                self.history.borrow_mut().wrong.insert(format!("{order_id} has two open payments"));
            }
            started = Some(pay_id);
        }
        let Some(pay_id) = started.filter(|_| self.rng.u8(..10) < 8) else { return true };
        let how = json!({"callbacks": self.rng.u8(1..=3), "concurrent": self.rng.bool()});
        let answered = charge(&self.http, &self.history, &pay_id, &how).await;
        answered
            && match self.rng.u8(..8) {
                0 => self.undo("refunded", order_id).await,
                1 => self.undo("cancelled", order_id).await,
                _ => true,
            }
    }

    /// Gives an order up, or wants the money back; `false` where nobody answered.
    async fn undo(&mut self, what: &'static str, order_id: &str) -> bool {
        self.history.borrow_mut().acts.insert(order_id.to_owned(), (what, false));
        let mut reply = undo(&self.http, &self.shop, self.user, what, order_id).await;
        // The callback may still be on its way: a refund begins when the order has heard of its payment.
        for _ in 0..20 {
            if what == "cancelled" || !matches!(reply, Reply::Answer(409, _)) {
                break;
            }
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
            reply = undo(&self.http, &self.shop, self.user, what, order_id).await;
        }
        if matches!(reply, Reply::Answer(200 | 202, _)) {
            let mut history = self.history.borrow_mut();
            history.meet(what);
            history.acts.insert(order_id.to_owned(), (what, true));
        }
        !matches!(reply, Reply::Broken(_))
    }
}

/// Asks for an order to be given up, or for its money.
async fn undo(http: &Http, shop: &Shop, user: usize, what: &str, order_id: &str) -> Reply {
    let token = &shop.users[user].token;
    match what {
        "refunded" => {
            // What was refused to a key is refused for ever: each attempt has one of its own.
            let key = format!("refund-{order_id}-{}", fastrand::u64(..));
            http.post(&format!("/v1/orders/{order_id}/refund"), token, &key, &json!({})).await
        }
        _ => http.post(&format!("/v1/orders/{order_id}/cancel"), token, "", &json!({})).await,
    }
}

/// Sends request `at` of the history.
pub async fn send(http: &Http, shop: &Shop, history: &Shared, at: usize) -> Reply {
    let (path, user, key, body) = {
        let request = &history.borrow().requests[at];
        (request.kind.path(), request.user, request.key.clone(), request.body.clone())
    };
    http.post(path, &shop.users[user].token, &key, &body).await
}

/// Pays at the platform; `false` where nobody answered.
pub async fn charge(http: &Http, history: &Shared, pay_id: &str, how: &Value) -> bool {
    history.borrow_mut().charging(pay_id);
    let reply = http.post(&format!("/sandbox/trades/{pay_id}/pay"), "", "", how).await;
    history.borrow_mut().charged(pay_id, &reply);
    !matches!(reply, Reply::Broken(_))
}

/// Makes something. A connection that broke some time ago may be noticed only now: what is made twice then, nobody buys.
async fn make(http: &Http, path: &str, token: &str, body: &Value) -> Value {
    for _ in 0..20 {
        match http.post(path, token, "", body).await {
            Reply::Answer(503, _) => actix_web::rt::time::sleep(BUSY_PAUSE).await,
            reply => return reply.expect(201),
        }
    }
    panic!("{path} stays busy");
}

async fn sign_in(http: &Http, user_name: &str, user_password: &str) -> String {
    let body = json!({"user_name": user_name, "user_password": user_password});
    text(&http.post("/v1/sessions", "", "", &body).await.expect(201)["access_token"])
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
