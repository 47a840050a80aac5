//! SIGTERM under load: what was accepted is answered or driven on.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::http::Http;
use super::process::Server;
use super::run::{Run, alone, gone};

const ROUNDS: u32 = 3;
const CLIENTS_MAX: u64 = 12;

#[test]
fn asked_to_stop_under_load_it_finishes_what_it_accepted() {
    let _alone = alone();
    System::new().block_on(async {
        let mut rng = Rng::with_seed(11);
        let mut run = Run::new("stop").await;
        for _ in 0..ROUNDS {
            let server = Server::start(&run.data, &[]);
            let http = Http::new(&server.url);
            Rc::get_mut(&mut run.shop).unwrap().refill(&http).await;
            let customers = run.customers(&http, &Rc::new(Cell::new(false)), &mut rng);
            sleep(Duration::from_millis(rng.u64(100..=500))).await;
            // They go on asking: a stop does not depend on anybody's politeness.
            let asked = Instant::now();
            server.terminate();
            gone(customers).await;
            let status = server.wait(Duration::from_secs(30));
            assert_eq!(status.code(), Some(0), "{status}");
            println!("stopped within {:?}", asked.elapsed());
            run.check(Server::start(&run.data, &[]), 0).await;
        }
        let history = run.history.borrow();
        println!("met {:?}", history.met);
        // Nobody whose request was read is left without an answer: each customer hears "nobody there" once, at the end.
        let (unanswered, rounds) = (history.times("unanswered"), u64::from(ROUNDS));
        assert!(unanswered <= CLIENTS_MAX * rounds, "{unanswered} requests unanswered in {rounds} rounds");
        assert!(history.times("order") > 0 && history.times("charge") > 0, "the run proves nothing");
    });
}
