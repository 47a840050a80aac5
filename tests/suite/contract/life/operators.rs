//! Lists for operators, a dead message, the status and the audit.

use std::time::Duration;

use super::{Cast, pages};
use crate::contract::script::Script;

/// Calls the routes under `/admin` that only read.
pub async fn play(script: &mut Script, cast: &Cast) {
    lists(script, cast).await;
    wrong_parameters(script, cast).await;
    dead_message(script, cast).await;
    script.chapter("the status");
    script.get(&cast.admin, "/admin/status").await.expect(200);
    script.chapter("the statement");
    script.get(&cast.anonymous, "/sandbox/statement").await.expect(200);
    script.get(&cast.anonymous, "/sandbox/statement?provider=unknown").await;
    script.get(&cast.anonymous, "/sandbox/statement?colour=red").await.expect(422);
    script.chapter("reconciliations");
    for body in [r#"{"provider":"unknown","day":"2026-01-02"}"#, r#"{"provider":"sandbox","day":"2026-02-30"}"#] {
        script.post(&cast.admin, "/admin/reconciliations", body).await.expect(422);
    }
    let funds = r#"{"provider":"sandbox","day":"2026-01-02","bill":"funds"}"#;
    script.post(&cast.admin, "/admin/reconciliations", funds).await.expect(409);
    let body = r#"{"provider":"sandbox","day":"2026-01-02","apply":true}"#;
    script.post(&cast.admin, "/admin/reconciliations", body).await.expect(200);
    script.chapter("the audit");
    script.get(&cast.admin, "/admin/audit").await.expect(200);
    super::refunds::with_goods(script, cast).await;
    script.chapter("twelve hours later, no session is valid");
    script.advance(12 * 60 + 10).await;
    script.get(&cast.zs, "/v1/users/me").await.expect(401);
    script.get(&cast.admin, "/admin/status").await.expect(401);
}

async fn lists(script: &mut Script, cast: &Cast) {
    script.chapter("lists");
    for path in ["orders", "payments", "journal", "adjustments", "refunds", "notices", "messages", "users", "coupons"] {
        script.get(&cast.admin, &format!("/admin/{path}?limit=100")).await.expect(200);
        pages(script, &cast.admin, &format!("/admin/{path}")).await;
    }
    let order_id = &cast.golden.0;
    for path in [
        "orders?order_status=confirmed&limit=1".to_owned(),
        "orders?order_status=cancelled&pay_status=unpaid&limit=1".to_owned(),
        "orders?shipping_status=received&limit=1".to_owned(),
        format!("orders?user_id={}", cast.mallory_id),
        "payments?status=refunded&limit=1".to_owned(),
        format!("payments?order_id={order_id}"),
        format!("coupons?user_id={}", cast.mallory_id),
        format!("journal?order_id={order_id}"),
        "messages?status=dead&limit=1".to_owned(),
        "messages?status=pending".to_owned(),
    ] {
        script.get(&cast.admin, &format!("/admin/{path}")).await.expect(200);
    }
    for path in ["/v1/orders", "/v1/users/me/money-log", "/v1/users/me/score-log", "/v1/users/me/coupons"] {
        pages(script, &cast.zs, path).await;
    }
}

async fn wrong_parameters(script: &mut Script, cast: &Cast) {
    script.chapter("wrong parameters");
    for path in [
        "orders?order_status=colour",
        "orders?pay_status=",
        "orders?shipping_status=1",
        "orders?user_id=x",
        "orders?limit=0",
        "payments?status=open",
        "payments?order_id=",
        "journal?order_id=x",
        "adjustments?user_id=x",
        "refunds?status=x",
        "notices?limit=101",
        "notices?status=dead",
        "messages?status=done",
        "coupons?user_id=x",
        "messages?cursor=1",
        "users?cursor=g",
    ] {
        script.get(&cast.admin, &format!("/admin/{path}")).await.expect(422);
    }
    for path in ["orders/1", "orders/x", "orders/1/events", "refunds/1"] {
        script.get(&cast.admin, &format!("/admin/{path}")).await.expect(404);
    }
    for path in ["1", "0192f0c1-2092-738a-9b75-f8b5a27e3c0e"] {
        script.post(&cast.admin, &format!("/admin/messages/{path}/replay"), "").await.expect(404);
    }
}

/// A message that goods cannot process becomes dead; it is listed and replayed.
async fn dead_message(script: &mut Script, cast: &Cast) {
    script.chapter("a dead message is tried again");
    let order_id = cast.order(script, "dead", 1).await;
    script.app.fail_at("relay.deliver");
    script.post(&cast.zs, &format!("/v1/orders/{order_id}/cancel"), "").await.expect(200);
    let rename = |from: &str, to: &str| {
        let body = format!("REPLACE(msg_body, '\"{from}\"', '\"{to}\"')");
        let message = format!("group_name = 'goods' AND msg_key = '{order_id}'");
        script.app.tamper("order", &format!("UPDATE mq_producer SET msg_body = {body} WHERE {message}"));
    };
    rename("goods", "gods");
    script.app.clear_fault("relay.deliver");
    // The lease of the claim ends.
    script.app.advance(Duration::from_secs(30)).await;
    rename("gods", "goods");
    let page = script.get(&cast.admin, "/admin/messages?status=dead&limit=1").await.expect(200);
    script.get(&cast.admin, &format!("/admin/orders/{order_id}/events")).await.expect(200);
    let id = page.body["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/admin/messages/{id}/replay");
    script.post(&cast.admin, &path, "").await.expect(200);
    script.post(&cast.admin, &path, "").await.expect(200);
    script.get(&cast.admin, &format!("/admin/orders/{order_id}/events")).await.expect(200);
}
