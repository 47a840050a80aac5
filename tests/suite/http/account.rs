//! Accounts: passwords, sign-ins that fail, sessions that end, and what administrators change.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::command_line::{BINARY, sqlite};
use crate::support::{ADMIN_PASSWORD, Answer, DEMO_PASSWORD, OrderBody, TestApp, USER};

async fn sign_in_from(app: &TestApp, address: &str, name: &str, password: &str) -> Answer {
    let body = json!({"user_name": name, "user_password": password});
    app.send(Method::POST, "/v1/sessions", "", &[("x-forwarded-for", address)], Some(&body)).await
}

async fn sign_in(app: &TestApp, name: &str, password: &str) -> Answer {
    sign_in_from(app, "192.0.2.1", name, password).await
}

async fn register(app: &TestApp, name: &str, password: &str) -> Answer {
    app.post("/v1/users", "", json!({"user_name": name, "user_password": password})).await
}

async fn delete(app: &TestApp, path: &str, token: &str) -> Answer {
    app.send(Method::DELETE, path, token, &[], None).await
}

async fn is_signed_in(app: &TestApp, token: &str) -> bool {
    app.get("/v1/users/me", token).await.status == 200
}

async fn user_id(app: &TestApp, token: &str) -> String {
    app.get("/v1/users/me", token).await.expect(200).text_of("user_id")
}

/// Review M4.
#[actix_web::test]
async fn common_passwords_the_own_name_and_reserved_names_are_refused() {
    let app = TestApp::start().await;
    for (name, password, field, code) in [
        ("bob", "password", "user_password", "common_password"),
        ("bob", "12345678", "user_password", "common_password"),
        ("bob", "\0\0\0\0\0\0\0\0", "user_password", "common_password"),
        ("bob", "tradepost1", "user_password", "common_password"),
        ("margaret", "Margaret_99", "user_password", "password_is_name"),
        ("margaret_of_york", "margaret_of", "user_password", "password_is_name"),
        ("support", "a good password", "user_name", "reserved_name"),
        ("Administrator", "a good password", "user_name", "reserved_name"),
    ] {
        let answer = register(&app, name, password).await.expect_problem(422, "invalid_request");
        let error = &answer.body["errors"][0];
        assert_eq!((error["field"].as_str(), error["code"].as_str()), (Some(field), Some(code)), "{name} {password}");
    }
    register(&app, "bob", "a good password").await.expect(201);
    app.finish().await;
}

/// Review M4.
#[actix_web::test]
async fn names_are_unique_without_regard_to_case() {
    let app = TestApp::start().await;
    register(&app, "Bob", "a good password").await.expect(201);
    for name in ["bob", "BOB", "Admin", "ZS"] {
        register(&app, name, "a good password").await.expect_problem(409, "user_name_taken");
    }
    let token = sign_in(&app, "bOB", "a good password").await.expect(201).text_of("access_token");
    assert_eq!(app.get("/v1/users/me", &token).await.expect(200).body["user_name"], "Bob");
    app.finish().await;
}

#[actix_web::test]
async fn accounts_of_earlier_releases_whose_names_differ_in_case_only_keep_their_names() {
    let app = TestApp::start().await;
    register(&app, "bob", "the password of bob").await.expect(201);
    register(&app, "bob2", "the password of Bob").await.expect(201);
    // As the migration leaves them: the older one has the key.
    app.alter("user", "UPDATE users SET user_name = 'Bob', name_key = NULL WHERE user_name = 'bob2'");
    for (name, password) in [("bob", "the password of bob"), ("Bob", "the password of Bob")] {
        let token = sign_in(&app, name, password).await.expect(201).text_of("access_token");
        assert_eq!(app.get("/v1/users/me", &token).await.expect(200).body["user_name"], name);
    }
    register(&app, "BOB", "a good password").await.expect_problem(409, "user_name_taken");
    app.alter("user", "UPDATE users SET user_name = 'bob2', name_key = 'bob2' WHERE user_name = 'Bob'");
    app.finish().await;
}

#[actix_web::test]
async fn a_taken_name_costs_no_hash() {
    let app = TestApp::with(&[("SESSION__HASHING_MAX", "1")]).await;
    // As many as would be refused as busy if each cost a hash.
    let answers = join_all((0..40).map(|_| register(&app, "zs", "a good password"))).await;
    assert!(answers.iter().all(|answer| answer.status == 409), "{:?}", answers.iter().map(|a| a.status).max());
    app.finish().await;
}

#[actix_web::test]
async fn a_sign_in_that_finds_too_many_others_waiting_is_refused_before_it_is_counted() {
    let app = TestApp::with(&[("SESSION__HASHING_MAX", "1")]).await;
    let admin = app.admin().await;
    let tasks = async || {
        let status = app.get("/admin/status", &admin).await.expect(200).body;
        let user = status["actors"].as_array().unwrap().iter().find(|actor| actor["name"] == "user").unwrap();
        user["processed"].as_u64().unwrap()
    };
    let before = tasks().await;
    let names: Vec<String> = (0..40).map(|n| format!("unknown-{n}")).collect();
    let answers = join_all(names.iter().map(|name| sign_in(&app, name, "a good password"))).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(of(401) + of(503), 40);
    assert!(of(503) > 0, "nothing was refused as busy");
    let tasks = tasks().await - before;
    assert!(tasks < 40, "User had {tasks} tasks, and {} attempts were verified", of(401));
    app.finish().await;
}

/// Review H9.
#[actix_web::test]
async fn a_changed_password_ends_all_sessions_and_begins_a_new_one() {
    let app = TestApp::start().await;
    let (zs, other) = (app.zs().await, app.zs().await);
    let change = async |token: &str, old: &str, new: &str| {
        app.post("/v1/users/me/password", token, json!({"old_password": old, "new_password": new})).await
    };
    let wrong = change(&zs, "not the password", "a new password").await.expect_problem(422, "invalid_request");
    assert_eq!(wrong.body["errors"][0]["code"], "wrong_password");
    let common = change(&zs, DEMO_PASSWORD, "iloveyou").await.expect_problem(422, "invalid_request");
    assert_eq!(common.body["errors"][0]["code"], "common_password");
    assert!(is_signed_in(&app, &zs).await, "a refused change ends nothing");
    let new = change(&zs, DEMO_PASSWORD, "a new password").await.expect(200).text_of("access_token");
    assert!(!is_signed_in(&app, &zs).await && !is_signed_in(&app, &other).await && is_signed_in(&app, &new).await);
    sign_in(&app, "zs", DEMO_PASSWORD).await.expect_problem(401, "unauthenticated");
    sign_in(&app, "zs", "a new password").await.expect(201);
    app.finish().await;
}

/// Review H9.
#[actix_web::test]
async fn a_user_signs_out_here_or_everywhere_also_after_a_restart() {
    let mut app = TestApp::start().await;
    let here = app.zs().await;
    let there = app.zs().await;
    delete(&app, "/v1/sessions/current", &here).await.expect(204);
    delete(&app, "/v1/sessions/current", &here).await.expect_problem(401, "unauthenticated");
    assert!(!is_signed_in(&app, &here).await && is_signed_in(&app, &there).await);
    app.restart().await;
    assert!(!is_signed_in(&app, &here).await && is_signed_in(&app, &there).await, "the store knows it");
    delete(&app, "/v1/sessions", &there).await.expect(204);
    assert!(!is_signed_in(&app, &there).await);
    app.restart().await;
    assert!(!is_signed_in(&app, &here).await && !is_signed_in(&app, &there).await);
    assert!(is_signed_in(&app, &app.zs().await).await);
    app.finish().await;
}

/// Review H9.
#[actix_web::test]
async fn an_administrator_disables_an_account_and_enables_it_again() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let user = format!("/admin/users/{}", user_id(&app, &zs).await);
    let reason = json!({"reason": "a lost telephone"});
    let disabled = app.post(&format!("{user}/disable"), &admin, reason.clone()).await.expect(200);
    assert_ne!(disabled.body["disable_time"], Value::Null);
    assert!(!is_signed_in(&app, &zs).await);
    app.order(&zs, "k", &OrderBody::golden()).await.expect_problem(401, "unauthenticated");
    sign_in(&app, "zs", DEMO_PASSWORD).await.expect_problem(403, "forbidden");
    sign_in(&app, "zs", "not the password").await.expect_problem(401, "unauthenticated");
    app.post(&format!("{user}/enable"), &admin, reason.clone()).await.expect(200);
    let again = app.zs().await;
    assert!(is_signed_in(&app, &again).await && !is_signed_in(&app, &zs).await);
    app.post(&format!("{user}/sign-out"), &admin, reason).await.expect(200);
    assert!(!is_signed_in(&app, &again).await);
    let journal = app.get("/admin/journal", &admin).await.expect(200);
    let acts: Vec<_> = journal.body["items"].as_array().unwrap().iter().map(|act| act["act"].as_str()).collect();
    assert_eq!(acts[..3], [Some("signed_out"), Some("enabled"), Some("disabled")], "{journal:?}");
    assert_eq!(journal.body["items"][0]["detail"], "a lost telephone");
    app.finish().await;
}

/// Review H9.
#[actix_web::test]
async fn an_administrator_gives_the_role_and_takes_it_away() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let (zs_id, admin_id) = (user_id(&app, &zs).await, user_id(&app, &admin).await);
    let change = async |token: &str, user_id: &str, role: &str| {
        let body = json!({"user_role": role, "reason": "a new colleague"});
        app.post(&format!("/admin/users/{user_id}/role"), token, body).await
    };
    change(&zs, &zs_id, "admin").await.expect_problem(403, "forbidden");
    assert_eq!(change(&admin, &zs_id, "admin").await.expect(200).body["user_role"], "admin");
    assert!(!is_signed_in(&app, &zs).await, "a token has the role of its time");
    let colleague = app.zs().await;
    app.get("/admin/status", &colleague).await.expect(200);
    let listed = app.get("/admin/users?user_role=admin", &admin).await.expect(200);
    let names: Vec<_> = listed.body["items"].as_array().unwrap().iter().map(|user| user["user_name"].clone()).collect();
    assert!(names.len() == 2 && names.contains(&json!("zs")) && names.contains(&json!("admin")), "{names:?}");
    // Neither can lock out all administrators.
    for (token, user_id) in [(&colleague, &zs_id), (&colleague, &admin_id), (&admin, &admin_id)] {
        change(token, user_id, "customer").await.expect_problem(409, "account_protected");
    }
    change(&admin, &zs_id, "customer").await.expect(200);
    app.get("/admin/status", &colleague).await.expect_problem(401, "unauthenticated");
    app.get("/admin/status", &app.zs().await).await.expect_problem(403, "forbidden");
    app.finish().await;
}

/// Review H9.
#[actix_web::test]
async fn the_administrator_before_admin_user_was_renamed_is_a_customer() {
    let mut app = TestApp::start().await;
    let before = app.admin().await;
    app.set("ADMIN__USER", "chief");
    app.restart().await;
    app.get("/admin/status", &before).await.expect_problem(403, "forbidden");
    let chief = sign_in(&app, "chief", ADMIN_PASSWORD).await.expect(201).text_of("access_token");
    let former = sign_in(&app, "admin", ADMIN_PASSWORD).await.expect(201).text_of("access_token");
    app.get("/admin/status", &former).await.expect_problem(403, "forbidden");
    let listed = app.get("/admin/users?user_name=admin", &chief).await.expect(200);
    assert_eq!(listed.body["items"][0]["user_role"], "customer");
    app.finish().await;
}

/// Review H9.
#[actix_web::test]
async fn a_token_of_a_user_who_is_not_in_the_store_is_refused() {
    let mut app = TestApp::start().await;
    register(&app, "eve", "a good password").await.expect(201);
    let eve = sign_in(&app, "eve", "a good password").await.expect(201).text_of("access_token");
    app.stop(Duration::from_secs(5)).await;
    app.alter("user", "DELETE FROM users WHERE user_name = 'eve'");
    app.restart().await;
    app.order(&eve, "k", &OrderBody::golden()).await.expect_problem(401, "unauthenticated");
    app.finish_broken().await;
}

/// Review H9.
#[actix_web::test]
async fn the_token_of_an_administrator_is_short() {
    let app = TestApp::with(&[("SESSION__ADMIN_TTL", "30m")]).await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    app.clock.advance(Duration::from_secs(31 * 60));
    app.get("/admin/status", &admin).await.expect_problem(401, "unauthenticated");
    assert!(is_signed_in(&app, &zs).await);
    app.finish().await;
}

/// Review H9.
#[actix_web::test]
async fn a_secret_is_replaced_without_signing_out() {
    let (old, new) = ("the first secret of the sessions, of 32", "the second secret of the sessions, of 32");
    let mut app = TestApp::with(&[("SESSION__SECRET", old)]).await;
    let zs = app.zs().await;
    app.set("SESSION__SECRET", new);
    app.set("SESSION__OLD_SECRET", old);
    app.restart().await;
    let later = app.zs().await;
    assert!(is_signed_in(&app, &zs).await && is_signed_in(&app, &later).await);
    app.set("SESSION__OLD_SECRET", "");
    app.restart().await;
    assert!(!is_signed_in(&app, &zs).await && is_signed_in(&app, &later).await);
    app.finish().await;
}

/// The proxies of the tests, which say where a request comes from.
const PROXIED: (&str, &str) = ("HTTP__TRUSTED_PROXIES", "127.0.0.1");

/// Review H4.
#[actix_web::test]
async fn failed_sign_ins_delay_the_next_one_also_after_a_restart() {
    let mut app = TestApp::with(&[PROXIED]).await;
    // Known and unknown names are treated alike. Each failure after the tenth doubles the delay, here to 64 seconds.
    for name in ["zs", "unknown"] {
        for at in 0..16 {
            app.clock.advance(Duration::from_secs(if at < 10 { 0 } else { 60 }));
            sign_in(&app, name, "not the password").await.expect_problem(401, "unauthenticated");
        }
        let refused = sign_in(&app, name, "not the password").await.expect_problem(429, "too_many_sign_ins");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((32..=64).contains(&wait), "{wait}");
        if name == "zs" {
            app.restart().await;
            sign_in(&app, name, DEMO_PASSWORD).await.expect_problem(429, "too_many_sign_ins");
            app.clock.advance(Duration::from_secs(65));
            sign_in(&app, name, DEMO_PASSWORD).await.expect(201);
            sign_in(&app, name, "not the password").await.expect_problem(401, "unauthenticated");
        }
    }
    app.finish().await;
}

/// Review H4.
#[actix_web::test]
async fn others_cannot_lock_a_user_out_of_an_address_from_which_the_user_has_signed_in() {
    let app = TestApp::with(&[PROXIED]).await;
    sign_in_from(&app, "192.0.2.1", "zs", DEMO_PASSWORD).await.expect(201);
    for at in 0..60 {
        // The delay after the free ones doubles each time.
        app.clock.advance(Duration::from_secs(if at < 50 { 0 } else { 1000 }));
        let address = format!("198.51.100.{at}");
        sign_in_from(&app, &address, "zs", "not the password").await.expect_problem(401, "unauthenticated");
    }
    let refused = sign_in_from(&app, "198.51.100.99", "zs", "not the password").await;
    refused.expect_problem(429, "too_many_sign_ins");
    sign_in_from(&app, "203.0.113.7", "zs", DEMO_PASSWORD).await.expect_problem(429, "too_many_sign_ins");
    sign_in_from(&app, "192.0.2.1", "zs", DEMO_PASSWORD).await.expect(201);
    app.finish().await;
}

/// Review H4.
#[actix_web::test]
async fn guesses_at_the_same_time_are_all_counted() {
    let app = TestApp::with(&[PROXIED, ("SESSION__HASHING_MAX", "4")]).await;
    let answers = join_all((0..30).map(|_| sign_in(&app, "zs", "not the password"))).await;
    let verified = answers.iter().filter(|answer| answer.status == 401).count();
    assert!(verified <= 12, "{verified} of 30 were verified");
    app.finish().await;
}

/// Reviews H3 and M2.
#[actix_web::test]
async fn two_hundred_wrong_sign_ins_leave_no_memory_behind_and_each_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data").display().to_string();
    std::fs::create_dir(&path).unwrap();
    let mut child = Command::new(BINARY)
        .env_clear()
        .envs([("TRADEPOST__HTTP__LISTEN", "127.0.0.1:0"), ("TRADEPOST__ADMIN__PASSWORD", ADMIN_PASSWORD)])
        .envs([("TRADEPOST__STORE__URL", sqlite(path.as_ref())), ("TRADEPOST__SECRETS__FOLDER", path)])
        .envs([("TRADEPOST__LOG__FILTER", "info"), ("TRADEPOST__HTTP__WORKERS", "1")])
        .env("TRADEPOST__DEMO__PASSWORD", DEMO_PASSWORD)
        .envs(["SIGN_INS", "REFUSALS"].map(|what| (format!("TRADEPOST__LIMITS__{what}_PER_ADDRESS"), "0")))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let errors = child.stderr.take().unwrap();
    let log = std::thread::spawn(move || std::io::read_to_string(errors).unwrap());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.find_map(|line| Some(line.ok()?.split_once("listening on ")?.1.to_owned())).unwrap();
    let rest = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>().join("\n"));
    let client = awc::Client::builder().timeout(Duration::from_secs(60)).finish();
    let sign_in = async |at: usize| {
        let body = json!({"user_name": format!("guess{at}"), "user_password": "not the password"});
        client.post(format!("{url}/v1/sessions")).send_json(&body).await.unwrap().status().as_u16()
    };
    let body = json!({"user_name": "zs", "user_password": DEMO_PASSWORD});
    let mut answer = client.post(format!("{url}/v1/sessions")).send_json(&body).await.unwrap();
    let zs: Value = answer.json().await.unwrap();
    let bearer = format!("Bearer {}", zs["access_token"].as_str().unwrap());
    let forbidden = client.get(format!("{url}/admin/status")).insert_header(("authorization", bearer));
    assert_eq!(forbidden.send().await.unwrap().status().as_u16(), 403);
    let before = peak_mib(child.id());
    let mut failed = 0;
    for round in 0.. {
        let statuses = join_all((0..50).map(|at| sign_in(round * 50 + at))).await;
        failed += statuses.iter().filter(|status| **status == 401).count();
        if failed >= 200 {
            break;
        }
    }
    let grown = peak_mib(child.id()) - before;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(grown < 64, "{grown} MiB more after {failed} wrong passwords; two work areas have 38 MiB");
    let log = log.join().unwrap() + &rest.join().unwrap();
    let events = log.lines().filter(|line| line.contains("sign_in_failed")).collect::<Vec<_>>();
    let forbidden = log.lines().find(|line| line.contains("event=\"forbidden\"")).unwrap();
    assert!(forbidden.contains(&format!("user_id={USER}")), "{forbidden}");
    // The last lines may be lost with the process.
    assert!(events.len() >= 200, "{} of {failed}", events.len());
    assert!(events.iter().all(|line| line.contains("guess") && line.contains("127.0.0.1")), "{}", events[0]);
}

/// Highest resident memory of a process, in MiB.
pub fn peak_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}
