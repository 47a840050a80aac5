//! After a restart: what the clients were told, the shop's answers now, and the platform's own ledger must agree.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::history::{Kind, Outcome};
use super::http::Http;
use super::load::{self, Shared, Shop, text};

const SETTLED_WITHIN: Duration = Duration::from_secs(30);
const AT_ONCE: usize = 16;

/// Waits until nothing is under way: no order unconfirmed, no message undelivered, every actor well.
pub async fn settle(http: &Http, shop: &Shop) {
    let until = Instant::now() + SETTLED_WITHIN;
    let mut quiet = 0;
    // Twice in a row: the parts of a status are not of one moment.
    while quiet < 2 {
        let status = http.get("/admin/status", &shop.admin).await.expect(200);
        let settled = status["sagas"]["unconfirmed"] == 0
            && status["sagas"]["in_flight"] == 0
            && status["outbox"]["pending"] == 0
            && status["payments"]["refunds_pending"] == 0
            && status["status"] == "healthy";
        quiet = if settled { quiet + 1 } else { 0 };
        assert!(Instant::now() < until, "not settled within {SETTLED_WITHIN:?}: {status:#}");
        actix_web::rt::time::sleep(Duration::from_millis(if settled { 1 } else { 15 })).await;
    }
}

/// The whole check; `since` is the first request whose payment is looked at. What is wrong goes into the history.
pub async fn check(http: &Http, shop: &Shop, history: &Shared, since: usize) {
    settle(http, shop).await;
    ask_again(http, shop, history).await;
    settle(http, shop).await;
    let orders = orders(http, shop, history).await;
    let charged = payments(http, shop, history, since, &orders).await;
    paid(history, &orders, &charged, since);
    accounts(http, shop, history, &orders).await;
}

fn wrong(history: &Shared, what: String) {
    history.borrow_mut().wrong.insert(what);
}

/// Every request without an outcome is sent again until it has one, and once more; so are some that have one; so are
/// the charges nobody confirmed. That the answers are always the same, the history sees.
async fn ask_again(http: &Http, shop: &Shop, history: &Shared) {
    let all = history.borrow().requests.len();
    let unknown = |at: &usize| history.borrow().requests[*at].outcome == Outcome::Unknown;
    let mut again: Vec<usize> = (0..all).filter(unknown).collect();
    (0..again.len()).for_each(|_| history.borrow_mut().meet("unknown"));
    again.extend((0..all).rev().step_by(7).take(40));
    let resolve = async |at: usize| {
        let until = Instant::now() + SETTLED_WITHIN;
        while Instant::now() < until {
            let reply = load::send(http, shop, history, at).await;
            if history.borrow_mut().told(at, &reply) != Outcome::Unknown {
                let reply = load::send(http, shop, history, at).await;
                return drop(history.borrow_mut().told(at, &reply));
            }
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        wrong(history, format!("key-{at} has no outcome after {SETTLED_WITHIN:?}"));
    };
    stream::iter(again).for_each_concurrent(AT_ONCE, resolve).await;
    let unknown: Vec<String> =
        history.borrow().charges.iter().filter(|(_, answered)| !**answered).map(|(id, _)| id.clone()).collect();
    for pay_id in unknown {
        load::charge(http, history, &pay_id, &json!({})).await;
    }
}

type Orders = BTreeMap<String, Value>;

/// Orders that are no answer anybody heard, before anybody asked again.
pub async fn unheard(http: &Http, shop: &Shop, history: &Shared) -> Vec<Value> {
    settle(http, shop).await;
    let mut found = list(http, shop, history).await;
    for request in &history.borrow().requests {
        if let Outcome::Made(id) | Outcome::Refused(.., id) = &request.outcome {
            found.remove(id);
        }
    }
    found.into_values().collect()
}

/// All orders of all users.
async fn list(http: &Http, shop: &Shop, history: &Shared) -> Orders {
    let mut found = Orders::new();
    for user in &shop.users {
        let mut cursor = String::new();
        loop {
            let page = http.get(&format!("/v1/orders?limit=100{cursor}"), &user.token).await.expect(200);
            for order in page["items"].as_array().unwrap() {
                if found.insert(text(&order["order_id"]), order.clone()).is_some() {
                    wrong(history, format!("{} is listed twice", order["order_id"]));
                }
            }
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
    }
    found
}

/// The orders, compared with the history: one for each key, none besides.
async fn orders(http: &Http, shop: &Shop, history: &Shared) -> Orders {
    let found = list(http, shop, history).await;
    let mut history = history.borrow_mut();
    let mut answered = BTreeSet::new();
    let mut violations = Vec::new();
    for request in history.requests.iter().filter(|request| request.kind == Kind::Order) {
        let (Outcome::Made(id) | Outcome::Refused(.., id)) = &request.outcome else { continue };
        let Some(order) = found.get(id) else {
            violations
                .push(format!("LOST: {} was answered {:?}, there is no such order", request.key, request.outcome));
            continue;
        };
        if !answered.insert(id.clone()) {
            violations.push(format!("{id} is the answer to two keys, one is {}", request.key));
        }
        let fits = match &request.outcome {
            Outcome::Made(_) => {
                let status = order["order_status"].as_str().unwrap();
                match history.acts.get(id) {
                    None => status == "confirmed",
                    Some((what, true)) => status == *what,
                    Some((what, false)) => status == *what || status == "confirmed",
                }
            }
            Outcome::Refused(_, code, _) => order["order_status"] != "confirmed" && order["refusal"] == code.as_str(),
            Outcome::Unknown => true,
        };
        if !fits || order["user_id"] != shop.users[request.user].id.as_str() {
            violations.push(format!("{} was answered {:?}, but the order is {order}", request.key, request.outcome));
        }
    }
    let given_up = |order: &&Value| order["refusal"] == "order_deadline_passed" && !history.a_node_is_gone;
    let given_up = found.values().filter(given_up);
    violations.extend(given_up.map(|order| format!("given up, and there was time to drive it on: {order}")));
    let doubled = found.keys().filter(|id| !answered.contains(*id));
    violations.extend(doubled.map(|id| format!("DOUBLED: the order {id} is no key's answer")));
    history.wrong.extend(violations);
    found
}

/// The payments begun since, against the platform's ledger. Returns which orders the platform has money for.
async fn payments(http: &Http, shop: &Shop, history: &Shared, since: usize, orders: &Orders) -> BTreeSet<String> {
    let begun: BTreeSet<(usize, String)> = {
        let history = history.borrow();
        let payments = history.requests.iter().skip(since).filter(|request| request.kind == Kind::Payment);
        payments
            .filter_map(|request| match &request.outcome {
                Outcome::Made(pay_id) => Some((request.user, pay_id.clone())),
                _ => None,
            })
            .collect()
    };
    let look = async |(user, pay_id): (usize, String)| {
        let trade = http.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200);
        let payment = http.get(&format!("/v1/payments/{pay_id}"), &shop.users[user].token).await.expect(200);
        (trade, payment)
    };
    let looked: Vec<(Value, Value)> = stream::iter(begun).map(look).buffer_unordered(AT_ONCE).collect().await;
    let mut charged = BTreeSet::new();
    for (trade, payment) in looked {
        let is_charged = trade["charged"] != "0.00";
        let deliveries = trade["deliveries"].as_array().unwrap();
        let notes_are_lost = history.borrow().notes_are_lost;
        let acknowledged = || notes_are_lost || deliveries.iter().any(|delivery| delivery["status_code"] == 200);
        let order = orders.get(payment["order_id"].as_str().unwrap());
        // What a dead order has is given back, all of it.
        let is_dead = order.is_some_and(|order| order["order_status"] != "confirmed");
        let status = if is_dead { "refunded" } else { "paid" };
        let back = if is_dead { &trade["charged"] } else { &json!("0.00") };
        let fits = (payment["status"] == status) == is_charged
            && trade["refunded"] == *back
            && (!is_charged || trade["charged"] == payment["pay_amount"])
            && (!is_charged || acknowledged());
        if !fits {
            wrong(history, format!("the platform says {trade}, the shop says {payment}"));
        }
        let asked = history.borrow().charges.get(payment["pay_id"].as_str().unwrap()).copied();
        if is_charged != asked.unwrap_or(false) {
            wrong(history, format!("the customer paid: {asked:?}, the platform says {trade}"));
        }
        if is_charged && !charged.insert(text(&payment["order_id"])) {
            wrong(history, format!("two payments of {} are charged", payment["order_id"]));
        }
    }
    for order_id in &charged {
        let settled = |order: &Value| order["pay_status"] == "paid" || order["order_status"] == "cancelled";
        if !orders.get(order_id).is_some_and(settled) {
            wrong(history, format!("LOST: {order_id} is paid at the platform, and not here"));
        }
    }
    charged
}

/// No order is paid without the platform's money.
fn paid(history: &Shared, orders: &Orders, charged: &BTreeSet<String>, since: usize) {
    // Of earlier cycles' orders only the last check looks at every payment.
    if since > 0 {
        return;
    }
    for (order_id, order) in orders {
        if order["pay_status"] == "paid" && minor(&order["pay_amount"]) > 0 && !charged.contains(order_id) {
            wrong(history, format!("{order_id} is paid here, and not at the platform"));
        }
    }
}

/// Stock, balances and points, counted from the orders alone.
async fn accounts(http: &Http, shop: &Shop, history: &Shared, orders: &Orders) {
    let (mut sold, mut spent, mut points) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for order in orders.values().filter(|order| order["order_status"] == "confirmed") {
        let user_id = text(&order["user_id"]);
        for line in order["goods"].as_array().unwrap() {
            *sold.entry(text(&line["goods_id"])).or_insert(0) += line["goods_number"].as_i64().unwrap();
        }
        *spent.entry(user_id.clone()).or_insert(0) += minor(&order["money_paid"]);
        if order["pay_status"] == "paid" {
            *points.entry(user_id).or_insert(0) += minor(&order["pay_amount"]) / 100;
        }
    }
    for (goods_id, opening) in &shop.stock {
        let left = http.get(&format!("/v1/goods/{goods_id}"), "").await.expect(200)["goods_number"].as_i64().unwrap();
        let sold = sold.get(goods_id).copied().unwrap_or(0);
        if left + sold != *opening || left < 0 {
            wrong(history, format!("goods {goods_id}: of {opening}, {sold} are sold and {left} left"));
        }
    }
    for user in &shop.users {
        let me = http.get("/v1/users/me", &user.token).await.expect(200);
        let (spent, points) = (spent.get(&user.id).copied().unwrap_or(0), points.get(&user.id).copied().unwrap_or(0));
        if minor(&me["user_money"]) != user.balance - spent || me["user_score"] != points {
            wrong(history, format!("{spent} of {} spent, {points} points earned, but: {me}", user.balance));
        }
    }
}

/// An amount in minor units.
fn minor(amount: &Value) -> i64 {
    amount.as_str().and_then(|text| text.replace('.', "").parse().ok()).unwrap_or_else(|| panic!("no amount: {amount}"))
}
