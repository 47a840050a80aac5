//! The database server is killed under load and restarted. Meanwhile requests are refused quickly, and nothing is lost.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::task::spawn_blocking;
use actix_web::rt::time::sleep;
use fastrand::Rng;
use serde_json::Value;

use super::history::{Kind, Outcome};
use super::http::{Http, Reply};
use super::load;
use super::process::{self, Data, Server};
use super::run::{Run, exclusive, from_environment, wait_for_all};
use super::server::{Engine, Server as Database, engine};

/// Time until every owner has noticed the outage; each probes its store once a second.
const NOTICED_WITHIN: Duration = Duration::from_millis(1_300);
const REFUSED_WITHIN: Duration = Duration::from_millis(500);
const BACK_WITHIN: Duration = Duration::from_secs(5);
/// Percent of one core, in a debug build with a hundred requests a second. A busy loop takes 100.
const CPU_MAX_PERCENT: u128 = 50;
const LOG_LINES_A_SECOND_MAX: f64 = 10.0;

#[test]
fn requests_are_refused_during_a_database_outage_and_accepted_after_it() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let _lock = exclusive();
    let down = Duration::from_secs(from_environment("TRADEPOST_CRASH_DOWN_SECONDS", 3));
    let database = Arc::new(Database::start(engine()));
    database.create_database("shop");
    let home = tempfile::tempdir().unwrap();
    let data = Data { folder: home.path().join("data"), url: database.url("shop") };
    System::new().block_on(outage(&database, data, down));
}

async fn outage(database: &Arc<Database>, data: Data, down: Duration) {
    let mut rng = Rng::with_seed(23);
    // No order may pass its deadline during the outage. A message claimed at the kill is due again soon after it.
    let deadline = format!("{}s", down.as_secs() + 60);
    let settings = [
        ("TRADEPOST__ORDERS__DEADLINE", &*deadline),
        ("TRADEPOST__RELAY__LEASE", "5s"),
        ("TRADEPOST__LOG__FILTER", "info"),
    ];
    let server = Server::start(&data, &settings);
    let http = Http::new(&server.url);
    let mut run = Run::at("outage", data, &http).await;
    run.history.borrow_mut().delivery_records_may_be_lost = true;
    let stop = Rc::new(Cell::new(false));
    let customers = run.customers(&http, &stop, &mut rng);
    sleep(Duration::from_secs(1)).await;

    blocking(database, Database::kill).await;
    let killed = Instant::now();
    sleep(NOTICED_WITHIN).await;
    let (cpu, lines, since) = (server.cpu_time(), process::log(&run.data).len(), Instant::now());
    let mut refusals = Vec::new();
    while killed.elapsed() < down {
        refusals.push(expect_refusal(&run, &http, &mut rng).await);
        expect_unhealthy(&run, &http).await;
        sleep(Duration::from_millis(20)).await;
    }
    let seconds = since.elapsed().as_secs_f64();
    let cpu_percent = (server.cpu_time() - cpu).as_millis() * 100 / since.elapsed().as_millis();
    let log = process::log(&run.data);
    let lines_a_second = f64::from(u32::try_from(log.len() - lines).unwrap()) / seconds;

    blocking(database, Database::resume).await;
    let resumed = Instant::now();
    while !is_order_placed(&run, &http, &mut rng).await {
        assert!(resumed.elapsed() < BACK_WITHIN, "no order within {BACK_WITHIN:?}");
    }
    let back = resumed.elapsed();
    sleep(Duration::from_secs(1)).await;
    stop.set(true);
    wait_for_all(customers).await;
    let settling = Instant::now();
    super::check::settle(&http, &run.shop).await;
    refusals.sort_unstable();
    let p99 = refusals[refusals.len() * 99 / 100];
    println!(
        "down for {down:?}: {} refusals, p50 {:?} p99 {p99:?}; CPU {cpu_percent} %, {lines_a_second:.1} lines/s; \
         back after {back:?}, settled after {:?}; {} requests, seen {:?}",
        refusals.len(),
        refusals[refusals.len() / 2],
        settling.elapsed(),
        run.history.borrow().requests.len(),
        run.history.borrow().counts
    );
    assert!(p99 < REFUSED_WITHIN, "{p99:?}");
    assert!(cpu_percent < CPU_MAX_PERCENT, "{cpu_percent} % of a core while the database is down");
    assert!(lines_a_second < LOG_LINES_A_SECOND_MAX, "{:#?}", &log[lines..log.len().min(lines + 50)]);
    run.check(server, 0).await;
}

async fn blocking(database: &Arc<Database>, action: fn(&Database)) {
    let database = Arc::clone(database);
    spawn_blocking(move || action(&database)).await.unwrap();
}

/// Sends a new order; returns the reply and its meaning.
async fn order(run: &Run, http: &Http, rng: &mut Rng) -> (Reply, Outcome) {
    let (_, body) = run.shop.order_body(0, rng);
    let index = run.history.borrow_mut().invoke(Kind::Order, 0, body);
    let reply = load::send(http, &run.shop, &run.history, index).await;
    let outcome = run.history.borrow_mut().record_reply(index, &reply);
    (reply, outcome)
}

async fn is_order_placed(run: &Run, http: &Http, rng: &mut Rng) -> bool {
    matches!(order(run, http, rng).await.1, Outcome::Made(_))
}

/// Sends an order that must be refused; returns the time until the refusal.
async fn expect_refusal(run: &Run, http: &Http, rng: &mut Rng) -> Duration {
    let sent = Instant::now();
    let (reply, _) = order(run, http, rng).await;
    assert_eq!(reply.expect(503)["code"], "busy");
    sent.elapsed()
}

/// Checks that the process is alive and reports that its stores are unreachable.
async fn expect_unhealthy(run: &Run, http: &Http) {
    http.get("/healthz", "").await.expect(200);
    assert_eq!(http.get("/readyz", "").await.expect(503)["code"], "not_ready");
    let status = http.get("/admin/status", &run.shop.admin).await.expect(200);
    let stores: Vec<&Value> = status["actors"].as_array().unwrap().iter().map(|actor| &actor["store"]).collect();
    let unreachable = stores.iter().filter(|store| store["reachable"] == false).count();
    assert_eq!((unreachable, &status["status"]), (6, &Value::from("unhealthy")), "{status:#}");
    assert!(status["sagas"]["unconfirmed"].is_null(), "an unknown number is not null: {status:#}");
}
