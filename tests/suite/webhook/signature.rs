//! The requests that are sent, and their signatures.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::feed::faults;
use crate::support::webhook::{ALLOWED, header, verified};
use crate::support::{RecordingServer, TestApp};
use tradepost::http::feed::asyncapi;

#[actix_web::test]
async fn an_endpoint_gets_each_event_as_the_feed_has_it_signed_with_its_secret() {
    let mut app = TestApp::with(&ALLOWED).await;
    app.publish().await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &[]).await;
    let (_, order_id, _) = app.paid().await;
    app.send_events().await;
    let feed = app.events("limit=100").await;
    let requests = receiver.requests();
    let document = asyncapi::document();
    let mut ids = std::collections::BTreeSet::new();
    for request in &requests {
        assert_eq!(verified(request, &endpoint.secret), 1, "{request:?}");
        assert_eq!(header(request, "content-type"), "application/cloudevents+json");
        let event: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(header(request, "webhook-id"), event["id"].as_str().unwrap());
        assert_eq!(faults(&document, &event), [""; 0], "{event}");
        let same = feed.iter().find(|other| other["id"] == event["id"]).unwrap();
        assert_eq!(
            (&event["type"], &event["subject"], &event["data"]),
            (&same["type"], &same["subject"], &same["data"])
        );
        assert!(ids.insert(event["id"].to_string()), "sent twice: {event}");
    }
    let of_order = |event: &&Value| event["subject"] == *order_id;
    let expected = feed.iter().filter(of_order).count();
    let bodies = requests.iter().map(|request| serde_json::from_slice::<Value>(&request.body).unwrap());
    assert!(expected >= 3 && bodies.filter(|event| event["subject"] == *order_id).count() == expected);
    let changed = String::from_utf8(requests[0].body.clone()).unwrap().replace("1.0", "1.1").into_bytes();
    let forged = crate::support::ReceivedRequest { body: changed, ..requests[0].clone() };
    assert_eq!(verified(&forged, &endpoint.secret), 0, "a body that was changed on the way");
    app.finish().await;
}

#[actix_web::test]
async fn only_events_of_the_wanted_types_are_sent_and_none_from_before() {
    let mut app = TestApp::with(&ALLOWED).await;
    app.paid().await;
    app.publish().await;
    let receiver = RecordingServer::open().await;
    let endpoint = app.endpoint(&receiver.url, &["shop.tradepost.order.paid.v1"]).await;
    app.send_events().await;
    assert_eq!(receiver.requests().len(), 0, "the order was paid before");
    let (zs, key) = (app.zs().await, "second");
    let order_id = app.order(&zs, key, &crate::support::OrderBody::of(crate::support::GOODS, 1)).await.expect(201);
    let order_id = order_id.text_of("order_id");
    let pay_id = app.pay(&zs, key, &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.send_events().await;
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(header(&requests[0], "webhook-id"), format!("order.paid.v1-{order_id}"));
    assert_eq!(app.webhook(&endpoint).await["undelivered"], 0);
    app.finish().await;
}

#[actix_web::test]
async fn both_secrets_sign_for_a_day_after_one_was_replaced_and_they_survive_another_key_of_the_store() {
    let mut app = TestApp::with(&ALLOWED).await;
    let receiver = RecordingServer::open().await;
    let first = app.endpoint(&receiver.url, &["shop.tradepost.order.paid.v1"]).await;
    let rotated = app.post(&first.path("/rotate-secret"), &app.admin().await, json!({})).await.expect(200);
    let second = rotated.text_of("secret");
    assert_ne!(second, first.secret);
    app.try_endpoint(&first).await;
    let bare = first.secret.strip_prefix("whsec_").unwrap();
    let plain = format!("SELECT count(*) AS n FROM webhook WHERE secret LIKE '%{bare}%' OR old_secret LIKE '%{bare}%'");
    assert_eq!(app.number("user", &plain), 0, "the store does not have the secret in plain text");

    let session_secret = std::fs::read_to_string(app.place().folder().join("token.secret")).unwrap();
    app.set("SESSION__OLD_SECRET", session_secret.trim());
    app.set("SESSION__SECRET", "another secret of the sessions, 32 characters");
    app.restart().await;
    app.set("SESSION__OLD_SECRET", "");
    app.restart().await;
    app.try_endpoint(&first).await;
    app.advance(Duration::from_secs(25 * 3600)).await;
    app.try_endpoint(&first).await;
    let signatures = |at: usize| {
        let request = &receiver.requests()[at];
        (
            header(request, "webhook-signature").split(' ').count(),
            verified(request, &second),
            verified(request, &first.secret),
        )
    };
    assert_eq!([0, 1, 2].map(signatures), [(2, 1, 1), (2, 1, 1), (1, 1, 0)]);
    app.finish().await;
}
