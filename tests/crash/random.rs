//! `kill -9` at random times under load and during recovery, in many cycles with the same data.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::http::Http;
use super::process::{Data, Server};
use super::run::{Run, exclusive, from_environment, wait_for_all};
use super::server::place::Place;

/// Events that a run must have seen. Otherwise it proves nothing.
const EXPECTED: [&str; 13] = [
    "order",
    "hot order",
    "order with balance",
    "order with coupon",
    "insufficient_stock",
    "coupon_already_used",
    "payment",
    "charge",
    "cancelled",
    "refunded",
    "repeated request",
    "unknown",
    "order without an answer",
];

#[test]
fn a_kill_at_a_random_time_loses_nothing_acknowledged() {
    let _lock = exclusive();
    let cycles = from_environment("TRADEPOST_CRASH_CYCLES", 20);
    let seed = from_environment("TRADEPOST_CRASH_SEED", fastrand::u64(..1_000_000_000));
    println!("TRADEPOST_CRASH_CYCLES={cycles} TRADEPOST_CRASH_SEED={seed}");
    System::new().block_on(campaign(cycles, seed));
}

async fn campaign(cycles: u64, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut run = Run::new(&format!("TRADEPOST_CRASH_SEED={seed}")).await;
    for cycle in 1..=cycles {
        let since = run.history.borrow().requests.len();
        let server = Server::start(&run.data, &[]);
        let http = Http::new(&server.url);
        let customers = run.customers(&http, &Rc::new(Cell::new(false)), &mut rng);
        sleep(Duration::from_millis(rng.u64(50..=600))).await;
        server.kill();
        wait_for_all(customers).await;
        // Kill it again before it listens, during recovery, or shortly after.
        while rng.u8(..2) == 0 {
            let server = Server::spawn(&run.data, &[]);
            sleep(Duration::from_millis(rng.u64(0..=300))).await;
            server.kill();
            run.history.borrow_mut().note("killed during recovery");
        }
        let is_last = cycle == cycles;
        run.check(Server::start(&run.data, &[]), if is_last { 0 } else { since }).await;
    }
    let history = run.history.borrow();
    println!(
        "{cycles} cycles, seed {seed}, {} requests, 0 lost, 0 doubled; seen {:?}",
        history.requests.len(),
        history.counts
    );
    for event in EXPECTED {
        assert!(cycles < 10 || history.count(event) > 0, "no {event} in {:?}: the run proves nothing", history.counts);
    }
}

#[test]
fn a_server_killed_during_its_first_start_starts_again() {
    let _lock = exclusive();
    let mut rng = Rng::with_seed(from_environment("TRADEPOST_CRASH_SEED", fastrand::u64(..1_000_000_000)));
    for _ in 0..from_environment("TRADEPOST_CRASH_CYCLES", 20).div_ceil(4) {
        let place = Place::new();
        let data = Data { folder: place.folder(), url: place.url() };
        for _ in 0..3 {
            let server = Server::spawn(&data, &[]);
            std::thread::sleep(Duration::from_millis(rng.u64(0..=80)));
            server.kill();
        }
        Server::start(&data, &[]).stop();
        assert_eq!(super::process::audit(&data), Vec::<String>::new());
    }
}
