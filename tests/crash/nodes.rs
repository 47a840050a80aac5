//! Two nodes on one database, customers at both, and one of the two dies.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;
use futures_util::future::join;

use super::check;
use super::first_start::{for_two, node};
use super::history::{Kind, Outcome};
use super::http::Http;
use super::load;
use super::process::Server;
use super::run::{Run, alone, from_environment, gone};
use super::server::place::Place;
use super::server::{Engine, engine};

/// What a run must have met, else it proves nothing.
const MEANT: [&str; 7] =
    ["hot order", "order with coupon", "insufficient_stock", "coupon_already_used", "charge", "asked again", "twins"];

#[test]
fn two_nodes_sell_what_there_is_once_and_one_goes_on_when_the_other_dies() {
    if engine() == Engine::Sqlite {
        return println!("SQLite is one node's");
    }
    let _alone = alone();
    let seed = from_environment("TRADEPOST_CRASH_SEED", fastrand::u64(..1_000_000_000));
    println!("TRADEPOST_CRASH_SEED={seed}");
    System::new().block_on(both(Rng::with_seed(seed)));
}

async fn both(mut rng: Rng) {
    let place = Place::new();
    let data = for_two(&place);
    let settings = |number| {
        let times = [("TRADEPOST__ORDERS__DEADLINE", "6s"), ("TRADEPOST__RELAY__LEASE", "4s")];
        [&node(number)[..], &times].concat()
    };
    let spawned = [Server::spawn(&data[0], &settings("1")), Server::spawn(&data[1], &settings("2"))];
    let [one, two] = spawned.map(|server| server.listening().unwrap_or_else(|| panic!("it did not start")));
    let (to_one, to_two) = (Http::new(&one.url), Http::new(&two.url));
    let [data, _] = data;
    let mut run = Run::at("nodes", data, &to_one).await;
    let stop = Rc::new(Cell::new(false));
    let at_one = run.customers(&to_one, &stop, &mut rng);
    let at_two = run.customers(&to_two, &stop, &mut rng);
    let until = Instant::now() + Duration::from_millis(2_500);
    while Instant::now() < until {
        twins(&run, [&to_one, &to_two], &mut rng).await;
    }
    let given_up = run.history.borrow().times("order_deadline_passed");
    assert_eq!(given_up, 0, "orders of a node that lives were given up");

    two.kill();
    run.history.borrow_mut().a_node_is_gone = true;
    let killed = Instant::now();
    gone(at_two).await;
    sleep(Duration::from_millis(700)).await;
    stop.set(true);
    gone(at_one).await;
    check::settle(&to_one, &run.shop).await;
    let settled = killed.elapsed();
    run.check(one, 0).await;
    let history = run.history.borrow();
    println!("{} requests, settled {settled:?} after the kill, met {:?}", history.requests.len(), history.met);
    for what in MEANT {
        assert!(history.times(what) > 0, "no {what} in {:?}: the run proves nothing", history.met);
    }
}

/// The same new key at both nodes at once.
async fn twins(run: &Run, [one, two]: [&Http; 2], rng: &mut Rng) {
    let user = rng.usize(..run.shop.users.len());
    let (_, wish) = run.shop.wish(user, rng);
    let at = run.history.borrow_mut().invoke(Kind::Order, user, wish);
    let send = async |http| {
        let reply = load::send(http, &run.shop, &run.history, at).await;
        run.history.borrow_mut().told(at, &reply)
    };
    let outcomes = join(send(one), send(two)).await;
    if outcomes.0 != Outcome::Unknown && outcomes.1 != Outcome::Unknown {
        run.history.borrow_mut().meet("twins");
    }
}
