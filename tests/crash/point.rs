//! The process dies at named points of every owner, the first time it comes there and later.

use std::cell::Cell;
use std::os::unix::process::ExitStatusExt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::http::Http;
use super::process::Server;
use super::run::{Run, alone, gone};

const OWNERS: [&str; 6] = ["order", "goods", "coupon", "user", "pay", "sandbox"];
const POINTS: [&str; 3] = ["apply", "before_commit", "after_commit"];
/// So many times the point is passed before. The owners with an outbox come there a few times in their start.
const SKIPPED: [u32; 2] = [0, 3];
const SKIPPED_IN_START: [u32; 3] = [0, 3, 8];
const ABORTED: i32 = 6;
const STRIKES_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn killed_at_every_point_of_every_owner_it_loses_nothing_it_acknowledged() {
    let _alone = alone();
    System::new().block_on(async {
        let mut rng = Rng::with_seed(7);
        // One folder for all: each death is on top of what the ones before have left.
        let mut run = Run::new("points").await;
        for owner in OWNERS {
            for point in POINTS {
                let has_outbox = matches!(owner, "order" | "pay" | "sandbox");
                for skipped in if has_outbox { &SKIPPED_IN_START[..] } else { &SKIPPED } {
                    strike(&mut run, &mut rng, &format!("{owner}.{point}=kill@{skipped}")).await;
                }
            }
        }
        println!("45 points hit; met {:?}", run.history.borrow().met);
    });
}

async fn strike(run: &mut Run, rng: &mut Rng, plan: &str) {
    let since = run.history.borrow().requests.len();
    let plan = [("TRADEPOST_FAULTS", plan)];
    // A point that is passed in a start ends it: that is a hit too.
    if let Some(mut server) = Server::spawn(&run.data, &plan).listening() {
        let customers = run.customers(&Http::new(&server.url), &Rc::new(Cell::new(false)), rng);
        let until = Instant::now() + STRIKES_WITHIN;
        let ended = loop {
            if let Some(status) = server.ended() {
                break status;
            }
            assert!(Instant::now() < until, "{plan:?} was not hit");
            sleep(Duration::from_millis(2)).await;
        };
        assert_eq!(ended.signal(), Some(ABORTED), "{plan:?}: {ended}");
        gone(customers).await;
    } else {
        run.history.borrow_mut().meet("died in its start");
    }
    run.check(Server::start(&run.data, &[]), since).await;
}
