//! A folder of SQLite stores is served by one process, is complete, and can be read by its owner alone.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
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
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data.folder), 0o700);
    // The harness of this test writes the log of the server into the same folder.
    let stored = fs::read_dir(&data.folder).unwrap().map(|entry| entry.unwrap().path());
    let open: Vec<_> = stored.filter(|path| path.extension() != Some("log".as_ref()) && mode(path) != 0o600).collect();
    assert!(open.is_empty(), "{open:?}");
    server.stop();
}

/// A user and a group without rights.
const UNPRIVILEGED: u32 = 65_534;

fn is_root(home: &Path) -> bool {
    fs::metadata(home).unwrap().uid() == 0
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn stores_that_cannot_be_written_are_audited_and_no_file_is_left_beside_them() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    Server::start(&data, &[]).stop();
    let files = || fs::read_dir(&data.folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let before = files().len();
    files().iter().for_each(|file| set_mode(file, 0o444));
    set_mode(&data.folder, 0o555);
    set_mode(home.path(), 0o755);
    let mut audit = command(&data, &[]);
    audit.arg("audit").current_dir("/");
    if is_root(home.path()) {
        // Permissions do not bind root.
        audit.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    }
    let output = run(audit, FAILS_WITHIN);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(files().len(), before);
    set_mode(&data.folder, 0o755);
}

#[test]
fn what_root_creates_belongs_to_the_owner_of_the_folder() {
    let home = tempfile::tempdir().unwrap();
    if !is_root(home.path()) {
        return println!("only root can create files of others");
    }
    let data = Data::embedded(home.path().join("data"));
    let backup = home.path().join("backup");
    fs::create_dir(&data.folder).unwrap();
    chown(&data.folder, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
    for arguments in [vec!["migrate"], vec!["audit"], vec!["backup", backup.to_str().unwrap()]] {
        let mut command = command(&data, &[]);
        command.args(&arguments);
        let output = run(command, FAILS_WITHIN);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        for file in fs::read_dir(&data.folder).unwrap().map(|entry| entry.unwrap()) {
            let metadata = file.metadata().unwrap();
            assert_eq!((metadata.uid(), metadata.gid()), (UNPRIVILEGED, UNPRIVILEGED), "{:?}", file.file_name());
        }
    }
}
