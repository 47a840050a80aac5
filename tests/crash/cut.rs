//! Connections break in the middle of a transaction: what became of it nobody knows, and it is found out.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;

use super::http::Http;
use super::process::{Data, Server};
use super::run::{Run, alone, from_environment, gone};
use super::server::place::Place;
use super::server::proxy::{Cut, Proxy};
use super::server::{Engine, Server as Database, engine};

/// Commits in a row whose connection breaks.
const IN_A_ROW: usize = 4;
const STRIKES_WITHIN: Duration = Duration::from_secs(20);

#[test]
fn a_commit_whose_answer_is_lost_happens_once_or_not_at_all() {
    let text: &[u8] = match engine() {
        Engine::Sqlite => return println!("SQLite has no connections to cut"),
        // As a message of its own: the words "read committed" are on the way too.
        Engine::Postgres => b"COMMIT\0",
        Engine::Mysql => b"\x03COMMIT",
    };
    let _alone = alone();
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
        run.history.borrow_mut().notes_are_lost = true;
        let stop = Rc::new(Cell::new(false));
        let customers = run.customers(&http, &stop, &mut rng);
        for _ in 0..rounds {
            for cut in [Cut::Before, Cut::After] {
                sleep(Duration::from_millis(rng.u64(50..=300))).await;
                strike(&proxy, text, cut).await;
            }
            // In the middle of whatever is going on.
            for _ in 0..IN_A_ROW {
                proxy.cut();
                sleep(Duration::from_millis(rng.u64(5..=80))).await;
            }
        }
        sleep(Duration::from_millis(500)).await;
        stop.set(true);
        gone(customers).await;
        println!("{} commits cut, {} times all; met {:?}", proxy.fired(), rounds * 4, run.history.borrow().met);
        run.check(server, 0).await;
        let history = run.history.borrow();
        println!("{} requests, met {:?}", history.requests.len(), history.met);
        assert!(history.times("order") > 0 && history.times("charge") > 0, "the run proves nothing");
    });
}

async fn strike(proxy: &Proxy, text: &[u8], cut: Cut) {
    let wanted = proxy.fired() + IN_A_ROW;
    proxy.cut_at(text, cut, IN_A_ROW);
    let until = Instant::now() + STRIKES_WITHIN;
    while proxy.fired() < wanted {
        assert!(Instant::now() < until, "{cut:?}: {} of {wanted} commits came", proxy.fired());
        sleep(Duration::from_millis(2)).await;
    }
}
