//! Customers who order, pay and repeat requests until the server is gone.

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
/// Pause after an answer with the code `busy`.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

pub struct User {
    pub id: String,
    pub token: String,
    /// The credited balance, in minor units.
    pub balance: i64,
    coupons: Vec<String>,
}

/// The accounts and the goods.
pub struct Shop {
    pub admin: String,
    pub users: Vec<User>,
    /// Initial stock of each product.
    pub stock: BTreeMap<String, i64>,
    plenty: String,
    hot: String,
}

pub type Shared = Rc<RefCell<History>>;

impl Shop {
    /// Registers the users and creates the goods.
    pub async fn open(http: &Http) -> Self {
        let admin = sign_in(http, "admin", ADMIN_PASSWORD).await;
        let mut users = Vec::new();
        for number in 0..USERS {
            let (name, password) = (format!("user-{number}"), "a good password");
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
        let id = text(&create(http, "/admin/goods", &self.admin, &body).await["goods_id"]);
        self.stock.insert(id.clone(), number);
        id
    }

    /// Creates goods with a small stock, and new coupons.
    pub async fn refill(&mut self, http: &Http) {
        self.hot = self.goods(http, HOT).await;
        for user in &mut self.users {
            let body = json!({"user_id": user.id, "coupon_price": "5.00"});
            user.coupons.clear();
            for _ in 0..2 {
                let coupon = create(http, "/admin/coupons", &self.admin, &body).await;
                user.coupons.push(text(&coupon["coupon_id"]));
            }
        }
    }

    /// A random order, and its name in the counts.
    pub fn order_body(&self, user: usize, rng: &mut Rng) -> (&'static str, Value) {
        let (hot, both) = (rng.u8(..10) < 3, rng.u8(..10) == 0);
        let mut lines = vec![(if hot { &self.hot } else { &self.plenty }, rng.i64(1..=3))];
        if both {
            lines.push((if hot { &self.plenty } else { &self.hot }, 1));
        }
        let lines: Vec<Value> =
            lines.into_iter().map(|(id, number)| json!({"goods_id": id, "goods_number": number})).collect();
        let mut body = json!({"goods": lines, "address": "1 Main Street", "consignee": "any consignee"});
        let event = match rng.u8(..10) {
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
        (event, body)
    }
}

/// Starts the customers. They end when the server does not answer, or when `stop` is set.
pub fn start(
    http: &Http,
    shop: &Rc<Shop>,
    history: &Shared,
    stop: &Rc<Cell<bool>>,
    rng: &mut Rng,
) -> Vec<JoinHandle<()>> {
    let start = |number| {
        let (http, shop, stop, rng) = (http.clone(), Rc::clone(shop), Rc::clone(stop), rng.fork());
        let customer = Customer { user: number % USERS, http, shop, history: Rc::clone(history), rng };
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
    /// Sends one request, and others that follow from its outcome. Returns `false` if the server did not answer.
    async fn act(&mut self) -> bool {
        if self.rng.u8(..10) == 0 {
            return self.repeat_a_request().await;
        }
        let (event, body) = self.shop.order_body(self.user, &mut self.rng);
        let index = self.history.borrow_mut().invoke(Kind::Order, self.user, body);
        let (is_answered, outcome) = self.send(index).await;
        match outcome {
            Outcome::Made(order_id) => {
                self.history.borrow_mut().note(event);
                is_answered
                    && match self.rng.u8(..10) {
                        0..=3 => true,
                        4 => self.reverse("cancelled", &order_id).await,
                        _ => self.pay(&order_id).await,
                    }
            }
            Outcome::Refused(_, code, _) => {
                self.history.borrow_mut().note(&code);
                is_answered
            }
            Outcome::Unknown => is_answered,
        }
    }

    async fn send(&self, index: usize) -> (bool, Outcome) {
        let reply = send(&self.http, &self.shop, &self.history, index).await;
        if matches!(reply, Reply::Answer(503, _)) {
            actix_web::rt::time::sleep(BUSY_PAUSE).await;
        }
        (!matches!(reply, Reply::Broken(_)), self.history.borrow_mut().record_reply(index, &reply))
    }

    /// Repeats an earlier request of this customer with its key. It may have been answered or be in progress.
    async fn repeat_a_request(&mut self) -> bool {
        let index = {
            let history = self.history.borrow();
            let is_own = |index: &usize| history.requests[*index].user == self.user;
            let tries: Vec<usize> = (0..8).map(|_| self.rng.usize(..history.requests.len().max(1))).collect();
            tries.into_iter().filter(|index| *index < history.requests.len()).find(is_own)
        };
        let Some(index) = index else { return true };
        let (is_answered, outcome) = self.send(index).await;
        if outcome != Outcome::Unknown {
            self.history.borrow_mut().note("repeated request");
        }
        is_answered
    }

    async fn pay(&mut self, order_id: &str) -> bool {
        let body = json!({"order_id": order_id, "provider": "sandbox"});
        // Sometimes with two keys, which must lead to the same payment.
        let mut started = None;
        for _ in 0..=self.rng.u8(..8) / 7 {
            let index = self.history.borrow_mut().invoke(Kind::Payment, self.user, body.clone());
            let (is_answered, outcome) = self.send(index).await;
            let Outcome::Made(pay_id) = outcome else { return is_answered };
            self.history.borrow_mut().note("payment");
            if started.as_ref().is_some_and(|first| *first != pay_id) {
                self.history.borrow_mut().violations.insert(format!("{order_id} has two open payments"));
            }
            started = Some(pay_id);
        }
        let Some(pay_id) = started.filter(|_| self.rng.u8(..10) < 8) else { return true };
        let how = json!({"callbacks": self.rng.u8(1..=3), "concurrent": self.rng.bool()});
        let is_answered = charge(&self.http, &self.history, &pay_id, &how).await;
        is_answered
            && match self.rng.u8(..8) {
                0 => self.reverse("refunded", order_id).await,
                1 => self.reverse("cancelled", order_id).await,
                _ => true,
            }
    }

    /// Cancels or refunds an order. Returns `false` if the server did not answer.
    async fn reverse(&mut self, how: &'static str, order_id: &str) -> bool {
        self.history.borrow_mut().reversals.insert(order_id.to_owned(), (how, false));
        let mut reply = reverse(&self.http, &self.shop, self.user, how, order_id).await;
        // The order accepts a refund only after it was notified of its payment.
        for _ in 0..20 {
            if how == "cancelled" || !matches!(reply, Reply::Answer(409, _)) {
                break;
            }
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
            reply = reverse(&self.http, &self.shop, self.user, how, order_id).await;
        }
        if matches!(reply, Reply::Answer(200 | 202, _)) {
            let mut history = self.history.borrow_mut();
            history.note(how);
            history.reversals.insert(order_id.to_owned(), (how, true));
        }
        !matches!(reply, Reply::Broken(_))
    }
}

/// Requests the cancellation or the refund of an order.
async fn reverse(http: &Http, shop: &Shop, user: usize, how: &str, order_id: &str) -> Reply {
    let token = &shop.users[user].token;
    match how {
        "refunded" => {
            // A refusal stays with its key, so each attempt needs a new one.
            let key = format!("refund-{order_id}-{}", fastrand::u64(..));
            http.post(&format!("/v1/orders/{order_id}/refund"), token, &key, &json!({})).await
        }
        _ => http.post(&format!("/v1/orders/{order_id}/cancel"), token, "", &json!({})).await,
    }
}

/// Sends the request `index` of the history.
pub async fn send(http: &Http, shop: &Shop, history: &Shared, index: usize) -> Reply {
    let (path, user, key, body) = {
        let request = &history.borrow().requests[index];
        (request.kind.path(), request.user, request.key.clone(), request.body.clone())
    };
    http.post(path, &shop.users[user].token, &key, &body).await
}

/// Pays at the platform. Returns `false` if the server did not answer.
pub async fn charge(http: &Http, history: &Shared, pay_id: &str, how: &Value) -> bool {
    history.borrow_mut().charge_requested(pay_id);
    let reply = http.post(&format!("/sandbox/trades/{pay_id}/pay"), "", "", how).await;
    history.borrow_mut().charge_answered(pay_id, &reply);
    !matches!(reply, Reply::Broken(_))
}

/// Creates a resource. A broken connection may be noticed only after the resource was created, and the repetition then
/// creates a second one, which no customer uses.
async fn create(http: &Http, path: &str, token: &str, body: &Value) -> Value {
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
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}
