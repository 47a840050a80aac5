//! Backups that are cut short, and restores: a shop is only served from stores that are whole.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use actix_web::rt::System;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::json;

use super::http::Http;
use super::process::{self, ADMIN_PASSWORD, Data, Server, command, run};
use super::run::exclusive;

const WITHIN: Duration = Duration::from_secs(60);

fn tradepost(data: &Data, arguments: &[&str]) -> Command {
    let mut command = command(data, &[]);
    command.args(arguments);
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// Runs a command that must succeed. Returns what it printed.
#[track_caller]
fn succeed(data: &Data, arguments: &[&str]) -> String {
    let output = run(tradepost(data, arguments), WITHIN);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output));
    text(&output)
}

/// Runs a command that must be refused in one line that contains `words`.
#[track_caller]
fn refuse(data: &Data, arguments: &[&str], words: &[&str]) {
    let output = run(tradepost(data, arguments), WITHIN);
    let text = text(&output);
    assert!(!output.status.success() && text.lines().count() == 1, "{arguments:?}: {text}");
    for word in words {
        assert!(text.contains(word), "{arguments:?}: {word}: {text}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_that_was_killed_is_refused_by_every_command_and_one_that_failed_leaves_nothing() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    Server::start(&data, &[]).stop();
    let copy = Data::embedded(home.path().join("copy"));
    let dir = copy.folder.to_str().unwrap();
    let mut lock = SqliteConnection::establish(data.folder.join("user.db").to_str().unwrap()).unwrap();
    lock.batch_execute("BEGIN IMMEDIATE").unwrap();

    let mut backup = tradepost(&data, &["backup", dir]).spawn().unwrap();
    let until = Instant::now() + WITHIN;
    while !copy.folder.join("tradepost.unfinished/sandbox.db").exists() {
        assert!(
            Instant::now() < until && backup.try_wait().unwrap().is_none(),
            "the backup does not wait for the lock"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    backup.kill().unwrap();
    backup.wait().unwrap();
    for arguments in [&["serve"][..], &["migrate"], &["audit"], &["restore", dir]] {
        let other = if arguments[0] == "restore" { Data::embedded(home.path().join("other")) } else { copy.clone() };
        refuse(&other, arguments, &["did not finish", "remove"]);
    }
    refuse(&data, &["backup", dir], &["did not finish", "remove"]);
    // The files themselves say so too, wherever they are moved.
    let moved = Data::embedded(home.path().join("moved"));
    fs::rename(copy.folder.join("tradepost.unfinished"), &moved.folder).unwrap();
    refuse(&moved, &["audit"], &["unfinished backup"]);
    refuse(&moved, &["serve"], &["unfinished backup"]);

    fs::remove_dir_all(&copy.folder).unwrap();
    refuse(&data, &["backup", dir], &["user", "is busy"]);
    assert!(!copy.folder.exists(), "a failed backup leaves {:?}", names(&copy.folder));
    drop(lock);
    succeed(&data, &["backup", dir]);
    assert_eq!(names(&copy.folder), ["coupon.db", "goods.db", "order.db", "pay.db", "sandbox.db", "user.db"]);
    assert_eq!(process::audit(&copy), Vec::<String>::new());
    assert_eq!(names(&copy.folder).len(), 6, "an audit leaves no files");
}

#[test]
fn a_backup_is_restored_where_no_store_is_and_says_what_to_ask_the_platforms() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let server = Server::start(&data, &[]);
    let backup = home.path().join("backup");
    let dir = backup.to_str().unwrap();
    succeed(&data, &["backup", dir]);
    refuse(&data, &["restore", dir], &["in use by another process"]);
    server.stop();
    refuse(&data, &["restore", dir], &["coupon.db exists", "overwrites nothing", "move it away"]);

    let fresh = Data::embedded(home.path().join("fresh"));
    fs::rename(backup.join("pay.db"), home.path().join("pay.db")).unwrap();
    refuse(&fresh, &["restore", dir], &["pay.db", "not a whole backup"]);
    fs::copy(backup.join("order.db"), backup.join("pay.db")).unwrap();
    refuse(&fresh, &["restore", dir], &["pay", "has the store of order"]);
    let mut damaged = fs::read(home.path().join("pay.db")).unwrap();
    let half = damaged.len() / 2;
    damaged[half..].fill(0xA5);
    fs::write(backup.join("pay.db"), damaged).unwrap();
    refuse(&fresh, &["restore", dir], &["pay"]);
    assert_eq!(names(&fresh.folder), ["tradepost.lock"], "a refused restore leaves no store");

    fs::rename(home.path().join("pay.db"), backup.join("pay.db")).unwrap();
    let printed = succeed(&fresh, &["restore", dir]);
    for words in
        ["coupon, goods, user, order, pay, sandbox", "as of 20", "reconcile", "Do not repeat a refund", "/admin/parked"]
    {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    let server = Server::start(&fresh, &[]);
    System::new().block_on(async {
        let account = json!({"user_name": "admin", "user_password": ADMIN_PASSWORD});
        Http::new(&server.url).post("/v1/sessions", "", "", &account).await.expect(201);
    });
    server.stop();
    assert_eq!(process::audit(&fresh), Vec::<String>::new());

    // The platform's own store is kept if it is there: it may be newer than the backup.
    for owner in ["coupon", "goods", "user", "order", "pay"] {
        fs::remove_file(fresh.folder.join(format!("{owner}.db"))).unwrap();
    }
    refuse(&fresh, &["serve"], &["coupon", "sandbox is in use"]);
    assert!(!succeed(&fresh, &["restore", dir]).contains("pay, sandbox"));
    Server::start(&fresh, &[]).stop();
}
