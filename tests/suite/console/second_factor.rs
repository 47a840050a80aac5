//! The second factor in the console: added, used and removed by forms, without scripts.

use std::time::Duration;

use serde_json::json;

use crate::support::browser::{Browser, text};
use crate::support::second_factor::{Factor, code};
use crate::support::{ADMIN_PASSWORD, Answer, DEMO_PASSWORD, TestApp};

const PAGE: &str = "/console/second-factor";
const STEP: Duration = Duration::from_secs(30);

/// The secret on the page that offers it.
fn secret_on(page: &Answer) -> String {
    let codes = page.text.split("<code>").skip(1).filter_map(|rest| rest.split('<').next());
    codes.filter(|code| code.len() == 32).map(str::to_owned).next().unwrap_or_else(|| panic!("{}", page.text))
}

async fn sign_in(browser: &mut Browser<'_>, path: &str, code: &str) -> Answer {
    let fields = [("user_name", "admin"), ("user_password", ADMIN_PASSWORD), ("one_time_code", code)];
    browser.post(path, &fields).await
}

#[actix_web::test]
async fn an_administrator_adds_it_uses_it_and_removes_it_by_forms() {
    let app = TestApp::start().await;
    let mut browser = Browser::operator(&app).await;
    assert!(browser.get("/console/orders").await.expect(200).text.contains(PAGE), "the menu leads there");
    let enrol = format!("{PAGE}/enrol");
    let wrong = browser.post(&enrol, &[("user_password", "not the password")]).await.expect(422);
    assert!(text(&wrong).contains("The password is wrong"), "{}", wrong.text);
    let offer = browser.post(&enrol, &[("user_password", ADMIN_PASSWORD)]).await.expect(200);
    assert!(offer.text.contains("<svg") && !offer.text.contains("style="), "{}", offer.text);
    let secret = secret_on(&offer);
    let confirm = format!("{PAGE}/confirm");
    for entered in ["000000", "no code"] {
        let again = browser.post(&confirm, &[("one_time_code", entered)]).await.expect(422);
        assert!(text(&again).contains("The code is wrong") && !again.text.contains(&secret), "{}", again.text);
    }
    let added = browser.post(&confirm, &[("one_time_code", &code(&app, &secret))]).await.expect(200);
    assert!(text(&added).contains("Recovery codes"), "{}", added.text);
    browser.get("/console/orders").await.expect(200);
    let shown = browser.get(PAGE).await.expect(200);
    assert!(text(&shown).contains("Recovery codes left 10") && !shown.text.contains(&secret), "{}", text(&shown));

    let mut other = Browser::new(&app);
    let asked = other.sign_in("admin", ADMIN_PASSWORD).await.expect(401);
    assert!(text(&asked).contains("This account has a second factor"), "{}", asked.text);
    for wrong in ["000000", "no code"] {
        let refused = sign_in(&mut other, "/console/sign-in", wrong).await.expect(401);
        assert!(text(&refused).contains("The one-time code is wrong"), "{}", refused.text);
    }
    app.clock.advance(STEP);
    sign_in(&mut other, "/console/sign-in", &code(&app, &secret)).await.expect(200);
    other.get_once("/console/orders").await.expect(200);

    app.clock.advance(STEP);
    let remove = format!("{PAGE}/remove");
    let fields = |code: &str| {
        [("user_password".to_owned(), ADMIN_PASSWORD.to_owned()), ("one_time_code".to_owned(), code.to_owned())]
    };
    for (code, status) in [("000000".to_owned(), 422), (code(&app, &secret), 200)] {
        let fields = fields(&code);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let page = browser.post(&remove, &fields).await.expect(status);
        assert_eq!(text(&page).contains("Add a second factor"), status == 200, "{}", page.text);
    }
    assert_eq!(other.get_once("/console/orders").await.status, 303, "the other session has ended");
    Browser::operator(&app).await.get("/console/orders").await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn if_it_is_required_every_page_leads_to_the_one_that_adds_it() {
    let app = TestApp::with(&[("ADMIN__SECOND_FACTOR", "required")]).await;
    let mut browser = Browser::new(&app);
    browser.headers.push(("accept-language", "zh-CN".to_owned()));
    let first = browser.sign_in("admin", ADMIN_PASSWORD).await.expect(200);
    assert!(text(&first).contains("设置后方可使用控制台") && !first.text.contains("/console/orders"), "{}", first.text);
    for path in ["/console/orders", "/console/customers", "/console/settings"] {
        assert_eq!(browser.get_once(path).await.expect(303).header("location"), PAGE, "{path}");
    }
    let shipped = browser.post("/console/orders/1/ship", &[]).await.expect(403);
    assert!(text(&shipped).contains("须先设置两步验证"), "{}", shipped.text);
    let offer = browser.post(&format!("{PAGE}/enrol"), &[("user_password", ADMIN_PASSWORD)]).await.expect(200);
    let entered = code(&app, &secret_on(&offer));
    let added = browser.post(&format!("{PAGE}/confirm"), &[("one_time_code", &entered)]).await.expect(200);
    assert!(text(&added).contains("恢复码"), "{}", added.text);
    browser.get_once("/console/orders").await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn the_page_of_the_shop_asks_an_administrator_for_the_code_too() {
    let app = TestApp::start().await;
    let factor = Factor::add(&app, &app.admin().await, ADMIN_PASSWORD).await;
    app.clock.advance(STEP);
    let mut browser = Browser::new(&app);
    assert!(!browser.get("/sign-in").await.expect(200).text.contains("one_time_code"));
    let fields = [("user_name", "admin"), ("user_password", ADMIN_PASSWORD)];
    let asked = browser.post("/sign-in", &fields).await.expect(422);
    assert!(asked.text.contains("name=\"one_time_code\""), "{}", asked.text);
    sign_in(&mut browser, "/sign-in", "000000").await.expect(422);
    sign_in(&mut browser, "/sign-in", &factor.code(&app)).await.expect(200);
    browser.get_once("/account").await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn a_colleague_removes_it_on_the_page_of_the_account() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let zs_id = app.get("/v1/users/me", &zs).await.expect(200).text_of("user_id");
    let role = json!({"user_role": "admin", "reason": "a new colleague"});
    app.post(&format!("/admin/users/{zs_id}/role"), &admin, role).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    let page = format!("/console/customers/{zs_id}");
    assert!(!browser.get(&page).await.expect(200).text.contains("remove_second_factor"));
    Factor::add(&app, &app.zs().await, DEMO_PASSWORD).await;
    assert!(browser.get(&page).await.expect(200).text.contains("remove_second_factor"));
    let fields = [("change", "remove_second_factor"), ("reason", "lost the telephone")];
    let after = browser.act(&format!("{page}/account"), &fields).await;
    assert!(!after.text.contains("remove_second_factor"), "{}", after.text);
    app.zs().await;
    app.finish().await;
}
