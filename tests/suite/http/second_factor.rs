//! Second factors of administrators: adding and removing them, codes at sign-in, and what is left without a telephone.

use std::process::Command;
use std::time::Duration;

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::command_line::BINARY;
use crate::server::place::Place;
use crate::support::second_factor::{Factor, code};
use crate::support::{ADMIN_PASSWORD, Answer, DEMO_PASSWORD, TestApp};

const PATH: &str = "/v1/users/me/second-factor";
const STEP: Duration = Duration::from_secs(30);

async fn sign_in(app: &TestApp, password: &str, code: &str) -> Answer {
    app.post("/v1/sessions", "", Factor::sign_in("admin", password, code)).await
}

async fn without_code(app: &TestApp, name: &str, password: &str) -> Answer {
    app.post("/v1/sessions", "", json!({"user_name": name, "user_password": password})).await
}

#[track_caller]
fn expect_wrong_code(answer: Answer, status: u16) {
    let code = if status == 401 { "unauthenticated" } else { "invalid_request" };
    let answer = answer.expect_problem(status, code);
    assert_eq!(answer.body["errors"][0]["code"], "wrong_one_time_code", "{}", answer.text);
}

async fn remove(app: &TestApp, token: &str, password: &str, code: &str) -> Answer {
    let body = json!({"user_password": password, "one_time_code": code});
    app.post(&format!("{PATH}/remove"), token, body).await
}

#[actix_web::test]
async fn an_administrator_adds_a_second_factor_and_signs_in_with_it() {
    let app = TestApp::start().await;
    let (admin, other) = (app.admin().await, app.admin().await);
    let none = app.get(PATH, &admin).await.expect(200);
    assert_eq!(none.body, json!({"second_factor_time": null, "recovery_codes": 0}));
    let wrong = app.post(PATH, &admin, json!({"user_password": "not the password"})).await;
    assert_eq!(wrong.expect_problem(422, "invalid_request").body["errors"][0]["code"], "wrong_password");
    let first = app.post(PATH, &admin, json!({"user_password": ADMIN_PASSWORD})).await.expect(201).text_of("secret");
    let offer = app.post(PATH, &admin, json!({"user_password": ADMIN_PASSWORD})).await.expect(201);
    let secret = offer.text_of("secret");
    assert_ne!(first, secret);
    let uri = offer.text_of("uri");
    assert!(uri.starts_with(&format!("otpauth://totp/Tradepost:admin?secret={secret}&")), "{uri}");
    // It is in effect only when it is confirmed, with a code of the last secret.
    without_code(&app, "admin", ADMIN_PASSWORD).await.expect(201);
    let confirm = async |code: &str| app.post(&format!("{PATH}/confirm"), &admin, json!({"one_time_code": code})).await;
    for wrong in [code(&app, &first), "000000".to_owned(), "abcd-efgh-2345-mnop-qrst-uvwx".to_owned()] {
        expect_wrong_code(confirm(&wrong).await, 422);
    }
    let used = code(&app, &secret);
    let confirmed = confirm(&used).await.expect(200);
    assert_eq!(confirmed.body["recovery_codes"].as_array().unwrap().len(), 10);
    let token = confirmed.text_of("access_token");
    for ended in [&admin, &other] {
        app.get("/admin/status", ended).await.expect_problem(401, "unauthenticated");
    }
    app.get("/admin/status", &token).await.expect(200);
    let missing = without_code(&app, "admin", ADMIN_PASSWORD).await.expect_problem(401, "one_time_code_required");
    assert_eq!(missing.header("www-authenticate"), "Bearer");
    expect_wrong_code(sign_in(&app, ADMIN_PASSWORD, &used).await, 401);
    app.clock.advance(STEP);
    let now = code(&app, &secret);
    without_code(&app, "admin", "not the password").await.expect_problem(401, "unauthenticated");
    let wrong = sign_in(&app, "not the password", &now).await.expect_problem(401, "unauthenticated");
    assert_eq!(wrong.body["errors"], Value::Null, "the code says nothing without the password");
    sign_in(&app, ADMIN_PASSWORD, &now).await.expect(201);
    expect_wrong_code(sign_in(&app, ADMIN_PASSWORD, &now).await, 401);
    let again = app.post(PATH, &token, json!({"user_password": ADMIN_PASSWORD})).await;
    again.expect_problem(409, "second_factor_exists");
    let body = json!({"one_time_code": code(&app, &secret)});
    app.post(&format!("{PATH}/confirm"), &token, body).await.expect_problem(409, "second_factor_exists");
    let shown = app.get(PATH, &token).await.expect(200);
    assert_ne!(shown.body["second_factor_time"], Value::Null);
    assert_eq!((shown.body["recovery_codes"].as_i64(), shown.text.contains(&secret)), (Some(10), false));
    let journal = app.get("/admin/journal", &token).await.expect(200);
    assert_eq!(journal.body["items"][0]["act"], "second_factor_added");
    app.finish().await;
}

#[actix_web::test]
async fn each_recovery_code_signs_in_once() {
    let app = TestApp::start().await;
    let factor = Factor::add(&app, &app.admin().await, ADMIN_PASSWORD).await;
    let typed = factor.recovery_codes[1].replace('-', " ").to_uppercase();
    for code in [&factor.recovery_codes[0], &typed] {
        sign_in(&app, ADMIN_PASSWORD, code).await.expect(201);
        expect_wrong_code(sign_in(&app, ADMIN_PASSWORD, code).await, 401);
    }
    expect_wrong_code(sign_in(&app, ADMIN_PASSWORD, "abcd-efgh-2345-mnop-qrst-uvwx").await, 401);
    assert_eq!(app.get(PATH, &factor.token).await.expect(200).body["recovery_codes"], 8);
    for text in ["12345", "a code", ""] {
        let answer = sign_in(&app, ADMIN_PASSWORD, text).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["field"], "one_time_code", "{text}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_same_code_twice_at_once_gives_one_session() {
    let app = TestApp::with(&[("SESSION__HASHING_MAX", "8")]).await;
    let factor = Factor::add(&app, &app.admin().await, ADMIN_PASSWORD).await;
    app.clock.advance(STEP);
    for code in [factor.code(&app), factor.recovery_codes[0].clone()] {
        let answers = join_all((0..8).map(|_| sign_in(&app, ADMIN_PASSWORD, &code))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 401, 401, 401, 401, 401, 401, 401], "{code}");
        // A success makes the failures forgotten.
        app.clock.advance(STEP);
        sign_in(&app, ADMIN_PASSWORD, &factor.code(&app)).await.expect(201);
        app.clock.advance(STEP);
    }
    app.finish().await;
}

#[actix_web::test]
async fn wrong_codes_delay_the_next_sign_in_and_a_missing_one_does_not_forget_them() {
    let app = TestApp::start().await;
    let factor = Factor::add(&app, &app.admin().await, ADMIN_PASSWORD).await;
    for at in 0..12 {
        app.clock.advance(Duration::from_secs(if at < 10 { 0 } else { 60 }));
        expect_wrong_code(sign_in(&app, ADMIN_PASSWORD, "000000").await, 401);
    }
    app.clock.advance(Duration::from_secs(60));
    without_code(&app, "admin", ADMIN_PASSWORD).await.expect_problem(401, "one_time_code_required");
    expect_wrong_code(sign_in(&app, ADMIN_PASSWORD, "000000").await, 401);
    without_code(&app, "admin", ADMIN_PASSWORD).await.expect_problem(429, "too_many_sign_ins");
    sign_in(&app, ADMIN_PASSWORD, &factor.code(&app)).await.expect_problem(429, "too_many_sign_ins");
    app.clock.advance(Duration::from_secs(60));
    sign_in(&app, ADMIN_PASSWORD, &factor.code(&app)).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn it_is_removed_with_the_password_and_a_code() {
    let app = TestApp::start().await;
    let factor = Factor::add(&app, &app.admin().await, ADMIN_PASSWORD).await;
    app.clock.advance(STEP);
    expect_wrong_code(remove(&app, &factor.token, ADMIN_PASSWORD, "000000").await, 422);
    let wrong = remove(&app, &factor.token, "not the password", &factor.code(&app)).await;
    assert_eq!(wrong.expect_problem(422, "invalid_request").body["errors"][0]["code"], "wrong_password");
    let removed = remove(&app, &factor.token, ADMIN_PASSWORD, &factor.code(&app)).await.expect(200);
    app.get("/admin/status", &factor.token).await.expect_problem(401, "unauthenticated");
    let token = removed.text_of("access_token");
    app.get("/admin/status", &token).await.expect(200);
    without_code(&app, "admin", ADMIN_PASSWORD).await.expect(201);
    expect_wrong_code(remove(&app, &token, ADMIN_PASSWORD, &factor.recovery_codes[0]).await, 422);
    assert_eq!(app.rows().get("user.recovery_code").copied().unwrap_or(0), 0);
    let again = Factor::add(&app, &token, ADMIN_PASSWORD).await;
    assert_ne!(again.secret, factor.secret);
    app.finish().await;
}

#[actix_web::test]
async fn a_colleague_removes_it_with_a_reason_that_is_in_the_journal() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let id_of = async |token: &str| app.get("/v1/users/me", token).await.expect(200).text_of("user_id");
    let (zs_id, admin_id) = (id_of(&zs).await, id_of(&admin).await);
    let customer = app.post(PATH, &zs, json!({"user_password": DEMO_PASSWORD})).await;
    customer.expect_problem(403, "forbidden");
    let role = json!({"user_role": "admin", "reason": "a new colleague"});
    app.post(&format!("/admin/users/{zs_id}/role"), &admin, role).await.expect(200);
    let factor = Factor::add(&app, &app.zs().await, DEMO_PASSWORD).await;
    let own = Factor::add(&app, &admin, ADMIN_PASSWORD).await;
    let remove_of = async |user_id: &str, token: &str| {
        let reason = json!({"reason": "lost the telephone"});
        app.post(&format!("/admin/users/{user_id}/remove-second-factor"), token, reason).await
    };
    remove_of(&admin_id, &own.token).await.expect_problem(409, "account_protected");
    let listed = app.get(&format!("/admin/users/{zs_id}"), &own.token).await.expect(200);
    assert_ne!(listed.body["second_factor_time"], Value::Null);
    let removed = remove_of(&zs_id, &own.token).await.expect(200);
    assert_eq!(removed.body["second_factor_time"], Value::Null);
    remove_of(&zs_id, &own.token).await.expect(200);
    app.get("/admin/status", &factor.token).await.expect_problem(401, "unauthenticated");
    without_code(&app, "zs", DEMO_PASSWORD).await.expect(201);
    let journal = app.get("/admin/journal", &own.token).await.expect(200);
    let act = &journal.body["items"][0];
    assert_eq!((&act["act"], &act["detail"]), (&json!("second_factor_removed"), &json!("lost the telephone")));
    assert_eq!((&act["user_id"], &act["subject"]["id"]), (&json!(admin_id), &json!(zs_id)));
    assert_eq!(journal.body["items"][1]["act"], "second_factor_added", "the second removal changed nothing");
    app.finish().await;
}

#[actix_web::test]
async fn if_it_is_required_an_administrator_without_it_may_only_add_it() {
    let app = TestApp::with(&[("ADMIN__SECOND_FACTOR", "required")]).await;
    let admin = app.admin().await;
    for path in ["/admin/status", "/admin/users", "/admin/journal"] {
        app.get(path, &admin).await.expect_problem(403, "second_factor_required");
    }
    let goods = json!({"goods_name": "a", "goods_number": 1, "goods_price": "1.00"});
    app.post("/admin/goods", &admin, goods).await.expect_problem(403, "second_factor_required");
    app.get("/admin/status", &app.zs().await).await.expect_problem(403, "forbidden");
    let factor = Factor::add(&app, &admin, ADMIN_PASSWORD).await;
    app.get("/admin/status", &factor.token).await.expect(200);
    app.clock.advance(STEP);
    let removed = remove(&app, &factor.token, ADMIN_PASSWORD, &factor.code(&app)).await.expect(200);
    let again = app.get("/admin/status", &removed.text_of("access_token")).await;
    again.expect_problem(403, "second_factor_required");
    app.finish().await;
}

#[actix_web::test]
async fn it_survives_the_replacement_of_the_secret_of_the_sessions() {
    let secrets = ["the first secret of the sessions, of 32", "the second secret of the sessions, of 32"];
    let mut app = TestApp::with(&[("SESSION__SECRET", secrets[0])]).await;
    let factor = Factor::add(&app, &app.admin().await, ADMIN_PASSWORD).await;
    for (secret, old) in [(secrets[1], secrets[0]), (secrets[1], "")] {
        app.set("SESSION__SECRET", secret);
        app.set("SESSION__OLD_SECRET", old);
        app.restart().await;
        app.clock.advance(STEP);
        sign_in(&app, ADMIN_PASSWORD, &factor.code(&app)).await.expect(201);
    }
    // A secret that is lost takes the second factor with it, but not the recovery codes.
    app.set("SESSION__SECRET", "the third secret of the sessions, of 32");
    app.restart().await;
    app.clock.advance(STEP);
    expect_wrong_code(sign_in(&app, ADMIN_PASSWORD, &factor.code(&app)).await, 401);
    sign_in(&app, ADMIN_PASSWORD, &factor.recovery_codes[0]).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn a_server_with_an_api_key_has_none() {
    let app = TestApp::start().await;
    let body = json!({"name": "shop", "scopes": ["orders"]});
    let key = app.post("/admin/api-keys", &app.admin().await, body).await.expect(201).text_of("key");
    let customer = [("tradepost-customer", "c1")];
    app.send(Method::GET, PATH, &key, &customer, None).await.expect_problem(403, "forbidden");
    let body = json!({"user_password": ADMIN_PASSWORD});
    app.send(Method::POST, PATH, &key, &customer, Some(&body)).await.expect_problem(403, "forbidden");
    app.finish().await;
}

#[actix_web::test]
async fn the_command_line_removes_that_of_the_last_administrator() {
    let place = Place::new();
    let settings =
        [("TRADEPOST__STORE__URL", place.url()), ("TRADEPOST__SECRETS__FOLDER", place.folder().display().to_string())];
    let mut app = TestApp::at(place, &[]).await;
    let factor = Factor::add(&app, &app.admin().await, ADMIN_PASSWORD).await;
    app.stop(Duration::from_secs(5)).await;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command.env_clear().envs(settings.clone()).args(["admin", "remove-second-factor"]).args(arguments);
        let output = command.output().unwrap();
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.success(), printed)
    };
    for (arguments, succeeds, words) in [
        (&["zs"][..], false, "is a customer"),
        (&["missing"], false, "there is no user missing"),
        (&[], true, "administrator: admin  the second factor is removed"),
        (&["admin"], true, "administrator: admin  there is no second factor"),
    ] {
        let (success, printed) = run(arguments);
        assert!(success == succeeds && printed.contains(words), "{arguments:?}: {printed}");
    }
    app.restart().await;
    app.get("/admin/status", &factor.token).await.expect_problem(401, "unauthenticated");
    let token = without_code(&app, "admin", ADMIN_PASSWORD).await.expect(201).text_of("access_token");
    let journal = app.get("/admin/journal?limit=1", &token).await.expect(200);
    assert_eq!(journal.body["items"][0]["act"], "second_factor_removed");
    assert_eq!(journal.body["items"][0]["detail"], "tradepost admin remove-second-factor");
    app.finish().await;
}
