//! A system call on a file of a store fails under load. The process ends, and after the next start nothing acknowledged
//! is lost. A library that is preloaded into the server makes the call fail: `disk.c`.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use actix_web::rt::time::sleep;
use fastrand::Rng;
use serde_json::Value;
use tradepost::db::connection::failure::{EXIT_CODE, marker};

use super::history::Kind;
use super::http::{Http, Reply};
use super::load;
use super::process::{self, Data, Server, command};
use super::run::{Run, exclusive, from_environment, wait_for_all};
use super::server::{Engine, engine};

/// The stores whose files fail in the short version, and in the long one.
const STORES: [&str; 5] = ["order", "goods", "user", "coupon", "pay"];
/// Log and file; the call; numbers of calls that succeed before the one that fails. A clean stop truncates the log once.
const CALLS: [(&str, &str, &[u32]); 6] = [
    (".db-wal", "sync", &[0, 40]),
    (".db-wal", "write", &[0, 300]),
    (".db-wal", "truncate", &[0]),
    (".db", "sync", &[0, 2]),
    (".db", "write", &[0, 200]),
    (".db", "truncate", &[0]),
];
/// Load before a stop, which checkpoints every store. A busy store is checkpointed earlier.
const LOAD_FOR: Duration = Duration::from_secs(5);
/// Every store is probed with a write each three seconds, and once a second while it refuses writes.
const NOTICED_WITHIN: Duration = Duration::from_secs(6);
const REFUSED_WITHIN: Duration = Duration::from_millis(500);
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// Compiles the library.
fn library(folder: &Path) -> String {
    let library = folder.join("disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/disk.c");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(source).status().unwrap();
    assert!(compiled.success(), "cc failed");
    library.display().to_string()
}

#[test]
fn a_failed_system_call_on_a_file_loses_nothing_acknowledged() {
    if engine() != Engine::Sqlite {
        return println!("a database server has files of its own");
    }
    let _lock = exclusive();
    let stores = usize::try_from(from_environment("TRADEPOST_CRASH_DISK_STORES", 1)).unwrap();
    System::new().block_on(async {
        let mut rng = Rng::with_seed(11);
        let home = tempfile::tempdir().unwrap();
        let library = library(home.path());
        let mut run = Run::new("disk").await;
        for store in STORES.iter().take(stores) {
            for (suffix, call, skips) in CALLS {
                for skip in skips {
                    let failure = Failure { file: format!("/{store}{suffix}"), call, skip: *skip };
                    failure.survive(&mut run, &mut rng, home.path(), &library).await;
                }
            }
        }
        println!("seen {:?}", run.history.borrow().counts);
    });
}

/// The call that fails.
#[derive(Debug)]
struct Failure {
    file: String,
    call: &'static str,
    skip: u32,
}

impl Failure {
    async fn survive(&self, run: &mut Run, rng: &mut Rng, home: &Path, library: &str) {
        let since = run.history.borrow().requests.len();
        let note = home.join("failed");
        drop(fs::remove_file(&note));
        let (note_text, skip) = (note.display().to_string(), self.skip.to_string());
        let plan = [
            ("LD_PRELOAD", library),
            ("FAIL_FILE", self.file.as_str()),
            ("FAIL_CALL", self.call),
            ("FAIL_SKIP", skip.as_str()),
            ("FAIL_NOTE", note_text.as_str()),
        ];
        // The call may fail during the start, before the server listens.
        if let Some(mut server) = Server::spawn(&run.data, &plan).listening() {
            let customers = run.customers(&Http::new(&server.url), &Rc::new(Cell::new(false)), rng);
            let until = Instant::now() + LOAD_FOR;
            while server.ended().is_none() && Instant::now() < until {
                sleep(Duration::from_millis(2)).await;
            }
            if server.ended().is_none() {
                server.terminate();
            }
            let status = server.wait(ENDS_WITHIN);
            wait_for_all(customers).await;
            self.check_end(status.code(), run, &note);
        }
        assert!(note.exists() || self.skip > 0, "{self:?} did not happen");
        run.check(Server::start(&run.data, &[]), since).await;
        expect_intact(&run.data);
    }

    /// The process ends because of the failure. A log that could not be truncated is whole and does no harm.
    fn check_end(&self, code: Option<i32>, run: &Run, note: &Path) {
        let log = process::log(&run.data);
        if code == Some(0) && self.call == "truncate" {
            return;
        }
        if code == Some(0) && !note.exists() {
            // A slow machine does not come to the later calls.
            return println!("{self:?} did not happen");
        }
        assert_eq!(code, Some(EXIT_CODE), "{self:?}: {log:#?}");
        let file = PathBuf::from(self.file.trim_end_matches("-wal"));
        let line = log.iter().rfind(|line| line.starts_with("tradepost: ")).unwrap();
        assert!(line.contains(file.to_str().unwrap()), "{line}");
    }
}

/// Every file is intact, and no failure is left to be dealt with.
#[track_caller]
fn expect_intact(data: &Data) {
    let mut check = command(data, &[]);
    check.arg("check");
    let output = process::run(check, ENDS_WITHIN);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    for store in STORES {
        assert!(!marker(&data.folder.join(format!("{store}.db"))).exists(), "{store}");
    }
}

#[test]
fn a_damaged_file_is_refused_with_its_name_and_the_way_out() {
    if engine() != Engine::Sqlite {
        return println!("a database server has files of its own");
    }
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    Server::start(&data, &[]).stop();
    expect_intact(&data);
    let file = data.folder.join("order.db");
    let whole = fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    let page = 4_096;
    damaged[page..2 * page].fill(0xA5);
    fs::write(&file, damaged).unwrap();

    let output = process::run(command(&data, &[]), ENDS_WITHIN);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    for text in ["store.url", "order.db", "damaged", "restore"] {
        assert!(stderr.contains(text), "{text}: {stderr}");
    }
    let mut check = command(&data, &[]);
    check.arg("check");
    let output = process::run(check, ENDS_WITHIN);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(stdout.lines().any(|line| line.starts_with("DAMAGED  order")), "{stdout}");
    fs::write(&file, whole).unwrap();
    Server::start(&data, &[]).stop();
}

#[test]
fn a_file_that_is_damaged_under_a_running_server_ends_it() {
    if engine() != Engine::Sqlite {
        return println!("a database server has files of its own");
    }
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let server = Server::start(&data, &[]);
    let file = data.folder.join("goods.db");
    let length = fs::metadata(&file).unwrap().len();
    fs::write(&file, vec![0xA5; usize::try_from(length).unwrap()]).unwrap();
    fs::write(data.folder.join("goods.db-wal"), "").unwrap();
    let http = Http::new(&server.url);
    // The answer may be lost with the process.
    System::new().block_on(async { drop(http.get("/v1/goods", "").await) });
    let status = server.wait(ENDS_WITHIN);
    assert_eq!(status.code(), Some(EXIT_CODE), "{:?}", process::log(&data));
    assert!(marker(&file).exists());
    let output = process::run(command(&data, &[]), ENDS_WITHIN);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("goods.db"));
}

/// The store of `name` in the status.
async fn store(http: &Http, run: &Run, name: &str) -> Value {
    let status = http.get("/admin/status", &run.shop.admin).await.expect(200);
    let actors = status["actors"].as_array().unwrap();
    actors.iter().find(|actor| actor["name"] == name).unwrap()["store"].clone()
}

#[test]
fn what_a_full_disk_cannot_store_is_refused_at_once_and_accepted_when_there_is_space_again() {
    if engine() != Engine::Sqlite {
        return println!("a database server has files of its own");
    }
    let _lock = exclusive();
    System::new().block_on(async {
        let mut rng = Rng::with_seed(12);
        let home = tempfile::tempdir().unwrap();
        let library = library(home.path());
        let mut run = Run::new("full disk").await;
        let full = home.path().join("full");
        let full_text = full.display().to_string();
        let plan =
            [("LD_PRELOAD", library.as_str()), ("FAIL_FILE", "/order.db-wal"), ("FAIL_FULL", full_text.as_str())];
        let server = Server::start(&run.data, &plan);
        let http = Http::new(&server.url);
        http.get("/readyz", "").await.expect(200);
        // Without any request, the probe finds out.
        fs::write(&full, "").unwrap();
        let full_since = Instant::now();
        while store(&http, &run, "order").await["writable"] == true {
            assert!(full_since.elapsed() < NOTICED_WITHIN, "not noticed within {NOTICED_WITHIN:?}");
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(store(&http, &run, "order").await["reachable"], true);
        assert_eq!(store(&http, &run, "goods").await["writable"], true);
        assert_eq!(http.get("/readyz", "").await.expect(503)["code"], "not_ready");
        http.get("/healthz", "").await.expect(200);
        http.get("/v1/orders", &run.shop.users[0].token).await.expect(200);
        for _ in 0..20 {
            let sent = Instant::now();
            assert_eq!(place_order(&run, &http, &mut rng).await.expect(503)["code"], "busy");
            assert!(sent.elapsed() < REFUSED_WITHIN, "{:?}", sent.elapsed());
        }

        fs::remove_file(&full).unwrap();
        let space_since = Instant::now();
        while !matches!(place_order(&run, &http, &mut rng).await, Reply::Answer(201 | 409, _)) {
            assert!(space_since.elapsed() < NOTICED_WITHIN, "no order within {NOTICED_WITHIN:?}");
            sleep(Duration::from_millis(20)).await;
        }
        http.get("/readyz", "").await.expect(200);
        run.check(server, 0).await;
    });
}

async fn place_order(run: &Run, http: &Http, rng: &mut Rng) -> Reply {
    let (_, body) = run.shop.order_body(0, rng);
    let index = run.history.borrow_mut().invoke(Kind::Order, 0, body);
    let reply = load::send(http, &run.shop, &run.history, index).await;
    run.history.borrow_mut().record_reply(index, &reply);
    reply
}
