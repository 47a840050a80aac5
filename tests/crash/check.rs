//! The checks after a restart: the recorded replies, the shop's present answers and the platform's records must agree.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::history::{Kind, Outcome};
use super::http::Http;
use super::load::{self, Shared, Shop, text};

/// Longer than `relay.lease`: messages that a killed node had claimed are delivered when its claim has ended.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
const CONCURRENT: usize = 16;

/// Waits until no order is unconfirmed, no message is undelivered, and every actor is healthy.
pub async fn settle(http: &Http, shop: &Shop) {
    let until = Instant::now() + SETTLED_WITHIN;
    let mut quiet = 0;
    // Twice in a row, because the values of one status are not read at the same time.
    while quiet < 2 {
        let status = http.get("/admin/status", &shop.admin).await.expect(200);
        let is_settled = status["sagas"]["unconfirmed"] == 0
            && status["sagas"]["in_flight"] == 0
            && status["outbox"]["pending"] == 0
            && status["payments"]["refunds_pending"] == 0
            && status["status"] == "healthy";
        quiet = if is_settled { quiet + 1 } else { 0 };
        if Instant::now() >= until {
            let [sagas, outbox, payments, summary] =
                ["sagas", "outbox", "payments", "status"].map(|part| &status[part]);
            panic!("not settled within {SETTLED_WITHIN:?}: {summary} {sagas} {outbox} {payments}\n{status:#}");
        }
        actix_web::rt::time::sleep(Duration::from_millis(if is_settled { 1 } else { 15 })).await;
    }
}

/// Runs all checks. Payments are checked from the request `since` on. Violations are added to the history.
pub async fn check(http: &Http, shop: &Shop, history: &Shared, since: usize) {
    settle(http, shop).await;
    repeat_requests(http, shop, history).await;
    settle(http, shop).await;
    let orders = check_orders(http, shop, history).await;
    let charged = check_payments(http, shop, history, since, &orders).await;
    check_paid_orders(history, &orders, &charged, since);
    check_accounts(http, shop, history, &orders).await;
}

fn violation(history: &Shared, text: String) {
    history.borrow_mut().violations.insert(text);
}

/// Repeats every request without an outcome until it has one and then once more, some requests with an outcome, and all
/// unconfirmed charges. The history checks that the outcomes do not change.
async fn repeat_requests(http: &Http, shop: &Shop, history: &Shared) {
    let count = history.borrow().requests.len();
    let is_unknown = |index: &usize| history.borrow().requests[*index].outcome == Outcome::Unknown;
    let mut repeated: Vec<usize> = (0..count).filter(is_unknown).collect();
    (0..repeated.len()).for_each(|_| history.borrow_mut().note("unknown"));
    repeated.extend((0..count).rev().step_by(7).take(40));
    let resolve = async |index: usize| {
        let until = Instant::now() + SETTLED_WITHIN;
        while Instant::now() < until {
            let reply = load::send(http, shop, history, index).await;
            if history.borrow_mut().record_reply(index, &reply) != Outcome::Unknown {
                let reply = load::send(http, shop, history, index).await;
                return drop(history.borrow_mut().record_reply(index, &reply));
            }
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        violation(history, format!("key-{index} has no outcome after {SETTLED_WITHIN:?}"));
    };
    stream::iter(repeated).for_each_concurrent(CONCURRENT, resolve).await;
    let unconfirmed: Vec<String> =
        history.borrow().charges.iter().filter(|(_, is_confirmed)| !**is_confirmed).map(|(id, _)| id.clone()).collect();
    for pay_id in unconfirmed {
        load::charge(http, history, &pay_id, &json!({})).await;
    }
}

type Orders = BTreeMap<String, Value>;

/// The orders that no recorded reply has named so far.
pub async fn unanswered_orders(http: &Http, shop: &Shop, history: &Shared) -> Vec<Value> {
    settle(http, shop).await;
    let mut found = list_orders(http, shop, history).await;
    for request in &history.borrow().requests {
        if let Outcome::Made(id) | Outcome::Refused(.., id) = &request.outcome {
            found.remove(id);
        }
    }
    found.into_values().collect()
}

/// Lists all orders of all users.
async fn list_orders(http: &Http, shop: &Shop, history: &Shared) -> Orders {
    let mut found = Orders::new();
    for user in &shop.users {
        let mut cursor = String::new();
        loop {
            let page =
                http.get(&format!("/v1/orders?include=refused&limit=100{cursor}"), &user.token).await.expect(200);
            for order in page["items"].as_array().unwrap() {
                if found.insert(text(&order["order_id"]), order.clone()).is_some() {
                    violation(history, format!("{} is listed twice", order["order_id"]));
                }
            }
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
    }
    found
}

/// Compares the orders with the history: there must be exactly one for each key. Returns the orders.
async fn check_orders(http: &Http, shop: &Shop, history: &Shared) -> Orders {
    let found = list_orders(http, shop, history).await;
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
        let matches = match &request.outcome {
            Outcome::Made(_) => {
                let status = order["order_status"].as_str().unwrap();
                match history.reversals.get(id) {
                    None => status == "confirmed",
                    Some((expected, true)) => status == *expected,
                    Some((expected, false)) => status == *expected || status == "confirmed",
                }
            }
            Outcome::Refused(_, code, _) => order["order_status"] != "confirmed" && order["refusal"] == code.as_str(),
            Outcome::Unknown => true,
        };
        if !matches || order["user_id"] != shop.users[request.user].id.as_str() {
            violations.push(format!("{} was answered {:?}, but the order is {order}", request.key, request.outcome));
        }
    }
    let cancelled_early = |order: &&Value| order["refusal"] == "order_deadline_passed" && !history.a_node_was_killed;
    let cancelled_early = found.values().filter(cancelled_early);
    violations.extend(cancelled_early.map(|order| format!("cancelled although there was time to confirm it: {order}")));
    let doubled = found.keys().filter(|id| !answered.contains(*id));
    violations.extend(doubled.map(|id| format!("DOUBLED: no reply has named the order {id}")));
    history.violations.extend(violations);
    found
}

/// Compares the payments started since the request `since` with the platform's records. Returns the orders that the
/// platform has charged.
async fn check_payments(http: &Http, shop: &Shop, history: &Shared, since: usize, orders: &Orders) -> BTreeSet<String> {
    let started: BTreeSet<(usize, String)> = {
        let history = history.borrow();
        let payments = history.requests.iter().skip(since).filter(|request| request.kind == Kind::Payment);
        payments
            .filter_map(|request| match &request.outcome {
                Outcome::Made(pay_id) => Some((request.user, pay_id.clone())),
                _ => None,
            })
            .collect()
    };
    let fetch = async |(user, pay_id): (usize, String)| {
        let trade = http.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200);
        let payment = http.get(&format!("/v1/payments/{pay_id}"), &shop.users[user].token).await.expect(200);
        (trade, payment)
    };
    let fetched: Vec<(Value, Value)> = stream::iter(started).map(fetch).buffer_unordered(CONCURRENT).collect().await;
    let mut charged = BTreeSet::new();
    for (trade, payment) in fetched {
        let is_charged = trade["charged"] != "0.00";
        let deliveries = trade["deliveries"].as_array().unwrap();
        let records_may_be_lost = history.borrow().delivery_records_may_be_lost;
        let is_acknowledged =
            || records_may_be_lost || deliveries.iter().any(|delivery| delivery["status_code"] == 200);
        let order = orders.get(payment["order_id"].as_str().unwrap());
        // The payment of an order that is not confirmed is refunded in full.
        let is_unwanted = order.is_some_and(|order| order["order_status"] != "confirmed");
        let status = if is_unwanted { "refunded" } else { "paid" };
        let refunded = if is_unwanted { &trade["charged"] } else { &json!("0.00") };
        let matches = (payment["status"] == status) == is_charged
            && trade["refunded"] == *refunded
            && (!is_charged || trade["charged"] == payment["pay_amount"])
            && (!is_charged || is_acknowledged());
        if !matches {
            violation(history, format!("the platform has {trade}, the shop has {payment}"));
        }
        let confirmed = history.borrow().charges.get(payment["pay_id"].as_str().unwrap()).copied();
        if is_charged != confirmed.unwrap_or(false) {
            violation(history, format!("confirmed charge: {confirmed:?}, the platform has {trade}"));
        }
        if is_charged && !charged.insert(text(&payment["order_id"])) {
            violation(history, format!("two payments of {} are charged", payment["order_id"]));
        }
    }
    for order_id in &charged {
        let is_known = |order: &Value| order["pay_status"] == "paid" || order["order_status"] == "cancelled";
        if !orders.get(order_id).is_some_and(is_known) {
            violation(history, format!("LOST: {order_id} is paid at the platform and not in the shop"));
        }
    }
    charged
}

/// Checks that the platform has charged every paid order.
fn check_paid_orders(history: &Shared, orders: &Orders, charged: &BTreeSet<String>, since: usize) {
    // Only a check from the first request on has the payments of all orders.
    if since > 0 {
        return;
    }
    for (order_id, order) in orders {
        if order["pay_status"] == "paid" && minor(&order["pay_amount"]) > 0 && !charged.contains(order_id) {
            violation(history, format!("{order_id} is paid in the shop and not at the platform"));
        }
    }
}

/// Checks stock, balances and points against the orders.
async fn check_accounts(http: &Http, shop: &Shop, history: &Shared, orders: &Orders) {
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
            violation(history, format!("goods {goods_id}: of {opening}, {sold} are sold and {left} left"));
        }
    }
    for user in &shop.users {
        let me = http.get("/v1/users/me", &user.token).await.expect(200);
        let (spent, points) = (spent.get(&user.id).copied().unwrap_or(0), points.get(&user.id).copied().unwrap_or(0));
        if minor(&me["user_money"]) != user.balance - spent || me["user_score"] != points {
            violation(history, format!("{spent} of {} spent, {points} points earned, but: {me}", user.balance));
        }
    }
}

/// An amount in minor units.
fn minor(amount: &Value) -> i64 {
    amount.as_str().and_then(|text| text.replace('.', "").parse().ok()).unwrap_or_else(|| panic!("no amount: {amount}"))
}
