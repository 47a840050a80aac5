//! A wrong setting ends the process at once with one line that names it.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::process::{Data, command, run};
use super::run::exclusive;

/// Usually less than one second.
const FAILS_WITHIN: Duration = Duration::from_secs(2);

#[test]
fn a_wrong_setting_ends_the_process_at_once_and_is_named() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let below_a_file = format!("sqlite://{}/data", file.display());
    let blocked = home.path().join("blocked");
    fs::create_dir_all(blocked.join("user.db")).unwrap();
    let blocked = format!("sqlite://{}", blocked.display());
    let cases = [
        ("TRADEPOST__HTTP__LISTEN", taken.as_str(), "http.listen"),
        ("TRADEPOST__ADMIN__LISTEN", taken.as_str(), "admin.listen"),
        ("TRADEPOST__HTTP__LISTEN", "nowhere", "http.listen"),
        ("TRADEPOST__HTTP__LISTN", "127.0.0.1:0", "http.listn"),
        ("TRADEPOST__STORE__URL", below_a_file.as_str(), "store.url"),
        ("TRADEPOST__STORE__URL", blocked.as_str(), "store.url"),
        ("TRADEPOST__STORE__USER__URL", blocked.as_str(), "store.user.url"),
        ("TRADEPOST__STORE__URL", "sqlite:///proc", "store.url"),
        ("TRADEPOST__STORE__URL", "mysql://root:canary-5c1e@nowhere/shop", "store.url"),
        ("TRADEPOST__STORE__PAY__URL", "oracle://", "store.pay.url"),
        ("TRADEPOST__ADMIN__PASSWORD", "canary5", "admin.password"),
        ("TRADEPOST__GATEWAY__SANDBOX__SECRET", "canary-too-short", "gateway.sandbox.secret"),
        ("TRADEPOST__LOG__FILTER", "info,=!", "log.filter"),
        ("TRADEPOST__LOG__FILTER", "verbose", "log.filter"),
        ("TRADEPOST__NODE__ID", "1024", "node.id"),
        ("TRADEPOST__ORDERS__DEADLINE", "soon", "orders.deadline"),
        ("TRADEPOST__PROFILE", "production", "gateway.sandbox.enabled"),
        ("TRADEPOST__ADMIN__USER", "no blanks allowed\n", "admin.user"),
    ];
    for (name, value, setting) in cases {
        let output = run(command(&data, &[(name, value)]), FAILS_WITHIN);
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(1), "{name}={value:?}: {stderr}");
        assert_eq!((stdout.as_str(), stderr.lines().count()), ("", 1), "{name}={value:?}: {stdout}{stderr}");
        assert!(stderr.contains(setting), "{name}={value:?}: {stderr}");
        assert!(!stderr.contains("canary"), "{name}={value:?}: {stderr}");
    }
}

#[test]
fn a_variable_that_is_not_utf8_is_ignored_unless_it_is_a_setting() {
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let latin1 = OsStr::from_bytes(b"caf\xe9");
    let mut migrate = command(&data, &[]);
    migrate.arg("migrate").env("OTHER_PROGRAM", latin1).env(latin1, "1");
    let output = run(migrate, FAILS_WITHIN);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut migrate = command(&data, &[]);
    migrate.arg("migrate").env("TRADEPOST__ADMIN__USER", latin1);
    let output = run(migrate, FAILS_WITHIN);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("admin.user") && stderr.contains("UTF-8"), "{stderr}");
}

#[test]
fn rust_log_is_the_log_filter_unless_the_setting_has_its_own_variable() {
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let mut migrate = command(&data, &[("RUST_LOG", "verbose")]);
    migrate.arg("migrate");
    assert!(run(migrate, FAILS_WITHIN).status.success());
    let mut migrate = command(&data, &[("RUST_LOG", "verbose")]);
    migrate.arg("migrate").env_remove("TRADEPOST__LOG__FILTER");
    let output = run(migrate, FAILS_WITHIN);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && stderr.contains("log.filter"), "{stderr}");
}
