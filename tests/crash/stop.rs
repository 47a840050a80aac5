//! SIGTERM under load: what was accepted is answered or driven on.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::check;
use super::http::Http;
use super::process::Server;
use super::run::{Run, alone, gone};

const ROUNDS: u32 = 3;

#[test]
fn asked_to_stop_under_load_it_finishes_what_it_accepted() {
    let _alone = alone();
    System::new().block_on(async {
        let mut rng = Rng::with_seed(11);
        let mut run = Run::new("stop").await;
        for _ in 0..ROUNDS {
            let server = Server::start(&run.data, &[]);
            let http = Http::new(&server.url);
            let customers = run.customers(&http, &Rc::new(Cell::new(false)), &mut rng);
            sleep(Duration::from_millis(rng.u64(100..=500))).await;
            // They go on asking: a stop does not depend on anybody's politeness.
            let asked = Instant::now();
            server.terminate();
            gone(customers).await;
            let status = server.wait(Duration::from_secs(30));
            assert_eq!(status.code(), Some(0), "{status}");
            println!("stopped within {:?}", asked.elapsed());
            let server = Server::start(&run.data, &[]);
            let unheard = check::unheard(&Http::new(&server.url), &run.shop, &run.history).await;
            assert!(unheard.is_empty(), "accepted, and nobody was told: {unheard:?}");
            run.check(server, 0).await;
        }
        let history = run.history.borrow();
        println!("met {:?}", history.met);
        assert!(history.times("order") > 0 && history.times("charge") > 0, "the run proves nothing");
    });
}
