//! Texts of platforms, and texts in paths, on each engine: what cannot be stored is refused and never an error of the
//! engine. One engine refuses NUL, and all refuse what is longer than the column.

use awc::http::Method;
use serde_json::{Value, json};
use tradepost::sandbox::Key;

use crate::support::{NO_QUERIES, SLOW, TestApp};

const SECRET: &str = "a secret of the tests, of no use elsewhere";

/// Posts a notice that is signed with the right secret.
async fn signed(app: &TestApp, body: &Value) -> crate::support::Answer {
    let body = body.to_string().into_bytes();
    let signature = Key::new(SECRET).unwrap().sign(&body, app.clock.now());
    app.send_bytes("/v1/payments/callbacks/sandbox", &[("sandbox-signature", &signature)], body).await
}

/// Review M5.
#[actix_web::test]
async fn a_signed_notice_with_a_text_that_cannot_be_stored_is_refused_and_changes_nothing() {
    let settings = [SLOW[0], SLOW[1], NO_QUERIES[0], NO_QUERIES[1], ("GATEWAY__SANDBOX__SECRET", SECRET)];
    let app = TestApp::with(&settings).await;
    let (_, _, pay_id) = app.paying().await;
    let texts = ["", "\0", "a\0b", &"x".repeat(65), &"x".repeat(10_000), "测试", "a b", "\u{202E}"].map(str::to_owned);
    for kind in ["payment.succeeded", "payment.declined", "refund.succeeded"] {
        for field in ["id", "out_trade_no", "trade_no", "out_request_no", "currency", "merchant_id"] {
            for text in &texts {
                let data = json!({"out_trade_no": pay_id, "trade_no": "sb1", "amount": "880.00", "currency": "CNY",
                    "merchant_id": "tradepost-demo", "out_request_no": "r1"});
                let mut body = json!({"id": "evt_by_hand", "type": kind, "created": 1_760_000_000, "data": data});
                match field {
                    "id" => body["id"] = json!(text),
                    field => body["data"][field] = json!(text),
                }
                let answer = signed(&app, &body).await;
                answer.expect_problem(422, "invalid_notice");
            }
        }
    }
    app.assert_unpaid().await;
    app.finish().await;
}

/// Review M5.
#[actix_web::test]
async fn a_text_in_a_path_or_query_that_cannot_be_stored_is_answered_as_not_found_or_invalid() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let before = app.rows();
    let long = "x".repeat(5_000);
    for text in ["%00", "a%00b", "%E6%B5%8B", "%FF", "%20", &"x".repeat(65), &long] {
        for (method, path) in [
            ("GET", format!("/sandbox/trades/{text}")),
            ("POST", format!("/sandbox/trades/{text}/pay")),
            ("POST", format!("/sandbox/trades/{text}/decline")),
            ("POST", format!("/sandbox/trades/{text}/close")),
            ("GET", format!("/sandbox/checkout/{text}")),
            ("POST", format!("/sandbox/checkout/{text}/pay")),
            ("POST", format!("/sandbox/checkout/{text}/decline")),
            ("GET", format!("/pay/{text}")),
            ("GET", format!("/v1/orders/{text}")),
            ("GET", format!("/v1/payments/{text}")),
            ("POST", format!("/v1/payments/callbacks/{text}")),
            ("GET", format!("/problems/{text}")),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            app.send(method, &path, &zs, &[], None).await.expect(404);
        }
        let refund = json!({"amount": "1.00", "out_request_no": "r1"});
        app.post(&format!("/sandbox/trades/{text}/refund"), "", refund).await.expect(404);
        app.post(&format!("/admin/messages/{text}/replay"), &admin, json!({})).await.expect(404);
        for path in [
            format!("/sandbox/statement?provider={text}"),
            format!("/admin/notices?cursor=1f.{text}.{text}"),
            format!("/admin/messages?cursor={text}"),
            format!("/admin/users?user_name={text}"),
            format!("/admin/users?user_name_prefix={text}"),
            format!("/v1/users/me/money-log?cursor=1f.{text}"),
        ] {
            app.get(&path, &admin).await.expect_problem(422, "invalid_request");
        }
        let consignee = app.get(&format!("/admin/orders?consignee={text}"), &admin).await;
        assert!([200, 422].contains(&consignee.status), "{text}: {}", consignee.text);
    }
    assert_eq!(app.rows(), before);
    app.finish().await;
}

/// Review L9.
#[actix_web::test]
async fn the_delay_of_a_callback_is_at_most_a_day() {
    let app = TestApp::start().await;
    let (_, _, pay_id) = app.paying().await;
    for delay in
        [json!(86_400_001), json!(-1), json!(i64::MAX), json!(9_223_372_036_854_775_808_u64), json!("1"), json!(1.5)]
    {
        let answer = app.pay_at_platform(&pay_id, json!({"delay_ms": delay})).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["field"], "delay_ms", "{delay}");
    }
    app.assert_unpaid().await;
    app.pay_at_platform(&pay_id, json!({"delay_ms": 86_400_000})).await.expect(200);
    app.finish().await;
}
