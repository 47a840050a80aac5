//! SIGTERM under load: accepted requests are answered, or their orders are finished later.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::check;
use super::http::Http;
use super::process::Server;
use super::run::{Run, exclusive, wait_for_all};

const ROUNDS: u32 = 3;

#[test]
fn a_graceful_stop_under_load_finishes_what_was_accepted() {
    let _lock = exclusive();
    System::new().block_on(async {
        let mut rng = Rng::with_seed(11);
        let mut run = Run::new("stop").await;
        for _ in 0..ROUNDS {
            let server = Server::start(&run.data, &[]);
            let http = Http::new(&server.url);
            let customers = run.customers(&http, &Rc::new(Cell::new(false)), &mut rng);
            sleep(Duration::from_millis(rng.u64(100..=500))).await;
            // The customers continue to send requests, because a stop must not depend on idle clients.
            let stopping = Instant::now();
            server.terminate();
            wait_for_all(customers).await;
            let status = server.wait(Duration::from_secs(30));
            assert_eq!(status.code(), Some(0), "{status}");
            println!("stopped within {:?}", stopping.elapsed());
            let server = Server::start(&run.data, &[]);
            let unanswered = check::unanswered_orders(&Http::new(&server.url), &run.shop, &run.history).await;
            assert!(unanswered.is_empty(), "accepted and not answered: {unanswered:?}");
            run.check(server, 0).await;
        }
        let history = run.history.borrow();
        println!("seen {:?}", history.counts);
        assert!(history.count("order") > 0 && history.count("charge") > 0, "the run proves nothing");
    });
}
