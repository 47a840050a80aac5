//! The database server answers but takes no writes, is stopped and keeps its connections, or allows few connections.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;
use serde_json::{Value, json};

use super::history::{Kind, Outcome};
use super::http::{Http, Reply};
use super::load;
use super::process::{self, Data, Server, command};
use super::run::{Run, exclusive};
use super::server::{Engine, Server as Database, engine};

/// Every store is probed each three seconds, or each second while it is in trouble; a probe has two seconds.
const NOTICED_WITHIN: Duration = Duration::from_secs(8);
const REFUSED_WITHIN: Duration = Duration::from_millis(500);
const BACK_WITHIN: Duration = Duration::from_secs(5);
const START_WITHIN: Duration = Duration::from_secs(30);
/// The user of the shop in these tests. The user of the other tests may do everything, also on a read-only server.
const USER: &str = "limited";

/// A server of its own with the database of a shop, and the URL of [`USER`].
struct Hindered {
    database: Database,
    data: Data,
    _home: tempfile::TempDir,
}

/// `None` on SQLite.
fn hindered(connections: u32) -> Option<Hindered> {
    if engine() == Engine::Sqlite {
        println!("SQLite has no server");
        return None;
    }
    let database = Database::start(engine());
    if engine() == Engine::Postgres {
        database.sql("postgres", &format!("CREATE ROLE {USER} LOGIN CONNECTION LIMIT {connections}"));
        database.sql("postgres", &format!("CREATE DATABASE shop OWNER {USER}"));
    } else {
        database.sql("mysql", &format!("CREATE USER {USER}@'%' WITH MAX_USER_CONNECTIONS {connections}"));
        database.sql("mysql", &format!("GRANT ALL ON `shop\\_%`.* TO {USER}@'%'"));
    }
    let home = tempfile::tempdir().unwrap();
    let (scheme, rest) = database.url("shop").split_once("://").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let (_, place) = rest.split_once('@').unwrap();
    let data = Data { folder: home.path().join("data"), url: format!("{scheme}://{USER}@{place}") };
    Some(Hindered { database, data, _home: home })
}

/// Sends a new order; returns the reply, its meaning and the time until it came.
async fn order(run: &Run, http: &Http) -> (Reply, Outcome, Duration) {
    let (_, body) = run.shop.order_body(0, &mut Rng::with_seed(1));
    let index = run.history.borrow_mut().invoke(Kind::Order, 0, body);
    let sent = Instant::now();
    let reply = load::send(http, &run.shop, &run.history, index).await;
    let outcome = run.history.borrow_mut().record_reply(index, &reply);
    (reply, outcome, sent.elapsed())
}

async fn expect_orders_within(run: &Run, http: &Http, within: Duration) {
    let until = Instant::now() + within;
    while !matches!(order(run, http).await.1, Outcome::Made(_)) {
        assert!(Instant::now() < until, "no order within {within:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn expect_not_ready_within(http: &Http, within: Duration) {
    let until = Instant::now() + within;
    while !matches!(http.get("/readyz", "").await, Reply::Answer(503, _)) {
        assert!(Instant::now() < until, "still ready after {within:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Makes the server refuse writes: PostgreSQL as the standby that it is after a failover, MariaDB by its setting.
fn refuse_writes(database: &Database) {
    if engine() == Engine::Mysql {
        return drop(database.sql("mysql", "SET GLOBAL read_only = 1"));
    }
    database.kill();
    let signal = database.folder().join("data/standby.signal");
    fs::write(&signal, "").unwrap();
    // The server runs as another user and removes the file when it is promoted.
    fs::set_permissions(&signal, Permissions::from_mode(0o666)).unwrap();
    database.resume();
}

fn take_writes(database: &Database) {
    match engine() {
        Engine::Mysql => database.sql("mysql", "SET GLOBAL read_only = 0"),
        _ => database.sql("postgres", "SELECT pg_promote()"),
    };
}

async fn expect_only_reads_within(run: &Run, http: &Http, within: Duration) {
    let until = Instant::now() + within;
    let only_reads = |actor: &&Value| actor["store"]["reachable"] == true && actor["store"]["writable"] == false;
    loop {
        let status = http.get("/admin/status", &run.shop.admin).await.expect(200);
        let stores = status["actors"].as_array().unwrap().iter().filter(only_reads).count();
        if (stores, &status["status"]) == (6, &json!("unhealthy")) {
            return;
        }
        assert!(Instant::now() < until, "not after {within:?}: {status:#}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn orders_are_refused_at_once_while_the_server_takes_no_writes_and_the_status_says_so() {
    let _lock = exclusive();
    let Some(Hindered { database, data, _home }) = hindered(100) else { return };
    System::new().block_on(async {
        let server = Server::start(&data, &[]);
        let http = Http::new(&server.url);
        let mut run = Run::at("read-only", data, &http).await;
        expect_orders_within(&run, &http, BACK_WITHIN).await;
        refuse_writes(&database);
        expect_only_reads_within(&run, &http, NOTICED_WITHIN).await;
        http.get("/readyz", "").await.expect(503);
        let (reply, _, after) = order(&run, &http).await;
        assert_eq!(reply.expect(503)["code"], "busy");
        assert!(after < REFUSED_WITHIN, "refused after {after:?}");
        take_writes(&database);
        expect_orders_within(&run, &http, BACK_WITHIN).await;
        run.check(server, 0).await;
    });
}

#[test]
fn every_request_is_answered_while_the_server_is_stopped_and_orders_go_on_when_it_runs_again() {
    let _lock = exclusive();
    let Some(Hindered { database, data, _home }) = hindered(100) else { return };
    let settings = [
        ("TRADEPOST__HTTP__REQUEST_WITHIN", "3s"),
        ("TRADEPOST__STORE__STATEMENT_WITHIN", "3s"),
        ("TRADEPOST__RELAY__LEASE", "5s"),
    ];
    System::new().block_on(async {
        let server = Server::start(&data, &settings);
        let http = Http::new(&server.url);
        let mut run = Run::at("stopped", data, &http).await;
        run.history.borrow_mut().delivery_records_may_be_lost = true;
        expect_orders_within(&run, &http, BACK_WITHIN).await;
        database.stop();
        let (reply, _, after) = order(&run, &http).await;
        assert_eq!(reply.expect(503)["code"], "busy");
        assert!(after < Duration::from_secs(5), "answered after {after:?}");
        expect_not_ready_within(&http, NOTICED_WITHIN).await;
        let (reply, _, after) = order(&run, &http).await;
        assert_eq!(reply.expect(503)["code"], "busy");
        assert!(after < REFUSED_WITHIN, "refused after {after:?}");
        database.go_on();
        expect_orders_within(&run, &http, BACK_WITHIN).await;
        run.check(server, 0).await;
    });
}

#[test]
fn a_shop_works_with_twelve_connections_and_names_their_number_if_there_are_too_few() {
    let _lock = exclusive();
    let Some(Hindered { database: _database, data, _home }) = hindered(12) else { return };
    System::new().block_on(async {
        let server = Server::start(&data, &[]);
        let http = Http::new(&server.url);
        let mut run = Run::at("twelve connections", data.clone(), &http).await;
        for _ in 0..20 {
            let orders = futures_util::future::join_all((0..6).map(|_| order(&run, &http))).await;
            orders.into_iter().for_each(|(reply, ..)| drop(reply.expect(201)));
        }
        run.check(server, 0).await;
    });
    let Some(Hindered { database: _database, data, _home }) = hindered(4) else { return };
    let output = process::run(command(&data, &[("TRADEPOST__LOG__FILTER", "error")]), START_WITHIN);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("connection"), "{stderr}");
}
