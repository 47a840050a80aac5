//! `kill -9` at a random instant under load, again while it recovers, cycle after cycle on one data folder.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::http::Http;
use super::process::{Data, Server};
use super::run::{Run, alone, from_environment, gone};
use super::server::place::Place;

/// What a run must have met, else it proves nothing.
const MEANT: [&str; 13] = [
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
    "asked again",
    "unknown",
    "done and unheard",
];

#[test]
fn killed_at_random_instants_it_loses_nothing_it_acknowledged() {
    let _alone = alone();
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
        gone(customers).await;
        // And again, before it listens, while it recovers, or just after.
        while rng.u8(..2) == 0 {
            let server = Server::spawn(&run.data, &[]);
            sleep(Duration::from_millis(rng.u64(0..=300))).await;
            server.kill();
            run.history.borrow_mut().meet("killed while recovering");
        }
        let last = cycle == cycles;
        run.check(Server::start(&run.data, &[]), if last { 0 } else { since }).await;
    }
    let history = run.history.borrow();
    println!(
        "{cycles} cycles, seed {seed}, {} requests, 0 lost, 0 doubled; met {:?}",
        history.requests.len(),
        history.met
    );
    for what in MEANT {
        assert!(cycles < 10 || history.times(what) > 0, "no {what} in {:?}: the run proves nothing", history.met);
    }
}

#[test]
fn killed_in_its_very_first_start_it_starts_again() {
    let _alone = alone();
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
