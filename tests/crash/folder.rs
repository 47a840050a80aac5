//! A folder of SQLite stores is served by one process, is complete, and can be read by its owner alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::process::{self, Data, Server, command, run};
use super::run::exclusive;

const FAILS_WITHIN: Duration = Duration::from_secs(5);

/// The single line with which the server refuses to start on `data`.
#[track_caller]
fn refusal(data: &Data) -> String {
    let output = run(command(data, &[]), FAILS_WITHIN);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    stderr
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_until_the_first_has_ended() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let first = Server::start(&data, &[]);
    let stderr = refusal(&data);
    for text in ["store.url", "in use", &first.id().to_string()] {
        assert!(stderr.contains(text), "{text}: {stderr}");
    }
    assert_eq!(process::audit(&data), Vec::<String>::new(), "an audit does not need the lock");
    first.kill();
    Server::start(&data, &[]).stop();
    Server::start(&data, &[]).stop();
}

#[test]
fn a_missing_store_beside_stores_in_use_is_refused_and_not_created() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    Server::start(&data, &[]).stop();
    let pay = data.folder.join("pay.db");
    let elsewhere = home.path().join("pay.db");
    fs::rename(&pay, &elsewhere).unwrap();
    let stderr = refusal(&data);
    assert!(stderr.contains("store.url") && stderr.contains("pay") && !pay.exists(), "{stderr}");
    fs::rename(&elsewhere, &pay).unwrap();
    Server::start(&data, &[]).stop();
}

#[test]
fn a_first_start_that_was_killed_while_it_created_the_stores_is_continued() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    fs::create_dir(&data.folder).unwrap();
    // Killed before the first migration of the second store.
    for name in ["coupon.db", "goods.db"] {
        fs::write(data.folder.join(name), "").unwrap();
    }
    Server::start(&data, &[]).stop();
    assert_eq!(process::audit(&data), Vec::<String>::new());
}

#[test]
fn an_audit_and_a_backup_of_a_misspelt_folder_do_not_create_it() {
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("dta"));
    for arguments in [vec!["audit"], vec!["backup", "copy"]] {
        let mut command = command(&data, &[]);
        command.args(&arguments).current_dir(home.path());
        let output = run(command, FAILS_WITHIN);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains("store.url"), "{arguments:?}: {stderr}");
        let created: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(created.is_empty(), "{arguments:?}: {created:?}");
    }
}

#[test]
fn only_the_owner_can_read_what_a_server_stores() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let server = Server::start(&data, &[]);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data.folder), 0o700);
    // The harness of this test writes the log of the server into the same folder.
    let stored = fs::read_dir(&data.folder).unwrap().map(|entry| entry.unwrap().path());
    let open: Vec<_> = stored.filter(|path| path.extension() != Some("log".as_ref()) && mode(path) != 0o600).collect();
    assert!(open.is_empty(), "{open:?}");
    server.stop();
}
