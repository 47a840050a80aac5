//! Connections break in the middle of a transaction, so its outcome is unknown and has to be found out.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::http::Http;
use super::process::{Data, Server};
use super::run::{Run, exclusive, from_environment, wait_for_all};
use super::server::place::Place;
use super::server::proxy::{Cut, Proxy};
use super::server::{Engine, Server as Database, engine};

/// Number of commits whose connections are cut one after the other.
const IN_A_ROW: usize = 4;
const CUT_WITHIN: Duration = Duration::from_secs(20);

#[test]
fn a_commit_with_a_lost_answer_takes_effect_once_or_not_at_all() {
    let text: &[u8] = match engine() {
        Engine::Sqlite => return println!("SQLite has no connections to cut"),
        // With its end, because the words "read committed" are sent too.
        Engine::Postgres => b"COMMIT\0",
        Engine::Mysql => b"\x03COMMIT",
    };
    let _lock = exclusive();
    let rounds = from_environment("TRADEPOST_CRASH_CYCLES", 20).div_ceil(5);
    System::new().block_on(async {
        let mut rng = Rng::with_seed(29);
        let (place, proxy) = (Place::new(), Proxy::start(Database::shared(engine()).port()));
        let url = place.url();
        let (_, database) = url.rsplit_once('/').unwrap();
        let data = Data { folder: place.folder(), url: engine().url(proxy.port(), database) };
        let server = Server::start(&data, &[("TRADEPOST__RELAY__LEASE", "3s")]);
        let http = Http::new(&server.url);
        let mut run = Run::at("cut", data, &http).await;
        run.history.borrow_mut().delivery_records_may_be_lost = true;
        let stop = Rc::new(Cell::new(false));
        let customers = run.customers(&http, &stop, &mut rng);
        for _ in 0..rounds {
            for cut in [Cut::Before, Cut::After] {
                sleep(Duration::from_millis(rng.u64(50..=300))).await;
                cut_commits(&proxy, text, cut).await;
            }
            // At any point of the traffic.
            for _ in 0..IN_A_ROW {
                proxy.cut();
                sleep(Duration::from_millis(rng.u64(5..=80))).await;
            }
        }
        sleep(Duration::from_millis(500)).await;
        stop.set(true);
        wait_for_all(customers).await;
        println!(
            "{} commits cut, all connections cut {} times; seen {:?}",
            proxy.fired(),
            rounds * 4,
            run.history.borrow().counts
        );
        run.check(server, 0).await;
        let history = run.history.borrow();
        println!("{} requests, seen {:?}", history.requests.len(), history.counts);
        assert!(history.count("order") > 0 && history.count("charge") > 0, "the run proves nothing");
    });
}

async fn cut_commits(proxy: &Proxy, text: &[u8], cut: Cut) {
    let expected = proxy.fired() + IN_A_ROW;
    proxy.cut_at(text, cut, IN_A_ROW);
    let until = Instant::now() + CUT_WITHIN;
    while proxy.fired() < expected {
        assert!(Instant::now() < until, "{cut:?}: {} of {expected} commits were cut", proxy.fired());
        sleep(Duration::from_millis(2)).await;
    }
}
