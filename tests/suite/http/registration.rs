//! A registration that is sent again under its idempotency key.

use std::time::Duration;

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};
use tradepost::actor::fault::Fault;

async fn register(app: &TestApp, key: &str, body: &Value) -> Answer {
    app.send(Method::POST, "/v1/users", "", &[("idempotency-key", key)], Some(body)).await
}

fn body(user_name: &str) -> Value {
    json!({"user_name": user_name, "user_password": "a good password", "user_mobile": "+4912345678"})
}

#[actix_web::test]
async fn a_registration_that_is_sent_again_finds_its_user() {
    let mut app = TestApp::start().await;
    let first = register(&app, "k", &body("ann")).await.expect(201);
    app.restart().await;
    app.clock.advance(Duration::from_secs(60));
    let again = register(&app, "k", &body("ann")).await.expect(201);
    assert_eq!((&first.body, first.header("location")), (&again.body, again.header("location")));
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    for (field, value) in [("user_password", json!("another password")), ("user_mobile", Value::Null)] {
        let mut other = body("ann");
        other[field] = value;
        register(&app, "k", &other).await.expect_problem(422, "idempotency_key_reused");
    }
    register(&app, "another-key", &body("ann")).await.expect_problem(409, "user_name_taken");
    app.post("/v1/users", "", body("ann")).await.expect_problem(409, "user_name_taken");
    // The key belongs to the name.
    let bob = register(&app, "k", &body("bob")).await.expect(201);
    assert_eq!((bob.body["user_name"].as_str(), bob.header("idempotent-replayed")), (Some("bob"), ""));
    // A user who registered without a key has none that fits.
    app.post("/v1/users", "", body("eve")).await.expect(201);
    register(&app, "k", &body("eve")).await.expect_problem(409, "user_name_taken");
    app.finish().await;
}

#[actix_web::test]
async fn a_registration_sent_several_times_at_once_registers_one_user() {
    let app =
        TestApp::with(&[("STORE__WRITERS", "8"), ("OWNERS__BATCH_MAX", "1"), ("SESSION__HASHING_MAX", "8")]).await;
    app.faults.plan("user.apply", Fault::Delay(Duration::from_millis(100)), 0, 1);
    let answers = join_all((0..8).map(|_| async { register(&app, "k", &body("ann")).await.expect(201) })).await;
    let new = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_empty()).count();
    assert!(answers.iter().all(|answer| answer.body["user_id"] == answers[0].body["user_id"]));
    assert_eq!((new, app.number("user", "SELECT count(*) AS n FROM users WHERE user_name = 'ann'")), (1, 1));
    app.finish().await;
}
