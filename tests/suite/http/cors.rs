//! Pages of other origins, and what a client is advised to do after an unknown outcome.

use awc::http::Method;
use serde_json::json;
use tradepost::actor::fault::Fault;

use crate::support::{Answer, GOODS, OrderBody, TestApp, USER};

const SHOP: &str = "https://shop.example.com";

async fn send(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    app.send_raw(method, path, headers, Vec::new()).await
}

fn permission(answer: &Answer) -> (&str, &str) {
    (answer.header("access-control-allow-origin"), answer.header("vary"))
}

#[actix_web::test]
async fn a_page_of_an_allowed_origin_reads_answers_and_problems() {
    let app = TestApp::with(&[("HTTP__CORS_ORIGINS", "https://shop.example.com http://localhost:3000")]).await;
    let preflight = [("origin", SHOP), ("access-control-request-method", "POST")];
    let allowed = send(&app, Method::OPTIONS, "/v1/orders", &preflight).await.expect(204);
    assert_eq!(permission(&allowed), (SHOP, "Origin"));
    assert!(allowed.header("access-control-allow-headers").contains("idempotency-key"));
    assert!(allowed.header("access-control-allow-methods").contains("PATCH"));
    assert_ne!(allowed.header("x-request-id"), "");
    for (path, status) in [("/v1/goods", 200), ("/nothing", 404), ("/v1/users/me", 401), ("/v1/orders?limit=0", 401)] {
        let answer = send(&app, Method::GET, path, &[("origin", SHOP)]).await.expect(status);
        assert_eq!(permission(&answer), (SHOP, "Origin"), "{path}");
        assert!(answer.header("access-control-expose-headers").contains("retry-after"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
    }
    let head = send(&app, Method::HEAD, "/v1/goods", &[("origin", "http://localhost:3000")]).await.expect(200);
    assert_eq!((permission(&head).0, head.text.as_str()), ("http://localhost:3000", ""));
    for origin in ["https://evil.example", "http://shop.example.com", "https://shop.example.com.evil.example", "null"] {
        let answer = send(&app, Method::GET, "/v1/goods", &[("origin", origin)]).await.expect(200);
        assert_eq!(permission(&answer), ("", "Origin"), "{origin}");
        let preflight = [("origin", origin), ("access-control-request-method", "POST")];
        assert_eq!(
            permission(&send(&app, Method::OPTIONS, "/v1/orders", &preflight).await.expect(405)).0,
            "",
            "{origin}"
        );
    }
    let of_no_page = send(&app, Method::GET, "/v1/goods", &[]).await.expect(200);
    assert_eq!(permission(&of_no_page), ("", "Origin"));
    app.finish().await;
}

#[actix_web::test]
async fn without_the_setting_no_page_of_another_origin_reads_answers() {
    let app = TestApp::start().await;
    let answer = send(&app, Method::GET, "/v1/goods", &[("origin", SHOP)]).await.expect(200);
    assert_eq!(permission(&answer), ("", ""));
    let preflight = [("origin", SHOP), ("access-control-request-method", "POST")];
    let refused = send(&app, Method::OPTIONS, "/v1/orders", &preflight).await.expect_problem(405, "method_not_allowed");
    assert_eq!(permission(&refused), ("", ""));
    app.finish().await;
}

#[actix_web::test]
async fn a_client_is_advised_to_send_again_only_what_has_its_effect_once() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let advice = |answer: Answer| {
        let answer = answer.expect_problem(503, "busy");
        assert_eq!((&answer.body["outcome"], answer.header("retry-after")), (&json!("unknown"), "1"));
        answer.text_of("detail")
    };
    app.faults.plan("pay.apply", Fault::Error, 0, 1);
    assert!(advice(app.pay(&zs, "pay", &order_id).await).ends_with("again, with the same Idempotency-Key"));
    app.pay(&zs, "pay", &order_id).await.expect(201);
    let coupon = json!({"user_id": USER, "coupon_price": "1.00"});
    app.faults.plan("coupon.apply", Fault::Error, 0, 1);
    let unkeyed = advice(app.post("/admin/coupons", &admin, coupon).await);
    assert!(unkeyed.contains("see whether the request has taken effect"), "{unkeyed}");
    app.faults.plan("order.apply", Fault::Error, 0, 1);
    let path = format!("/admin/orders/{order_id}/ship");
    assert!(advice(app.post(&path, &admin, json!({})).await).ends_with("send the same request again"));
    app.finish().await;
}
