//! A reader that follows the cursors reads every event, and none twice.

use serde_json::{Value, json};

use crate::support::feed::{events, kind, next};
use crate::support::{GOODS, OrderBody, TestApp};

const EVENTS: &str = "/v1/events";

fn ids(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn pages_of_any_size_are_the_same_events_and_later_ones_follow_the_last_cursor() {
    let mut app = TestApp::start().await;
    app.paid().await;
    app.publish().await;
    let admin = app.admin().await;
    let (all, _) = app.read_from("/v1/events?limit=100", &admin).await;
    for limit in [1, 2, 7] {
        let (paged, _) = app.read_from(&format!("{EVENTS}?limit={limit}"), &admin).await;
        assert_eq!(ids(&paged), ids(&all), "{limit}");
    }
    let (_, end) = app.read_from(EVENTS, &admin).await;
    let nothing = app.get(&end, &admin).await.expect(200);
    assert_eq!((events(&nothing), next(&nothing)), (Vec::new(), end.clone()));
    let from_now_on = app.get("/v1/events?after=end", &admin).await.expect(200);
    assert_eq!((events(&from_now_on), next(&from_now_on)), (Vec::new(), end.clone()));

    let zs = app.zs().await;
    let order_id = app.order(&zs, "later", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.settle().await;
    assert!(events(&app.get(&end, &admin).await.expect(200)).is_empty(), "nothing is visible before it is sealed");
    app.publish().await;
    let (later, _) = app.read_from(&end, &admin).await;
    let mut kinds: Vec<&str> = later.iter().map(kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["order.confirmed.v1", "order.placed.v1", "stock.changed.v1"]);
    assert!(later.iter().all(|event| event["data"]["order_id"] == *order_id), "{later:?}");
    app.finish().await;
}

#[actix_web::test]
async fn an_event_that_is_committed_late_with_a_small_id_follows_the_cursor_too() {
    let mut app = TestApp::start().await;
    let (_, order_id, _) = app.paid().await;
    app.publish().await;
    let admin = app.admin().await;
    let (_, end) = app.read_from(EVENTS, &admin).await;
    // As another node would leave it, whose transaction began before all others and commits now.
    let line = format!("! order_confirmed {order_id} 1000\n");
    app.tamper("order", &format!("INSERT INTO ledger_record (record_id, entries) VALUES (1, '{line}')"));
    app.publish().await;
    let (late, _) = app.read_from(&end, &admin).await;
    assert_eq!(late.iter().map(kind).collect::<Vec<_>>(), ["order.confirmed.v1"]);
    assert_eq!((&late[0]["subject"], &late[0]["time"]), (&json!(order_id), &json!("1970-01-01T00:00:01.000Z")));
    app.finish().await;
}

#[actix_web::test]
async fn events_of_one_type_are_read_alone_and_a_page_may_be_empty_although_events_follow() {
    let mut app = TestApp::start().await;
    let (_, order_id, _) = app.paid().await;
    app.publish().await;
    // Many links without an event of an order.
    let head = app.number("order", "SELECT max(link_number) AS n FROM ledger_link");
    for number in head + 1..=head + 60 {
        let columns = "link_number, kind, link_time, hash, entries";
        let link = format!("INSERT INTO ledger_link ({columns}) VALUES ({number}, 0, 1, '', '= x {number}\n')");
        app.tamper("order", &link);
    }
    let admin = app.admin().await;
    app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({})).await.expect(200);
    app.publish().await;
    let shipped = format!("{EVENTS}?type=shop.tradepost.order.shipped.v1");
    let first = app.get(&shipped, &admin).await.expect(200);
    assert!(events(&first).is_empty() && next(&first) != shipped, "{}", first.text);
    let (of_type, end) = app.read_from(&shipped, &admin).await;
    assert_eq!(of_type.iter().map(kind).collect::<Vec<_>>(), ["order.shipped.v1"]);
    assert!(end.contains("type=shop.tradepost.order.shipped.v1") && end.contains("-0.0-0.0"), "{end}");
    app.finish_broken().await;
}

#[actix_web::test]
async fn a_cursor_beyond_the_end_and_wrong_parameters_are_refused() {
    let mut app = TestApp::start().await;
    app.publish().await;
    let admin = app.admin().await;
    for (query, field) in [
        ("after=0.0-0.0", "after"),
        ("after=00.0-0.0-0.0", "after"),
        ("after=", "after"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("type=order.paid", "type"),
        ("type=shop.tradepost.order.paid.v2", "type"),
        ("cursor=1", "cursor"),
    ] {
        let answer = app.get(&format!("{EVENTS}?{query}"), &admin).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["field"], field, "{query}: {}", answer.text);
    }
    for beyond in ["ffff.0-0.0-0.0", "0.0-1.fff-0.0", "0.0-0.0-7fffffffffffffff.ffff"] {
        let path = format!("{EVENTS}?after={beyond}");
        app.get(&path, &admin).await.expect_problem(409, "cursor_beyond_end");
    }
    app.get("/v1/events?after=0.0-0.0-0.0&limit=100", &admin).await.expect(200);
    app.finish().await;
}
