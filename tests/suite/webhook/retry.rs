//! Endpoints that fail: attempts by the schedule, replays, and endpoints that are disabled.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::support::webhook::{ALLOWED, received_ids};
use crate::support::{GOODS, OrderBody, RecordingServer, TestApp, eventually};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// More replies than a test needs.
fn always(status: u16) -> Vec<(u16, &'static str)> {
    vec![(status, ""); 500]
}

#[actix_web::test]
async fn a_receiver_that_fails_half_of_the_time_gets_every_event_once_and_each_attempt_has_the_same_id() {
    let mut app = TestApp::with(&ALLOWED).await;
    app.publish().await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    let zs = app.zs().await;
    for number in 0..8 {
        app.order(&zs, &format!("order-{number}"), &OrderBody::of(GOODS, 1)).await.expect(201);
    }
    let half: Vec<(u16, &str)> = (0..200).map(|number| if number % 2 == 0 { (503, "") } else { (200, "") }).collect();
    receiver.reply(&half);
    app.send_events().await;
    for minutes in [1, 6, 40, 150, 400] {
        app.advance(Duration::from_secs(minutes * MINUTE)).await;
    }
    let mut successes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (id, request) in received_ids(&receiver).into_iter().zip(receiver.requests()) {
        let (attempts, delivered) = successes.entry(id).or_default();
        *attempts += 1;
        *delivered += usize::from(request.status == 200);
    }
    assert!(successes.len() >= 24, "three events of each order: {}", successes.len());
    assert!(successes.values().all(|(_, delivered)| *delivered == 1), "{successes:?}");
    assert!(successes.values().any(|(attempts, _)| *attempts > 1));
    assert_eq!(app.webhook_deliveries(&endpoint, "delivered").await.len(), successes.len());
    assert_eq!(app.webhook(&endpoint).await["undelivered"], 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_delivery_is_attempted_eight_times_over_a_day_and_can_be_replayed_after_it_has_failed() {
    let app = TestApp::with(&ALLOWED).await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    receiver.reply(&always(500)[..8]);
    let delivery_id = app.try_endpoint(&endpoint).await.text_of("delivery_id");
    assert_eq!(receiver.requests().len(), 1);
    // Each delay may be up to a tenth longer.
    for (attempts, early, late) in [
        (2, 4, 2),
        (3, 5 * MINUTE - 2, 40),
        (4, 30 * MINUTE - 2, 4 * MINUTE),
        (5, 2 * HOUR - 2, 13 * MINUTE),
        (6, 5 * HOUR - 2, 31 * MINUTE),
        (7, 10 * HOUR - 2, HOUR + 2),
        (8, 10 * HOUR - 2, HOUR + 2),
    ] {
        app.advance(Duration::from_secs(early)).await;
        assert_eq!(receiver.requests().len(), attempts - 1, "too early for attempt {attempts}");
        app.advance(Duration::from_secs(late)).await;
        assert_eq!(receiver.requests().len(), attempts, "attempt {attempts}");
    }
    let failed = app.webhook_deliveries(&endpoint, "failed").await;
    assert_eq!((&failed[0]["attempts"], &failed[0]["next_attempt_time"]), (&json!(8), &json!(null)));
    assert_eq!(failed[0]["latest_attempts"].as_array().unwrap().len(), 8);
    assert_eq!(failed[0]["latest_attempts"][0]["error"], "the endpoint answered 500");
    app.advance(Duration::from_secs(24 * HOUR)).await;
    assert_eq!(receiver.requests().len(), 8, "nothing follows by itself");

    let admin = app.admin().await;
    app.post(&format!("/admin/webhook-deliveries/{delivery_id}/replay"), &admin, json!({})).await.expect(202);
    app.settle().await;
    let delivered = app.webhook_deliveries(&endpoint, "delivered").await;
    assert_eq!((delivered.len(), &delivered[0]["attempts"]), (1, &json!(9)));
    let ids = received_ids(&receiver);
    assert!(ids.len() == 9 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    app.finish().await;
}

#[actix_web::test]
async fn all_deliveries_that_failed_since_a_time_are_replayed_at_once() {
    let app = TestApp::with(&[&ALLOWED[..], &[("WEBHOOKS__SCHEDULE", "0s")]].concat()).await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    receiver.reply(&always(500)[..3]);
    app.try_endpoint(&endpoint).await;
    app.advance(Duration::from_secs(HOUR)).await;
    let since = app.clock.now().to_string();
    for _ in 0..2 {
        app.try_endpoint(&endpoint).await;
    }
    assert_eq!(app.webhook_deliveries(&endpoint, "failed").await.len(), 3);
    let admin = app.admin().await;
    let replayed = app.post(&endpoint.path("/replay"), &admin, json!({"since": since})).await.expect(202);
    assert_eq!(replayed.body, json!({"replayed": 2, "has_more": false}));
    app.settle().await;
    let left = |status: &'static str| app.webhook_deliveries(&endpoint, status);
    assert_eq!((left("failed").await.len(), left("delivered").await.len()), (1, 2));
    app.finish().await;
}

#[actix_web::test]
async fn a_redirect_is_not_followed_and_counts_as_a_failure() {
    let app = TestApp::with(&ALLOWED).await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&format!("{}/hook", receiver.url), &[]).await;
    receiver.reply(&[(307, "")]);
    app.try_endpoint(&endpoint).await;
    let paths: Vec<String> = receiver.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/hook"]);
    let pending = app.webhook_deliveries(&endpoint, "pending").await;
    assert_eq!(pending[0]["latest_attempts"][0]["error"], "the endpoint answered 307: redirects are not followed");
    app.finish().await;
}

#[actix_web::test]
async fn an_endpoint_is_disabled_after_five_days_of_failures_and_gets_what_it_missed_when_it_is_enabled() {
    let app = TestApp::with(&ALLOWED).await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    receiver.reply(&always(500));
    app.try_endpoint(&endpoint).await;
    app.advance(Duration::from_secs(119 * HOUR)).await;
    app.try_endpoint(&endpoint).await;
    assert_eq!(app.webhook(&endpoint).await["enabled"], true, "four days and 23 hours");
    app.advance(Duration::from_secs(2 * HOUR)).await;
    let disabled = app.webhook(&endpoint).await;
    assert_eq!((&disabled["enabled"], &disabled["disable_reason"]), (&json!(false), &json!("failing")));
    let status = app.get("/admin/status", &app.admin().await).await.expect(200);
    assert_eq!((&status.body["status"], &status.body["webhooks"]["disabled"]), (&json!("degraded"), &json!(1)));
    let attempts = receiver.requests().len();
    app.advance(Duration::from_secs(48 * HOUR)).await;
    assert_eq!(receiver.requests().len(), attempts, "nothing is sent any more");
    let refused = app.post(&endpoint.path("/test"), &app.admin().await, json!({})).await;
    refused.expect_problem(409, "webhook_disabled");

    let pending = app.webhook_deliveries(&endpoint, "pending").await.len();
    assert!(pending > 0);
    app.change_webhook(&endpoint, json!({"enabled": true})).await.expect(200);
    app.settle().await;
    assert_eq!(receiver.requests().len(), attempts + pending);
    let enabled = app.webhook(&endpoint).await;
    assert_eq!((&enabled["enabled"], &enabled["disable_reason"]), (&json!(true), &json!(null)));
    app.finish().await;
}

#[actix_web::test]
async fn an_endpoint_that_answers_410_is_disabled_at_once() {
    let app = TestApp::with(&ALLOWED).await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    receiver.reply(&[(410, "")]);
    app.try_endpoint(&endpoint).await;
    assert_eq!(app.webhook(&endpoint).await["disable_reason"], "gone");
    app.advance(Duration::from_secs(HOUR)).await;
    assert_eq!(receiver.requests().len(), 1);
    app.finish().await;
}

#[actix_web::test]
async fn an_attempt_whose_outcome_was_lost_is_made_again_with_the_same_id_after_the_lease() {
    let app = TestApp::with(&ALLOWED).await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    // As if the process was killed between the answer and the commit.
    app.fail_at("webhooks.record");
    app.try_endpoint(&endpoint).await;
    app.clear_fault("webhooks.record");
    app.advance(Duration::from_secs(40)).await;
    assert_eq!(receiver.requests().len(), 1, "the lease still holds the delivery");
    app.advance(Duration::from_secs(10)).await;
    let ids = received_ids(&receiver);
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let delivered = app.webhook_deliveries(&endpoint, "delivered").await;
    assert_eq!((delivered.len(), &delivered[0]["attempts"]), (1, &json!(2)));
    app.finish().await;
}

#[actix_web::test]
async fn an_endpoint_that_does_not_answer_delays_neither_another_one_nor_orders() {
    let more = [("WEBHOOKS__POLL", "20ms"), ("WEBHOOKS__ANSWER_WITHIN", "3s"), ("AUDIT__SEAL_EVERY", "20ms")];
    let app = TestApp::with(&[&ALLOWED[..], &more].concat()).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = RecordingServer::open().await;
    let dead = app.endpoint(&format!("http://{}", silent.local_addr().unwrap()), &[]).await;
    app.endpoint(&receiver.url, &[]).await;
    let zs = app.zs().await;
    let bound = Duration::from_secs(2);
    for number in 0..5 {
        let placed = std::time::Instant::now();
        let order = app.order(&zs, &format!("order-{number}"), &OrderBody::of(GOODS, 1)).await.expect(201);
        let id = format!("order.confirmed.v1-{}", order.text_of("order_id"));
        eventually(bound, "the event at the other endpoint", || async {
            received_ids(&receiver).contains(&id).then_some(())
        })
        .await;
        assert!(placed.elapsed() < bound);
    }
    assert!(app.webhook(&dead).await["undelivered"].as_i64().unwrap() > 10);
    app.change_webhook(&dead, json!({"enabled": false})).await.expect(200);
    app.finish().await;
}
