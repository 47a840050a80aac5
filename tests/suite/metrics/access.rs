//! The readers of `/metrics`: this machine, the holder of the token, administrators; all only if the settings say so.

use awc::http::Method;

use crate::support::TestApp;

const TOKEN: &str = "a token of at least thirty-two characters";

async fn status(app: &TestApp, headers: &[(&str, &str)]) -> u16 {
    app.send_raw(Method::GET, "/metrics", headers, Vec::new()).await.status
}

#[actix_web::test]
async fn without_a_token_only_this_machine_reads_and_not_through_a_proxy() {
    let app = TestApp::start().await;
    assert_eq!(status(&app, &[]).await, 200);
    assert_eq!(status(&app, &[("host", "localhost:8080")]).await, 200);
    let name = ("host", "rebound.example.com");
    for through in
        [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=1"), ("x-real-ip", "::1"), ("via", "1.1 x"), name]
    {
        let answer = app.send_raw(Method::GET, "/metrics", &[through], Vec::new()).await;
        answer.expect_problem(401, "unauthenticated");
    }
    let (zs, admin) = (format!("Bearer {}", app.zs().await), format!("Bearer {}", app.admin().await));
    let forwarded = ("x-forwarded-for", "203.0.113.7");
    assert_eq!(status(&app, &[forwarded, ("authorization", &zs)]).await, 403);
    assert_eq!(status(&app, &[forwarded, ("authorization", &admin)]).await, 200);
    app.finish().await;
}

#[actix_web::test]
async fn with_a_token_its_holder_and_administrators_read() {
    let app = TestApp::with(&[("METRICS__TOKEN", TOKEN)]).await;
    let bearer = |token: &str| format!("Bearer {token}");
    assert_eq!(status(&app, &[]).await, 401, "also not this machine");
    assert_eq!(status(&app, &[("authorization", &bearer(&TOKEN[1..]))]).await, 401);
    assert_eq!(status(&app, &[("authorization", &bearer(&app.zs().await))]).await, 403);
    for token in [TOKEN, &app.admin().await] {
        assert_eq!(status(&app, &[("authorization", &bearer(token)), ("x-forwarded-for", "203.0.113.7")]).await, 200);
    }
    app.finish().await;
}

#[actix_web::test]
async fn if_the_metrics_are_public_all_read() {
    let app = TestApp::with(&[("METRICS__PUBLIC", "true")]).await;
    assert_eq!(status(&app, &[("x-forwarded-for", "203.0.113.7"), ("host", "shop.example.com")]).await, 200);
    app.finish().await;
}
