//! Passwords that a first start generates, and new ones for an administrator.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use super::http::Http;
use super::process::{Data, Server, command, run};
use super::run::exclusive;
use super::server::place::Place;

const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// No password in the settings, so that one is generated.
const GENERATED: [(&str, &str); 2] = [("TRADEPOST__ADMIN__PASSWORD", ""), ("TRADEPOST__DEMO__SEED", "true")];

fn file(data: &Data) -> PathBuf {
    data.folder.join("first-passwords.txt")
}

fn password_in(line: &str) -> String {
    let rest = line.split_once("password: ").unwrap_or_else(|| panic!("no password: {line:?}")).1;
    rest.split_whitespace().next().unwrap().to_owned()
}

/// The status of a sign-in as the administrator, and the token.
fn sign_in(server: &Server, password: &str) -> (u16, String) {
    let body = json!({"user_name": "admin", "user_password": password});
    let http = || Http::new(&server.url);
    match actix_web::rt::System::new().block_on(async { http().post("/v1/sessions", "", "", &body).await }) {
        super::http::Reply::Answer(status, body) => (status, body["access_token"].as_str().unwrap_or("").to_owned()),
        super::http::Reply::Broken(error) => panic!("{error}"),
    }
}

fn admin_status(server: &Server, token: &str) -> u16 {
    let http = || Http::new(&server.url);
    match actix_web::rt::System::new().block_on(async { http().get("/admin/status", token).await }) {
        super::http::Reply::Answer(status, _) => status,
        super::http::Reply::Broken(error) => panic!("{error}"),
    }
}

#[test]
fn created_passwords_are_shown_and_kept_in_a_file_until_the_administrator_signs_in() {
    let _lock = exclusive();
    let place = Place::new();
    let data = Data { folder: place.folder(), url: place.url() };
    let mut printed = Vec::new();
    for _ in 0..2 {
        let server = Server::start(&data, &GENERATED);
        let notes = server.notes();
        printed.push(notes.into_iter().filter(|line| line.contains("password: ")).collect::<Vec<_>>());
        server.stop();
    }
    let lines: Vec<String> = fs::read_to_string(file(&data)).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(printed, [lines.clone(), lines.clone()]);
    assert!(lines.len() == 2 && lines[0].contains("admin") && lines[1].contains("zs"), "{lines:?}");
    assert_eq!(fs::metadata(file(&data)).unwrap().permissions().mode() & 0o777, 0o600);

    let server = Server::start(&data, &GENERATED);
    assert_eq!(sign_in(&server, "not the password").0, 401);
    assert!(file(&data).exists());
    assert_eq!(sign_in(&server, &password_in(&lines[0])).0, 201);
    assert!(!file(&data).exists());
    server.stop();
    let server = Server::start(&data, &GENERATED);
    assert!(!server.notes().iter().any(|line| line.contains("password: ")));
    server.stop();
}

#[test]
fn a_password_that_was_not_used_because_the_start_failed_is_not_shown() {
    let _lock = exclusive();
    let place = Place::new();
    let data = Data { folder: place.folder(), url: place.url() };
    fs::create_dir_all(&data.folder).unwrap();
    fs::write(file(&data), "administrator: admin  password: of_a_start_that_was_killed\n").unwrap();
    let server = Server::start(&data, &GENERATED);
    let notes = server.notes().join("\n");
    assert!(notes.contains("administrator: admin") && !notes.contains("of_a_start_that_was_killed"), "{notes}");
    server.stop();
}

#[test]
fn a_new_password_of_an_administrator_ends_the_sessions_of_the_old_one() {
    let _lock = exclusive();
    let place = Place::new();
    let data = Data { folder: place.folder(), url: place.url() };
    let server = Server::start(&data, &GENERATED);
    let first =
        server.notes().iter().find(|line| line.contains("administrator:")).map(|line| password_in(line)).unwrap();
    let (_, token) = sign_in(&server, &first);
    assert_eq!(admin_status(&server, &token), 200);
    server.stop();

    let mut change = command(&data, &GENERATED);
    change.args(["admin", "password"]);
    let output = run(change, ENDS_WITHIN);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let second = password_in(&String::from_utf8(output.stdout).unwrap());

    let server = Server::start(&data, &GENERATED);
    assert_eq!((sign_in(&server, &first).0, admin_status(&server, &token)), (401, 401));
    let (status, token) = sign_in(&server, &second);
    assert_eq!((status, admin_status(&server, &token)), (201, 200));
    server.stop();
    let server = Server::start(&data, &GENERATED);
    assert_eq!(admin_status(&server, &token), 200, "a restart ends no session");
    server.stop();
}

#[test]
fn a_new_password_can_be_read_from_standard_input() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    Server::start(&data, &GENERATED).stop();
    let mut change = command(&data, &GENERATED);
    change.args(["admin", "password", "admin", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = change.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a password from a pipe\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("from a pipe"));
    assert!(!file(&data).exists());
    let server = Server::start(&data, &GENERATED);
    assert_eq!(sign_in(&server, "a password from a pipe").0, 201);
    server.stop();
}

#[test]
fn a_new_password_is_refused_if_it_would_have_no_effect_or_disturb_a_server() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let refused = |settings: &[(&str, &str)], arguments: &[&str]| {
        let mut change = command(&data, settings);
        change.args(["admin", "password"]).args(arguments);
        let output = run(change, ENDS_WITHIN);
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && line.lines().count() == 1 && output.stdout.is_empty(), "{line}");
        line
    };
    assert!(refused(&GENERATED, &[]).contains("store.url"));
    assert!(!data.folder.exists());
    let server = Server::start(&data, &GENERATED);
    assert!(refused(&GENERATED, &[]).contains("in use by another process"));
    server.stop();
    assert!(refused(&[], &[]).contains("admin.password"));
    assert!(refused(&GENERATED, &["zs"]).contains("customer"));
    assert!(refused(&GENERATED, &["missing"]).contains("missing"));
}
