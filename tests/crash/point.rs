//! The process aborts at the named fault points of every owner, at the first hit and at a later one.

use std::cell::Cell;
use std::os::unix::process::ExitStatusExt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::http::Http;
use super::process::Server;
use super::run::{Run, exclusive, wait_for_all};

const OWNERS: [&str; 6] = ["order", "goods", "coupon", "user", "pay", "sandbox"];
const POINTS: [&str; 3] = ["apply", "before_commit", "after_commit"];
/// Numbers of hits that pass before the abort. An owner with an outbox hits each point a few times during the start.
const SKIPPED: [u32; 2] = [0, 3];
const SKIPPED_WITH_OUTBOX: [u32; 3] = [0, 3, 8];
const ABORTED: i32 = 6;
const HIT_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn an_abort_at_any_fault_point_loses_nothing_acknowledged() {
    let _lock = exclusive();
    System::new().block_on(async {
        let mut rng = Rng::with_seed(7);
        // All aborts use the same data, so that each adds to what the earlier ones have left.
        let mut run = Run::new("points").await;
        for owner in OWNERS {
            for point in POINTS {
                let has_outbox = matches!(owner, "order" | "pay" | "sandbox");
                for skipped in if has_outbox { &SKIPPED_WITH_OUTBOX[..] } else { &SKIPPED } {
                    abort_at(&mut run, &mut rng, &format!("{owner}.{point}=kill@{skipped}")).await;
                }
            }
        }
        println!("45 points hit; seen {:?}", run.history.borrow().counts);
    });
}

async fn abort_at(run: &mut Run, rng: &mut Rng, plan: &str) {
    let since = run.history.borrow().requests.len();
    let plan = [("TRADEPOST_FAULTS", plan)];
    // The process may hit the point during its start, before it listens.
    if let Some(mut server) = Server::spawn(&run.data, &plan).listening() {
        let customers = run.customers(&Http::new(&server.url), &Rc::new(Cell::new(false)), rng);
        let until = Instant::now() + HIT_WITHIN;
        let ended = loop {
            if let Some(status) = server.ended() {
                break status;
            }
            assert!(Instant::now() < until, "{plan:?} was not hit");
            sleep(Duration::from_millis(2)).await;
        };
        assert_eq!(ended.signal(), Some(ABORTED), "{plan:?}: {ended}");
        wait_for_all(customers).await;
    } else {
        run.history.borrow_mut().note("aborted during the start");
    }
    run.check(Server::start(&run.data, &[]), since).await;
}
