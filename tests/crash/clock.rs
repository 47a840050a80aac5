//! A node whose system clock is wrong, or is stepped, beside one whose clock is right.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use serde_json::{Value, json};

use super::first_start::{data_of_two_nodes, node};
use super::http::Http;
use super::load::text;
use super::process::{self, ADMIN_PASSWORD, Server};
use super::run::exclusive;
use super::server::place::Place;
use super::server::{Engine, engine};

const MINUTE_MS: i64 = 60_000;
const PAY_WITHIN: Duration = Duration::from_secs(3);
/// Time for the poll that cancels an order after `PAY_WITHIN`, on a busy machine.
const CANCELLED_WITHIN: Duration = Duration::from_secs(15);

/// The system clock of a process that is started with [`SystemClock::settings`].
struct SystemClock {
    home: tempfile::TempDir,
    library: String,
    file: String,
}

impl SystemClock {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/crash/clock.c");
        let (library, file) = (home.path().join("clock.so"), home.path().join("clock"));
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
        assert!(built.unwrap().success(), "clock.c is not compiled");
        let path = |path: PathBuf| path.display().to_string();
        Self { home, library: path(library), file: path(file) }
    }

    fn settings(&self) -> [(&str, &str); 2] {
        [("LD_PRELOAD", &self.library), ("CLOCK_FILE", &self.file)]
    }

    /// Makes the clock differ from the true time by `offset_ms`.
    fn set(&self, offset_ms: i64) {
        let new = self.home.path().join("new");
        std::fs::write(&new, offset_ms.to_string()).unwrap();
        std::fs::rename(new, &self.file).unwrap();
    }
}

async fn sign_in(http: &Http, name: &str, password: &str) -> String {
    let body = json!({"user_name": name, "user_password": password});
    text(&http.post("/v1/sessions", "", "", &body).await.expect(201)["access_token"])
}

async fn order(http: &Http, token: &str, key: &str) -> String {
    let goods = http.get("/v1/goods", "").await.expect(200)["items"][0]["goods_id"].clone();
    let body = json!({"goods": [{"goods_id": goods, "goods_number": 1}], "address": "a", "consignee": "b"});
    text(&http.post("/v1/orders", token, key, &body).await.expect(201)["order_id"])
}

/// Waits until an unpaid order that was placed at `placed` is cancelled, and fails if that happens early or not at all.
async fn expect_expiry_in_time(http: &Http, token: &str, order_id: &str, placed: Instant, case: &str) {
    loop {
        let asked = placed.elapsed();
        let order = http.get(&format!("/v1/orders/{order_id}"), token).await.expect(200);
        if order["order_status"] == "cancelled" {
            return assert!(placed.elapsed() >= PAY_WITHIN, "{case}: cancelled after {:?}", placed.elapsed());
        }
        assert!(asked < PAY_WITHIN + CANCELLED_WITHIN, "{case}: not cancelled: {order}");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn difference_ms(http: &Http, admin: &str) -> (i64, Value) {
    let status = http.get("/admin/status", admin).await.expect(200);
    (status["node"]["clock_difference_ms"].as_i64().unwrap(), status)
}

#[test]
fn a_node_with_a_wrong_or_stepped_clock_expires_no_order_early_or_late() {
    if engine() == Engine::Sqlite {
        return println!("SQLite supports one node");
    }
    let _lock = exclusive();
    let place = Place::new();
    let [one_data, two_data] = data_of_two_nodes(&place);
    let times = [
        ("TRADEPOST__ORDERS__PAY_WITHIN", "3s"),
        ("TRADEPOST__PAYMENTS__SWEEP_EVERY", "100ms"),
        ("TRADEPOST__NODE__LEASE", "2s"),
    ];
    let one = Server::start(&one_data, &[&node("1")[..], &times].concat());
    for at_start in [35 * MINUTE_MS, -60 * MINUTE_MS] {
        let clock = SystemClock::new();
        clock.set(at_start);
        let two = Server::start(&two_data, &[&node("2")[..], &times, &clock.settings()].concat());
        System::new().block_on(async {
            let (to_one, to_two) = (Http::new(&one.url), Http::new(&two.url));
            let token = sign_in(&to_two, "zs", "the demo user's password").await;
            let admin = sign_in(&to_two, "admin", ADMIN_PASSWORD).await;
            to_one.get("/v1/users/me", &token).await.expect(200);
            for offset_ms in [at_start, at_start + 90 * MINUTE_MS, 0] {
                clock.set(offset_ms);
                let case = format!("{} minutes, started at {}", offset_ms / MINUTE_MS, at_start / MINUTE_MS);
                for (number, http) in [(1, &to_one), (2, &to_two)] {
                    let placed = Instant::now();
                    let order_id = order(http, &token, &format!("{at_start}/{offset_ms}/{number}")).await;
                    expect_expiry_in_time(&to_one, &token, &order_id, placed, &case).await;
                }
                let (difference, status) = difference_ms(&to_two, &admin).await;
                assert!((difference - offset_ms).abs() < 500, "{case}: {difference}");
                assert_eq!(status["status"], "healthy", "{status:#}");
            }
        });
        two.stop();
    }
    let warnings =
        process::log(&two_data).iter().filter(|line| line.contains("the clock of this machine differs")).count();
    assert!(warnings >= 3, "{warnings} warnings");
    one.stop();
    assert_eq!(process::audit(&one_data), Vec::<String>::new());
}
