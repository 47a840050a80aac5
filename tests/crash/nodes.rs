//! Two nodes on one database, with customers at both. One of the nodes is killed.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;
use futures_util::future::join;

use super::check;
use super::first_start::{data_of_two_nodes, node};
use super::history::{Kind, Outcome};
use super::http::Http;
use super::load;
use super::process::Server;
use super::run::{Run, exclusive, from_environment, wait_for_all};
use super::server::place::Place;
use super::server::{Engine, engine};

/// Events that a run must have seen. Otherwise it proves nothing.
const EXPECTED: [&str; 7] = [
    "hot order",
    "order with coupon",
    "insufficient_stock",
    "coupon_already_used",
    "charge",
    "repeated request",
    "concurrent duplicates",
];

#[test]
fn two_nodes_never_oversell_and_one_continues_when_the_other_is_killed() {
    if engine() == Engine::Sqlite {
        return println!("SQLite supports one node");
    }
    let _lock = exclusive();
    let seed = from_environment("TRADEPOST_CRASH_SEED", fastrand::u64(..1_000_000_000));
    println!("TRADEPOST_CRASH_SEED={seed}");
    System::new().block_on(two_nodes(Rng::with_seed(seed)));
}

async fn two_nodes(mut rng: Rng) {
    let place = Place::new();
    let data = data_of_two_nodes(&place);
    let settings = |number| {
        let times = [("TRADEPOST__ORDERS__DEADLINE", "6s"), ("TRADEPOST__RELAY__LEASE", "4s")];
        [&node(number)[..], &times].concat()
    };
    let spawned = [Server::spawn(&data[0], &settings("1")), Server::spawn(&data[1], &settings("2"))];
    let [one, two] = spawned.map(|server| server.listening().unwrap_or_else(|| panic!("the node did not start")));
    let (to_one, to_two) = (Http::new(&one.url), Http::new(&two.url));
    let [data, _] = data;
    let mut run = Run::at("nodes", data, &to_one).await;
    let stop = Rc::new(Cell::new(false));
    let at_one = run.customers(&to_one, &stop, &mut rng);
    let at_two = run.customers(&to_two, &stop, &mut rng);
    let until = Instant::now() + Duration::from_millis(2_500);
    while Instant::now() < until {
        send_to_both(&run, [&to_one, &to_two], &mut rng).await;
    }
    let cancelled = run.history.borrow().count("order_deadline_passed");
    assert_eq!(cancelled, 0, "orders of a running node were cancelled");

    two.kill();
    run.history.borrow_mut().a_node_was_killed = true;
    let killed = Instant::now();
    wait_for_all(at_two).await;
    sleep(Duration::from_millis(700)).await;
    stop.set(true);
    wait_for_all(at_one).await;
    check::settle(&to_one, &run.shop).await;
    let settled_after = killed.elapsed();
    run.check(one, 0).await;
    let history = run.history.borrow();
    println!(
        "{} requests, settled {settled_after:?} after the kill, seen {:?}",
        history.requests.len(),
        history.counts
    );
    for event in EXPECTED {
        assert!(history.count(event) > 0, "no {event} in {:?}: the run proves nothing", history.counts);
    }
}

/// Sends an order with the same new key to both nodes at the same time.
async fn send_to_both(run: &Run, [one, two]: [&Http; 2], rng: &mut Rng) {
    let user = rng.usize(..run.shop.users.len());
    let (_, body) = run.shop.order_body(user, rng);
    let index = run.history.borrow_mut().invoke(Kind::Order, user, body);
    let send = async |http| {
        let reply = load::send(http, &run.shop, &run.history, index).await;
        run.history.borrow_mut().record_reply(index, &reply)
    };
    let outcomes = join(send(one), send(two)).await;
    if outcomes.0 != Outcome::Unknown && outcomes.1 != Outcome::Unknown {
        run.history.borrow_mut().note("concurrent duplicates");
    }
}
