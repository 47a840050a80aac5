//! Dead messages: an operator lists and replays them. A replay delivers the message and has its effect once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{ONE_ATTEMPT, TestApp};

/// The customer's token, and a message that the goods cannot read.
async fn with_dead_message(app: &TestApp) -> (String, Value) {
    (app.with_dead_message().await, dead_message(app).await)
}

/// Returns the only dead message, as an operator sees it.
async fn dead_message(app: &TestApp) -> Value {
    let page = app.get("/admin/messages?status=dead", &app.admin().await).await.expect(200).body;
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    page["items"][0].clone()
}

#[actix_web::test]
async fn a_dead_message_is_replayed_and_has_its_effect_once() {
    let app = TestApp::with(&ONE_ATTEMPT).await;
    let (_, message) = with_dead_message(&app).await;
    assert_eq!(
        (&message["producer"], &message["group"], &message["tag"]),
        (&json!("order"), &json!("goods"), &json!("cancel"))
    );
    assert!(!message["remark"].as_str().unwrap().is_empty());
    assert!(message["body"].as_str().unwrap().contains("\"gods\""), "the operator sees what the goods cannot read");
    app.rename_in_bodies("gods", "goods");
    let admin = app.admin().await;
    let path = format!("/admin/messages/{}/replay", message["id"].as_str().unwrap());
    let (app_, path_, admin_) = (&app, &path, &admin);
    let replays =
        join_all((0..20).map(|_| async move { app_.post(path_, admin_, json!({})).await.expect(200).body })).await;
    assert!(replays.iter().any(|replay| replay["outcome"] == "replayed"));
    app.settle().await;
    assert_eq!(app.stock(crate::support::GOODS).await, 1000);
    assert_eq!(app.number("goods", "SELECT count(*) AS n FROM goods_number_log WHERE direction = 2"), 1);
    assert_eq!(app.post(&path, &admin, json!({})).await.expect(200).body["outcome"], "already_done");
    app.settle().await;
    assert_eq!(app.stock(crate::support::GOODS).await, 1000);
    let left = app.get("/admin/messages", &admin).await.expect(200).body;
    assert_eq!(left["items"], json!([]));
    app.finish().await;
}

#[actix_web::test]
async fn a_replayed_message_that_fails_again_is_dead_again_with_its_reason() {
    let app = TestApp::with(&ONE_ATTEMPT).await;
    let (zs, message) = with_dead_message(&app).await;
    let admin = app.admin().await;
    let path = format!("/admin/messages/{}/replay", message["id"].as_str().unwrap());
    assert_eq!(app.post(&path, &admin, json!({})).await.expect(200).body["outcome"], "replayed");
    app.settle().await;
    let again = dead_message(&app).await;
    assert_eq!((&again["id"], &again["status"]), (&message["id"], &json!("dead")));
    app.post(&path, &zs, json!({})).await.expect_problem(403, "forbidden");
    for unknown in ["1", "01a20cd0-2092-738a-9b75-f8b5a27e3c0e"] {
        let path = format!("/admin/messages/{unknown}/replay");
        app.post(&path, &admin, json!({})).await.expect_problem(404, "not_found");
    }
    app.post(&path, &admin, json!({})).await.expect(200);
    // The delivery that is on its way fails with the old body.
    app.settle().await;
    app.rename_in_bodies("gods", "goods");
    app.post(&path, &admin, json!({})).await.expect(200);
    app.settle().await;
    app.finish().await;
}
