//! Signals. SIGTERM under load: accepted requests are answered, or their orders are finished later.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use fastrand::Rng;

use super::check;
use super::http::Http;
use super::process::{Data, Server};
use super::run::{Run, exclusive, wait_for_all};
use super::server::{Engine, engine};

const ROUNDS: u32 = 3;

#[cfg(feature = "mysql")]
#[test]
fn a_start_that_waits_for_a_database_is_ended_by_a_signal() {
    let home = tempfile::tempdir().unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mysql://root@{}/shop", silent.local_addr().unwrap());
    let server = Server::spawn(&Data { folder: home.path().join("data"), url }, &[]);
    let _connection = silent.accept().unwrap();
    server.terminate();
    assert_eq!(server.wait(Duration::from_secs(3)).code(), Some(0));
}

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

#[test]
fn a_closed_terminal_does_not_stop_the_server() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let mut server = Server::start(&Data::embedded(home.path().join("data")), &[]);
    server.signal("HUP");
    System::new().block_on(async {
        Http::new(&server.url).get("/readyz", "").await.expect(200);
    });
    assert!(server.ended().is_none());
    server.stop();
}

#[test]
fn an_interrupt_ends_a_stop_that_waits_and_loses_nothing_and_a_repeated_sigterm_does_not() {
    if engine() != Engine::Sqlite {
        return println!("the test locks a SQLite file");
    }
    let _lock = exclusive();
    System::new().block_on(async {
        let mut rng = Rng::with_seed(12);
        let mut run = Run::new("second signal").await;
        let mut server = Server::start(&run.data, &[("TRADEPOST__HTTP__SHUTDOWN_WITHIN", "60s")]);
        let customers = run.customers(&Http::new(&server.url), &Rc::new(Cell::new(false)), &mut rng);
        sleep(Duration::from_millis(300)).await;
        // No order can be finished while another process holds this lock.
        let goods = run.data.folder.join("goods.db");
        let mut goods = SqliteConnection::establish(&goods.display().to_string()).unwrap();
        goods.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").unwrap();
        sleep(Duration::from_millis(300)).await;
        server.terminate();
        sleep(Duration::from_millis(500)).await;
        server.terminate();
        sleep(Duration::from_millis(500)).await;
        assert!(server.ended().is_none(), "the stop goes on");
        server.signal("INT");
        let status = server.wait(Duration::from_secs(5));
        assert_eq!(status.code(), Some(130), "{status}");
        drop(goods);
        wait_for_all(customers).await;
        let server = Server::start(&run.data, &[]);
        run.check(server, 0).await;
    });
}
