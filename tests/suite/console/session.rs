//! Signing in, language, headers and assets.

use std::time::Duration;

use awc::http::Method;
use serde_json::json;

use crate::support::browser::{Browser, text};
use crate::support::{ADMIN_PASSWORD, DEMO_PASSWORD, TestApp};

#[actix_web::test]
async fn the_administrator_signs_in_and_out_by_forms() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let asked = browser.get("/console/orders?pay_status=paid").await.expect(200);
    assert!(text(&asked).contains("Sign in"), "{}", asked.text);
    let fields =
        [("user_name", "admin"), ("user_password", ADMIN_PASSWORD), ("next", "/console/orders?pay_status=paid")];
    let answer = browser.post_from(&app.url(), "/console/sign-in", &fields).await.expect(303);
    assert_eq!(answer.header("location"), "/console/orders?pay_status=paid");
    let cookie = answer.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let page = browser.get("/console/orders").await.expect(200);
    assert!(text(&page).contains("Orders") && text(&page).contains("healthy"), "{}", page.text);
    let page = browser.post("/console/sign-out", &[]).await.expect(200);
    assert!(text(&page).contains("Sign in"), "{}", page.text);
    assert_eq!(browser.get_once("/console/orders").await.status, 303);
    app.finish().await;
}

#[actix_web::test]
async fn a_wrong_password_and_a_customer_are_refused_and_the_target_stays_on_this_server() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    for (name, password, status, words) in [
        ("admin", "not the password", 401, "The user name or the password is wrong"),
        ("unknown", "not the password", 401, "The user name or the password is wrong"),
        ("not a name", "x", 401, "The user name or the password is wrong"),
        ("zs", DEMO_PASSWORD, 403, "may not use the console"),
    ] {
        let answer = browser.sign_in(name, password).await.expect(status);
        assert!(answer.text.contains(words), "{}", answer.text);
        assert_eq!(answer.header("set-cookie"), "", "{name}");
    }
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "/pay/1", "/consolex"] {
        let fields = [("user_name", "admin"), ("user_password", ADMIN_PASSWORD), ("next", next)];
        let answer = browser.post_from(&app.url(), "/console/sign-in", &fields).await.expect(303);
        assert_eq!(answer.header("location"), "/console", "{next}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_session_ends_with_its_token_and_with_the_password() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    app.clock.advance(Duration::from_secs(12 * 3600 + 60));
    assert_eq!(browser.get_once("/console/orders").await.status, 303, "expired");
    browser.sign_in("admin", ADMIN_PASSWORD).await.expect(200);
    let body = json!({"old_password": ADMIN_PASSWORD, "new_password": "another good password"});
    app.post("/v1/users/me/password", &app.admin().await, body).await.expect(200);
    assert_eq!(browser.get_once("/console/orders").await.status, 303, "the password was changed");
    app.finish().await;
}

#[actix_web::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let app = TestApp::with(&[("HTTP__PUBLIC_URL", "https://shop.example.com")]).await;
    let mut browser = Browser::new(&app);
    let fields = [("user_name", "admin"), ("user_password", ADMIN_PASSWORD)];
    let answer = browser.post_from("https://shop.example.com", "/console/sign-in", &fields).await.expect(303);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-tradepost_console=") && cookie.ends_with("; Secure"), "{cookie}");
    app.finish().await;
}

#[actix_web::test]
async fn over_https_the_language_is_bound_to_the_host() {
    let app = TestApp::with(&[("HTTP__PUBLIC_URL", "https://shop.example.com")]).await;
    let mut browser = Browser::new(&app);
    let answer = browser.get_once("/language/zh-CN").await.expect(303);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-lang=zh-CN; Path=/;") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(browser.get("/console/sign-in").await.expect(200).text.contains("<html lang=\"zh-CN\">"));
    // One that another host of the domain may have set.
    let mut other = Browser::new(&app);
    other.headers.push(("cookie", "lang=zh-CN".to_owned()));
    assert!(other.get("/console/sign-in").await.expect(200).text.contains("<html lang=\"en\">"));
    app.finish().await;
}

#[actix_web::test]
async fn the_api_does_not_read_the_cookie() {
    let app = TestApp::start().await;
    let cookie = format!("tradepost_console={}", app.admin().await);
    let answer = app.send_raw(Method::GET, "/admin/orders", &[("cookie", &cookie)], Vec::new()).await;
    answer.expect_problem(401, "unauthenticated");
    app.finish().await;
}

#[actix_web::test]
async fn the_language_is_that_of_the_browser_until_it_is_switched() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    let english = browser.get("/console/orders?pay_status=paid").await.expect(200);
    assert!(english.text.contains("<html lang=\"en\">") && text(&english).contains("Consignee"));
    browser.headers.push(("accept-language", "zh-CN,zh;q=0.9".to_owned()));
    let chinese = browser.get("/console/orders").await.expect(200);
    assert!(chinese.text.contains("<html lang=\"zh-CN\">") && text(&chinese).contains("收件人"));
    let link = "/language/en?page=%2Fconsole%2Forders";
    assert!(chinese.text.contains(link), "{}", chinese.text);
    let page = browser.get(link).await.expect(200);
    assert!(text(&page).contains("Consignee"), "the cookie counts more than the browser: {}", page.text);
    let answer = browser.get_once("/language/zh-CN?page=https%3A%2F%2Fevil.example").await.expect(303);
    assert_eq!(answer.header("location"), "/");
    app.finish().await;
}

#[actix_web::test]
async fn every_page_is_sent_with_strict_headers_and_without_inline_code() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    for path in ["/console/sign-in", "/console/orders", "/console/nothing", "/console/orders?x=1"] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{path}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        for inline in [" style=", "<style", "onclick", "onload", "javascript:", "http://", "https://"] {
            assert!(!page.text.contains(inline), "{path} has {inline}");
        }
        assert!(page.text.len() < 60_000, "{path} has {} bytes", page.text.len());
    }
    app.finish().await;
}

#[actix_web::test]
async fn assets_are_kept_for_ever_under_the_hash_of_their_content() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/console/sign-in").await.expect(200);
    let paths: Vec<&str> = page.text.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(paths.len(), 2, "style and keys: {paths:?}");
    for path in paths {
        let asset = browser.get(path).await.expect(200);
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        let kind = if path.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        assert_eq!(asset.header("content-type"), kind, "{path}");
        assert_eq!((asset.header("content-encoding"), asset.header("vary")), ("", "Accept-Encoding"), "{path}");
        let (name, extension) = path.rsplit_once('.').unwrap();
        let other = format!("{}x.{extension}", &name[..name.len() - 1]);
        browser.get(&other).await.expect(404);
    }
    app.finish().await;
}

#[actix_web::test]
async fn an_error_is_a_page() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    for (path, status, words) in [
        ("/console/nothing", 404, "There is no such page"),
        ("/console/orders?pay_status=green", 422, "must be one of: unpaid, paying, paid"),
        ("/console/orders?limit=1000", 422, "must be an integer from 1 to 100"),
        ("/console/sign-out", 405, "The input is not valid"),
    ] {
        let page = browser.get(path).await.expect(status);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(text(&page).contains(words), "{path}: {}", text(&page));
    }
    browser.headers.push(("accept-language", "zh-CN".to_owned()));
    let page = browser.get("/console/orders?pay_status=green").await.expect(422);
    assert!(text(&page).contains("必须是以下之一：unpaid、paying、paid"), "{}", text(&page));
    app.finish().await;
}

#[actix_web::test]
async fn a_page_that_takes_too_long_is_answered_by_a_page() {
    let app = TestApp::with(&[("HTTP__REQUEST_WITHIN", "500ms")]).await;
    let mut browser = Browser::operator(&app).await;
    app.faults.plan("goods.handle", tradepost::actor::fault::Fault::Delay(Duration::from_millis(1500)), 0, 1);
    let page = browser.get("/console/goods").await.expect(503);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.text);
    assert!(text(&page).contains("the outcome is not known yet"), "{}", text(&page));
    assert!(!page.header("x-request-id").is_empty() && page.header("cache-control") == "no-store");
    app.finish().await;
}
