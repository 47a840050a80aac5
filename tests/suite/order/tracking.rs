//! The parcel of a shipped order: carrier and tracking number.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, GOODS, OrderBody, TestApp};

/// A paid order of the demo user; returns its id.
async fn paid(app: &TestApp, zs: &str, key: &str) -> String {
    let order_id = app.order(zs, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let pay_id = app.pay(zs, key, &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    order_id
}

async fn ship(app: &TestApp, admin: &str, order_id: &str, body: Value) -> Answer {
    app.post(&format!("/admin/orders/{order_id}/ship"), admin, body).await
}

fn parcel(order: &Value) -> (&Value, &Value, &Value) {
    (&order["shipping_status"], &order["carrier"], &order["tracking_no"])
}

/// The details of the events `shipped`.
async fn shipped_events(app: &TestApp, path: &str, token: &str) -> Vec<Value> {
    let events = app.get(path, token).await.expect(200).body;
    let events = events["items"].as_array().unwrap().iter().filter(|event| event["what"] == "shipped");
    events.map(|event| event["detail"].clone()).collect()
}

#[actix_web::test]
async fn customers_and_operators_see_the_parcel_of_a_shipped_order() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order_id = paid(&app, &zs, "order").await;
    let (own, any) = (format!("/v1/orders/{order_id}"), format!("/admin/orders/{order_id}"));
    let before = app.get(&own, &zs).await.expect(200).body;
    assert_eq!(parcel(&before), (&json!("unshipped"), &Value::Null, &Value::Null));
    let body = json!({"carrier": " SF Express ", "tracking_no": "SF1234567890123"});
    let shipped = ship(&app, &admin, &order_id, body).await.expect(200).body;
    let expected = (&json!("shipped"), &json!("SF Express"), &json!("SF1234567890123"));
    assert_eq!(parcel(&shipped), expected);
    for (path, token) in [(&own, &zs), (&any, &admin)] {
        assert_eq!(parcel(&app.get(path, token).await.expect(200).body), expected, "{path}");
        let events = shipped_events(&app, &format!("{path}/events"), token).await;
        assert_eq!(events, ["by SF Express, number SF1234567890123"], "{path}");
    }
    for (path, token) in [("/v1/orders", &zs), ("/admin/orders", &admin)] {
        assert_eq!(parcel(&app.get(path, token).await.expect(200).body["items"][0]), expected, "{path}");
    }
    let journal = app.get(&format!("/admin/journal?order_id={order_id}"), &admin).await.expect(200).body;
    assert_eq!(journal["items"][0]["detail"], "by SF Express, number SF1234567890123");
    app.post(&format!("{own}/receive"), &zs, json!({})).await.expect(200);
    assert_eq!(parcel(&app.get(&own, &zs).await.expect(200).body), (&json!("received"), expected.1, expected.2));
    app.finish().await;
}

#[actix_web::test]
async fn each_part_of_the_parcel_is_optional_and_so_is_the_body() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    for (key, body, carrier, number, detail) in [
        ("carrier", json!({"carrier": "DHL"}), json!("DHL"), Value::Null, "by DHL"),
        ("number", json!({"tracking_no": "7", "carrier": null}), Value::Null, json!("7"), "number 7"),
        ("nothing", json!({}), Value::Null, Value::Null, ""),
    ] {
        let order_id = paid(&app, &zs, key).await;
        let shipped = ship(&app, &admin, &order_id, body).await.expect(200).body;
        assert_eq!(parcel(&shipped), (&json!("shipped"), &carrier, &number));
        let events = shipped_events(&app, &format!("/v1/orders/{order_id}/events"), &zs).await;
        assert_eq!(events, [detail], "{key}");
    }
    let order_id = paid(&app, &zs, "no-body").await;
    let bearer = format!("Bearer {admin}");
    let path = format!("/admin/orders/{order_id}/ship");
    let shipped = app.send_bytes(&path, &[("authorization", &bearer)], Vec::new()).await.expect(200);
    assert_eq!(shipped.body["shipping_status"], "shipped");
    app.finish().await;
}

#[actix_web::test]
async fn a_shipment_that_is_sent_again_changes_nothing_and_another_one_is_refused() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order_id = paid(&app, &zs, "order").await;
    let body = json!({"carrier": "DHL", "tracking_no": "7"});
    let answers = join_all((0..10).map(|_| ship(&app, &admin, &order_id, body.clone()))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body), "{answers:?}");
    let count = || app.number("order", "SELECT count(*) AS n FROM order_act WHERE act = 'shipped'");
    assert_eq!(count(), 1);
    for other in [json!({"carrier": "DHL", "tracking_no": "8"}), json!({"carrier": "DHL"}), json!({})] {
        let refused = ship(&app, &admin, &order_id, other).await.expect_problem(409, "order_not_shippable");
        assert_eq!(refused.body["shipping_status"], "shipped");
    }
    app.post(&format!("/v1/orders/{order_id}/receive"), &zs, json!({})).await.expect(200);
    let again = ship(&app, &admin, &order_id, body).await.expect(200);
    assert_eq!(parcel(&again.body), (&json!("received"), &json!("DHL"), &json!("7")));
    assert_eq!(count(), 1);
    // Without a parcel it is not known whether it is the same shipment.
    let bare = paid(&app, &zs, "bare").await;
    ship(&app, &admin, &bare, json!({})).await.expect(200);
    ship(&app, &admin, &bare, json!({})).await.expect_problem(409, "order_not_shippable");
    app.finish().await;
}

#[actix_web::test]
async fn a_parcel_that_is_not_valid_is_refused_and_names_the_field() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order_id = paid(&app, &zs, "order").await;
    for (body, field) in [
        (json!({"carrier": ""}), "carrier"),
        (json!({"carrier": "x".repeat(51)}), "carrier"),
        (json!({"tracking_no": "x".repeat(65)}), "tracking_no"),
        (json!({"tracking_no": "a\nb"}), "tracking_no"),
        (json!({"tracking_no": 7}), "tracking_no"),
        (json!({"number": "7"}), "number"),
    ] {
        let refused = ship(&app, &admin, &order_id, body).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], field);
    }
    let longest = json!({"carrier": "快".repeat(50), "tracking_no": "x".repeat(64)});
    let shipped = ship(&app, &admin, &order_id, longest.clone()).await.expect(200).body;
    assert_eq!(parcel(&shipped), (&json!("shipped"), &longest["carrier"], &longest["tracking_no"]));
    let unpaid = app.order(&zs, "unpaid", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    ship(&app, &admin, &unpaid, longest).await.expect_problem(409, "order_not_shippable");
    let order = app.get(&format!("/v1/orders/{unpaid}"), &zs).await.expect(200).body;
    assert_eq!(parcel(&order), (&json!("unshipped"), &Value::Null, &Value::Null));
    app.finish().await;
}
