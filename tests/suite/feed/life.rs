//! The events of orders, stocks and coupons.

use std::collections::HashSet;
use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

use crate::support::feed::kind;
use crate::support::{OrderBody, TestApp};

/// The kinds of the events of an object, in their order.
fn kinds<'a>(events: &'a [Value], subject: &str) -> Vec<&'a str> {
    events.iter().filter(|event| event["subject"] == subject).map(kind).collect()
}

/// The data of the events of a kind of an object.
fn data<'a>(events: &'a [Value], subject: &str, wanted: &str) -> Vec<&'a Value> {
    let of_kind = events.iter().filter(|event| event["subject"] == subject && kind(event) == wanted);
    of_kind.map(|event| &event["data"]).collect()
}

#[actix_web::test]
async fn an_order_from_its_placement_to_its_last_refund_is_read_as_events_oldest_first() {
    let mut app = TestApp::start().await;
    let (user_id, ann) = app.customer("ann", "50.00").await;
    let goods_id = app.goods(10, "60.00").await;
    let coupon_id = app.coupon(&user_id, "5.00").await;
    let order_body = OrderBody::of(&goods_id, 2).with("coupon_id", json!(coupon_id)).with("money_paid", json!("15.00"));
    let order = app.order(&ann, "order", &order_body).await.expect(201);
    let order_id = order.text_of("order_id");
    let pay_id = app.pay(&ann, "pay", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({"callbacks": 3})).await.expect(200);
    let admin = app.admin().await;
    let act = |verb: &str| format!("/admin/orders/{order_id}/{verb}");
    let parcel = json!({"carrier": "SF Express", "tracking_no": "SF1"});
    for _ in 0..2 {
        app.post(&act("ship"), &admin, parcel.clone()).await.expect(200);
    }
    app.post(&format!("/v1/orders/{order_id}/receive"), &ann, json!({})).await.expect(200);
    let goods = json!([{"goods_id": goods_id, "goods_number": 1}]);
    let part = json!({"amount": "30.00", "goods": goods, "reason": "scratched"});
    let refund_id = app.post(&act("refund"), &admin, part).await.expect(202).text_of("refund_id");
    app.settle().await;
    app.post(&act("refund"), &admin, json!({"reason": "the rest"})).await.expect(202);
    app.publish().await;

    let events = app.events("").await;
    assert_eq!(
        kinds(&events, &order_id),
        ["placed", "confirmed", "paid", "shipped", "received", "refunded_part", "refunded"]
            .map(|name| format!("order.{name}.v1"))
    );
    let of_order = json!({"order_id": order_id, "user_id": user_id});
    let expect = |wanted: &str, more: Value| {
        let mut expected = of_order.clone();
        expected.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(data(&events, &order_id, wanted), [&expected], "{wanted}");
    };
    let line = json!({"goods_id": goods_id, "goods_number": 2, "goods_price": "60.00", "goods_name": "test goods"});
    let shown = |field: &str| order.body[field].clone();
    expect(
        "order.placed.v1",
        json!({"goods": [line], "goods_amount": "120.00", "shipping_fee": shown("shipping_fee"),
            "order_amount": shown("order_amount"), "coupon_id": coupon_id, "coupon_paid": "5.00", "money_paid": "15.00",
            "pay_amount": shown("pay_amount"), "currency": "CNY"}),
    );
    expect("order.confirmed.v1", json!({"pay_amount": shown("pay_amount"), "currency": "CNY"}));
    expect("order.paid.v1", json!({"pay_id": pay_id, "pay_amount": shown("pay_amount"), "currency": "CNY"}));
    expect("order.shipped.v1", parcel);
    expect("order.received.v1", json!({}));
    expect("order.refunded_part.v1", json!({"refund_id": refund_id, "amount": "30.00", "currency": "CNY"}));
    expect("order.refunded.v1", json!({"amount": shown("pay_amount"), "currency": "CNY"}));
    let moved: Vec<(i64, &str)> = data(&events, &goods_id, "stock.changed.v1")
        .into_iter()
        .map(|data| (data["delta"].as_i64().unwrap(), data["cause"].as_str().unwrap()))
        .collect();
    assert_eq!(moved, [(10, "adjusted"), (-2, "reserved"), (1, "returned")]);
    let changes: Vec<(&Value, &Value)> = data(&events, &coupon_id, "coupon.changed.v1")
        .into_iter()
        .map(|data| (&data["change"], &data["order_id"]))
        .collect();
    let (id, none) = (json!(order_id), Value::Null);
    assert_eq!(changes, [(&json!("created"), &none), (&json!("used"), &id), (&json!("released"), &id)]);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_that_ends_unpaid_is_cancelled_for_one_of_three_causes() {
    let quick = [("ORDERS__BACKOFF__FIRST", "2ms"), ("ORDERS__BACKOFF__LONGEST", "10ms")];
    let mut app = TestApp::with(&quick).await;
    let (user_id, ann) = app.customer("ann", "50.00").await;
    let goods_id = app.goods(10, "60.00").await;
    let coupon_id = app.coupon(&user_id, "5.00").await;
    let order_body = OrderBody::of(&goods_id, 1);
    let cancelled = app.order(&ann, "cancelled", &order_body).await.expect(201).text_of("order_id");
    app.post(&format!("/v1/orders/{cancelled}/cancel"), &ann, json!({})).await.expect(200);
    let expired = app.order(&ann, "expired", &order_body).await.expect(201).text_of("order_id");
    app.advance(Duration::from_secs(3600)).await;
    for point in ["goods.apply", "coupon.apply"] {
        app.faults.plan(point, Fault::Error, 0, u32::MAX);
    }
    let (clock, faults) = (app.clock.clone(), app.faults.clone());
    actix_web::rt::spawn(async move {
        while faults.fired("goods.apply") == 0 {
            actix_web::rt::time::sleep(Duration::from_millis(1)).await;
        }
        clock.advance(Duration::from_secs(60));
    });
    let with_coupon = order_body.clone().with("coupon_id", json!(coupon_id));
    let refused = app.order(&ann, "refused", &with_coupon).await.expect_problem(409, "order_deadline_passed");
    let refused = refused.text_of("order_id");
    for point in ["goods.apply", "coupon.apply"] {
        app.faults.plan(point, Fault::Error, 0, 0);
    }
    app.advance(Duration::from_secs(600)).await;
    let unknown = app.order(&ann, "invalid", &OrderBody::of("1", 1)).await.expect_problem(422, "goods_not_found");
    app.publish().await;

    let events = app.events("").await;
    for (order_id, cause, refusal, confirmed) in [
        (&cancelled, "cancelled", Value::Null, true),
        (&expired, "expired", Value::Null, true),
        (&refused, "refused", json!("order_deadline_passed"), false),
    ] {
        let mut expected = vec!["order.placed.v1", "order.confirmed.v1", "order.cancelled.v1"];
        expected.retain(|kind| confirmed || *kind != "order.confirmed.v1");
        assert_eq!(kinds(&events, order_id), expected, "{cause}");
        let expected = json!({"order_id": order_id, "user_id": user_id, "cause": cause, "refusal": refusal});
        assert_eq!(data(&events, order_id, "order.cancelled.v1"), [&expected]);
    }
    let unknown = unknown.text_of("order_id");
    assert_eq!(kinds(&events, &unknown), [""; 0], "an order that was refused at once was never placed");
    // Two orders took a unit each and gave it back. The third took nothing, and its tombstones are no events; or a step
    // that was sent before its deadline arrived after the faults and was taken back.
    let deltas = data(&events, &goods_id, "stock.changed.v1").into_iter().map(|data| data["delta"].as_i64().unwrap());
    let deltas = deltas.collect::<Vec<_>>();
    let (of_two, of_third) = deltas.split_at(5);
    assert_eq!(of_two, [10, -1, 1, -1, 1]);
    assert!(of_third.is_empty() || of_third == [-1, 1], "{of_third:?}");
    let of_coupon = data(&events, &coupon_id, "coupon.changed.v1");
    let of_coupon = of_coupon.iter().map(|data| data["change"].as_str().unwrap()).collect::<Vec<_>>();
    assert!(matches!(of_coupon[..], ["created"] | ["created", _, _]), "{of_coupon:?}");
    app.finish().await;
}

#[actix_web::test]
async fn an_order_that_the_balance_pays_is_paid_when_it_is_confirmed() {
    let mut app = TestApp::start().await;
    let (_, ann) = app.customer("ann", "200.00").await;
    let goods_id = app.goods(10, "60.00").await;
    let free = OrderBody::of(&goods_id, 1);
    let amount =
        app.post("/v1/quotes", &ann, json!({"goods": free.0["goods"]})).await.expect(200).text_of("order_amount");
    let order = app.order(&ann, "free", &free.with("money_paid", json!(amount))).await.expect(201);
    let order_id = order.text_of("order_id");
    let path = format!("/v1/orders/{order_id}/refund");
    app.send(Method::POST, &path, &ann, &[("idempotency-key", "refund")], Some(&json!({}))).await.expect(202);
    app.publish().await;
    let events = app.events("").await;
    let expected = ["order.placed.v1", "order.confirmed.v1", "order.paid.v1", "order.refunded.v1"];
    assert_eq!(kinds(&events, &order_id), expected);
    let paid = data(&events, &order_id, "order.paid.v1")[0];
    assert_eq!((&paid["pay_id"], &paid["pay_amount"]), (&Value::Null, &json!("0.00")));
    app.finish().await;
}

#[actix_web::test]
async fn every_event_has_an_id_of_its_own_and_keeps_it() {
    let mut app = TestApp::start().await;
    app.paid().await;
    app.publish().await;
    let events = app.events("").await;
    let ids: HashSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert!(ids.len() == events.len() && events.len() > 8, "{events:?}");
    app.publish().await;
    let again = app.events("limit=1").await;
    let without_address = |events: &[Value]| {
        events.iter().map(|event| [&event["id"], &event["time"], &event["data"]].map(Value::clone)).collect::<Vec<_>>()
    };
    assert_eq!(without_address(&again), without_address(&events));
    app.finish().await;
}
