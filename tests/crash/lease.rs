//! Nodes that want the same number, and a node that is stopped for longer than its lease and woken under load.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::task::spawn_blocking;
use actix_web::rt::time::sleep;
use fastrand::Rng;
use serde_json::{Value, json};

use super::check;
use super::first_start::node;
use super::http::{Http, Reply};
use super::load;
use super::process::{self, ADMIN_PASSWORD, Data, Server, command};
use super::run::{Run, exclusive, from_environment, wait_for_all};
use super::server::place::Place;
use super::server::{Engine, engine};

const LEASE: Duration = Duration::from_secs(1);
const SHORT_LEASE: (&str, &str) = ("TRADEPOST__NODE__LEASE", "1s");
/// Longer than any test: only a process that is known to have ended can be succeeded within it.
const LONG_LEASE: (&str, &str) = ("TRADEPOST__NODE__LEASE", "1h");
const NOTICED_WITHIN: Duration = Duration::from_secs(10);
/// After the end of a lease. Two seconds, and as many for a machine that has other work.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(4);

/// The place of a test's data; `None` on SQLite, whose folders are locked instead.
fn shared_place() -> Option<Place> {
    (engine() != Engine::Sqlite).then(Place::new)
}

/// The data of one of several nodes: a folder of its own, and the shared database.
fn data(place: &Place, name: &str) -> Data {
    Data { folder: place.folder().with_file_name(name), url: place.url() }
}

fn settings(number: &'static str, more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [&node(number)[..], more].concat()
}

/// The single line with which a node refuses to start.
#[track_caller]
fn refusal(data: &Data, settings: &[(&str, &str)]) -> String {
    // The test's server does not sync its files, of which the node would warn.
    let settings = [settings, &[("TRADEPOST__LOG__FILTER", "error")]].concat();
    let output = process::run(command(data, &settings), NOTICED_WITHIN);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    stderr
}

async fn status(http: &Http) -> Value {
    let body = json!({"user_name": "admin", "user_password": ADMIN_PASSWORD});
    let session = http.post("/v1/sessions", "", "", &body).await.expect(201);
    http.get("/admin/status", &load::text(&session["access_token"])).await.expect(200)
}

/// The token of a customer, and the body of an order.
async fn customer(http: &Http) -> (String, Value) {
    let body = json!({"user_name": "zs", "user_password": "the demo user's password"});
    let session = http.post("/v1/sessions", "", "", &body).await.expect(201);
    let goods = http.get("/v1/goods", "").await.expect(200)["items"][0]["goods_id"].clone();
    let order = json!({"goods": [{"goods_id": goods, "goods_number": 1}], "address": "a", "consignee": "b"});
    (load::text(&session["access_token"]), order)
}

fn numbers(status: &Value) -> Vec<i64> {
    status["nodes"].as_array().unwrap().iter().map(|node| node["number"].as_i64().unwrap()).collect()
}

#[test]
fn a_number_of_a_running_node_is_refused_with_its_holder_and_free_ones_are_found() {
    let Some(place) = shared_place() else { return println!("SQLite supports one node") };
    let _lock = exclusive();
    let [one, two, three] = ["one", "two", "three"].map(|name| data(&place, name));
    let first = Server::start(&one, &settings("0", &[SHORT_LEASE]));
    let line = refusal(&two, &settings("0", &[SHORT_LEASE]));
    let address = first.url.trim_start_matches("http://").to_owned();
    for text in ["node.id", "number 0", &address, &first.id().to_string(), "boot", "since", "empty"] {
        assert!(line.contains(text), "{text}: {line}");
    }
    // One second until the free number is known to the first node.
    let second = Server::start(&two, &settings("", &[SHORT_LEASE]));
    let third = Server::start(&three, &settings("", &[SHORT_LEASE]));
    System::new().block_on(async {
        let status = status(&Http::new(&third.url)).await;
        assert_eq!((&status["node"]["number"], numbers(&status)), (&json!(2), vec![0, 1, 2]), "{status:#}");
        let nodes = status["nodes"].as_array().unwrap();
        assert_eq!((&nodes[0]["address"], &nodes[0]["process_id"]), (&json!(address), &json!(first.id())));
        assert!(nodes[0]["heartbeat_age_ms"].as_u64().unwrap() < 1_000, "{status:#}");
    });
    second.stop();
    Server::start(&two, &settings("1", &[LONG_LEASE])).stop();
    third.stop();
    first.stop();
    assert_eq!(process::audit(&one), Vec::<String>::new());
}

#[test]
fn a_killed_node_starts_again_under_its_number_without_waiting_for_its_lease() {
    let Some(place) = shared_place() else { return println!("SQLite supports one node") };
    let _lock = exclusive();
    let data = data(&place, "one");
    for number in ["7", "7", ""] {
        let server = Server::start(&data, &settings(number, &[LONG_LEASE]));
        System::new().block_on(async {
            assert_eq!(status(&Http::new(&server.url)).await["node"]["number"], 7);
        });
        server.kill();
    }
    Server::start(&data, &settings("7", &[LONG_LEASE])).stop();
}

#[test]
fn an_unfinished_order_of_a_dead_node_is_confirmed_by_another_when_the_lease_has_ended() {
    let Some(place) = shared_place() else { return println!("SQLite supports one node") };
    let _lock = exclusive();
    let one = Server::start(&data(&place, "one"), &settings("1", &[SHORT_LEASE]));
    let kill = ("TRADEPOST_FAULTS", "goods.before_commit=kill@0");
    let two = Server::start(&data(&place, "two"), &settings("2", &[SHORT_LEASE, kill]));
    System::new().block_on(async {
        let (to_one, to_two) = (Http::new(&one.url), Http::new(&two.url));
        let (token, body) = customer(&to_one).await;
        let reply = to_two.post("/v1/orders", &token, "unfinished", &body).await;
        assert!(matches!(reply, Reply::Broken(_)), "the node was not killed: {reply:?}");
        // The deadline is 60 s away: it is not what makes the other node act.
        let until = Instant::now() + NOTICED_WITHIN;
        loop {
            match to_one.post("/v1/orders", &token, "unfinished", &body).await {
                Reply::Answer(201, order) => break assert_eq!(order["order_status"], "confirmed"),
                reply => assert!(Instant::now() < until, "not confirmed within {NOTICED_WITHIN:?}: {reply:?}"),
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    one.stop();
}

#[test]
fn a_message_of_a_dead_node_is_delivered_by_another_when_the_lease_has_ended() {
    let Some(place) = shared_place() else { return println!("SQLite supports one node") };
    let _lock = exclusive();
    // The claims last longer than any test: they are not what makes the other node act.
    let long_claims = ("TRADEPOST__RELAY__LEASE", "1h");
    let one = Server::start(&data(&place, "one"), &settings("1", &[SHORT_LEASE, long_claims]));
    let kill = ("TRADEPOST_FAULTS", "relay.deliver=kill@0");
    let two = Server::start(&data(&place, "two"), &settings("2", &[SHORT_LEASE, long_claims, kill]));
    System::new().block_on(async {
        let (to_one, to_two) = (Http::new(&one.url), Http::new(&two.url));
        let (token, body) = customer(&to_one).await;
        let order = to_one.post("/v1/orders", &token, "cancelled", &body).await.expect(201);
        let path = format!("/v1/orders/{}/cancel", load::text(&order["order_id"]));
        // The node writes the messages that give everything back, and dies before it delivers the first.
        to_two.post(&path, &token, "", &json!({})).await;
        let killed = Instant::now();
        loop {
            let status = status(&to_one).await;
            if numbers(&status) == [1] && status["outbox"]["pending"] == 0 {
                break;
            }
            assert!(killed.elapsed() < LEASE + TAKEN_OVER_WITHIN, "not delivered: {status:#}");
            sleep(Duration::from_millis(50)).await;
        }
    });
    two.kill();
    one.stop();
    assert_eq!(process::audit(&data(&place, "one")), Vec::<String>::new());
}

#[test]
fn a_node_that_is_stopped_beyond_its_lease_loses_nothing_and_ends_if_its_number_was_taken() {
    let Some(place) = shared_place() else { return println!("SQLite supports one node") };
    let _lock = exclusive();
    let seed = from_environment("TRADEPOST_CRASH_SEED", fastrand::u64(..1_000_000_000));
    println!("TRADEPOST_CRASH_SEED={seed}");
    System::new().block_on(async {
        let mut rng = Rng::with_seed(seed);
        let one = Server::start(&data(&place, "one"), &settings("1", &[SHORT_LEASE]));
        let http = Http::new(&one.url);
        let mut run = Run::at("frozen", data(&place, "one"), &http).await;
        let stop = Rc::new(Cell::new(false));
        let customers = run.customers(&http, &stop, &mut rng);
        run.history.borrow_mut().a_node_was_killed = true;
        // A node whose lease has ended cannot record that the sandbox's callback was delivered.
        run.history.borrow_mut().delivery_records_may_be_lost = true;
        for round in 0..from_environment("TRADEPOST_CRASH_FREEZES", 2) {
            if round % 2 == 0 {
                wake_after_takeover(&place, &one, &run, &mut rng).await;
            } else {
                wake_in_time(&place, &one, &run, &mut rng).await;
            }
        }
        stop.set(true);
        wait_for_all(customers).await;
        check::settle(&http, &run.shop).await;
        let seen = run.history.borrow().counts.clone();
        println!("seen {seen:?}");
        assert!(["order", "payment"].iter().all(|event| seen.contains_key(*event)), "the run proves nothing");
        run.check(one, 0).await;
    });
}

/// Starts a node with the number 2 and customers at it, and stops it in the middle of its work.
async fn freeze(
    place: &Place,
    first: &Server,
    run: &Run,
    rng: &mut Rng,
) -> (Server, Vec<actix_web::rt::task::JoinHandle<()>>, Rc<Cell<bool>>) {
    let two = start(data(place, "two"), first).await;
    let stop = Rc::new(Cell::new(false));
    let customers = run.customers(&Http::new(&two.url), &stop, rng);
    sleep(Duration::from_millis(rng.u64(200..600))).await;
    two.signal("STOP");
    (two, customers, stop)
}

/// Starts a node with the number 2. Callbacks of the sandbox platform go to the first node, which is never stopped.
async fn start(data: Data, first: &Server) -> Server {
    let callbacks_to = first.url.clone();
    let start = move || {
        let public_url = ("TRADEPOST__HTTP__PUBLIC_URL", callbacks_to.as_str());
        // A node that stops delivers messages until none is due, which never happens while another node is under load.
        let stops_within = ("TRADEPOST__HTTP__SHUTDOWN_WITHIN", "1s");
        Server::start(&data, &[&node("2")[..], &[SHORT_LEASE, public_url, stops_within]].concat())
    };
    spawn_blocking(start).await.unwrap()
}

/// Another process takes the number of the stopped node, which must end when it is woken.
async fn wake_after_takeover(place: &Place, first: &Server, run: &Run, rng: &mut Rng) {
    let (two, customers, _) = freeze(place, first, run, rng).await;
    let successor = start(data(place, "three"), first).await;
    let stop = Rc::new(Cell::new(false));
    let of_successor = run.customers(&Http::new(&successor.url), &stop, rng);
    sleep(Duration::from_millis(rng.u64(..300))).await;
    two.signal("CONT");
    let status = spawn_blocking(move || two.wait(NOTICED_WITHIN)).await.unwrap();
    assert_eq!(status.code(), Some(1), "{status}");
    let line = process::log(&data(place, "two")).into_iter().rfind(|line| line.starts_with("tradepost: "));
    assert!(line.as_ref().is_some_and(|line| line.contains("node 2: another process has taken")), "{line:?}");
    wait_for_all(customers).await;
    stop.set(true);
    wait_for_all(of_successor).await;
    spawn_blocking(move || successor.stop()).await.unwrap();
}

/// No other process takes the number of the stopped node. The woken node writes nothing until it has renewed the lease,
/// and then goes on.
async fn wake_in_time(place: &Place, first: &Server, run: &Run, rng: &mut Rng) {
    let (two, customers, stop) = freeze(place, first, run, rng).await;
    let until = Instant::now() + LEASE * 2;
    // Under load, the number of the first node stays its own.
    let contender = data(place, "three");
    let line = spawn_blocking(move || refusal(&contender, &settings("1", &[SHORT_LEASE]))).await.unwrap();
    assert!(line.contains("number 1 is held by a running node"), "{line}");
    actix_web::rt::time::sleep_until(until.into()).await;
    two.signal("CONT");
    let http = Http::new(&two.url);
    let until = Instant::now() + NOTICED_WITHIN;
    while !matches!(http.get("/readyz", "").await, Reply::Answer(200, _)) {
        assert!(Instant::now() < until, "the node is not ready again within {NOTICED_WITHIN:?}");
        sleep(Duration::from_millis(20)).await;
    }
    let lapses =
        process::log(&data(place, "two")).into_iter().filter(|line| line.contains("has ended: nothing is written"));
    assert!(lapses.count() > 0, "the log does not say that the lease had ended");
    sleep(Duration::from_millis(300)).await;
    stop.set(true);
    wait_for_all(customers).await;
    spawn_blocking(move || two.stop()).await.unwrap();
}
