//! Access to every page of customers.

use std::collections::BTreeSet;

use awc::http::Method;
use serde_json::json;

use crate::support::browser::{Browser, text};
use crate::support::identity::SESSION_SECRET;
use crate::support::{DEMO_PASSWORD, GOODS, OrderBody, Production, TestApp};

use super::customer;

/// Visitors that a page admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    All,
    Customers,
}

/// Every page: method, an example path, and the visitors it admits. The page of a payment is in the table of the interface.
const PAGES: &[(&str, &str, For)] = &[
    ("GET", "/", For::All),
    ("GET", "/goods/1", For::All),
    ("GET", "/basket", For::All),
    ("POST", "/basket/add", For::All),
    ("POST", "/basket/set", For::All),
    ("POST", "/basket/remove", For::All),
    ("GET", "/checkout", For::Customers),
    ("POST", "/checkout", For::Customers),
    ("POST", "/checkout/price", For::Customers),
    ("GET", "/orders", For::Customers),
    ("GET", "/orders/1", For::Customers),
    ("POST", "/orders/1/pay", For::Customers),
    ("POST", "/orders/1/cancel", For::Customers),
    ("POST", "/orders/1/receive", For::Customers),
    ("POST", "/orders/1/refund", For::Customers),
    ("GET", "/account", For::Customers),
    ("GET", "/sign-in", For::All),
    ("POST", "/sign-in", For::All),
    ("GET", "/register", For::All),
    ("POST", "/register", For::All),
    ("POST", "/sign-out", For::All),
    ("POST", "/pay/1/again", For::All),
];

/// The pages in `src/shop_window/route.rs`: method and path.
fn declared_pages() -> BTreeSet<(String, String)> {
    let text = include_str!("../../../src/shop_window/route.rs");
    let of_page = |text: &str| {
        let (path, rest) = text.split_once('"').unwrap();
        let methods = rest.split(".route(").skip(1).map(|route| route.split('(').next().unwrap().to_uppercase());
        methods.map(|method| (method, path.replace("{id}", "1").replace("{ticket}", "1"))).collect::<Vec<_>>()
    };
    text.split("page(\"").skip(1).flat_map(of_page).collect()
}

#[test]
fn every_page_has_a_line_in_the_table() {
    let listed = PAGES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(declared_pages(), listed, "left: src/shop_window/route.rs, right: the table");
}

#[actix_web::test]
async fn every_page_admits_only_its_visitors_and_no_form_of_another_site() {
    let app = TestApp::start().await;
    let bearer = app.zs().await;
    let before = app.rows();
    for &(method, path, visitors) in PAGES {
        let mut guest = Browser::new(&app);
        // A token in a header is for the interface only.
        guest.headers.push(("authorization", format!("Bearer {bearer}")));
        let is_form = method == "POST";
        let answer = if is_form { guest.post_from(&app.url(), path, &[]).await } else { guest.get_once(path).await };
        match (visitors, is_form) {
            (For::Customers, false) => {
                assert_eq!(answer.status, 303, "{path}");
                assert!(answer.header("location").starts_with("/sign-in?next=%2F"), "{}", answer.header("location"));
            }
            (For::Customers, true) => assert_eq!(answer.status, 401, "{path}: {}", answer.text),
            (For::All, _) => assert!(![401, 403, 500].contains(&answer.status), "{path}: {}", answer.text),
        }
        if is_form {
            let mut browser = customer(&app).await;
            let foreign = browser.post_from("https://evil.example", path, &[]).await;
            assert_eq!(foreign.status, 403, "{path}");
            let kind = foreign.header("content-type");
            assert_eq!(kind, "text/html; charset=utf-8", "{path}");
        }
    }
    assert_eq!(app.rows(), before);
    app.finish().await;
}

#[actix_web::test]
async fn every_page_takes_a_visitor_whose_session_is_not_valid_for_a_guest() {
    let app = TestApp::with(&[SESSION_SECRET]).await;
    let mut cookies = app.refused_tokens().await;
    let zs = app.zs().await;
    cookies.push(("twice", format!("{zs}; tradepost_shop={zs}")));
    let before = app.rows();
    for &(method, path, visitors) in PAGES {
        for (name, token) in &cookies {
            let mut visitor = Browser::new(&app);
            visitor.headers.push(("cookie", format!("tradepost_shop={token}")));
            let is_form = method == "POST";
            let answer =
                if is_form { visitor.post_from(&app.url(), path, &[]).await } else { visitor.get_once(path).await };
            let call = format!("{method} {path} with the token {name}: {}", answer.text);
            match (visitors, is_form) {
                (For::Customers, false) => {
                    assert_eq!(answer.status, 303, "{call}");
                    assert!(answer.header("location").starts_with("/sign-in?next=%2F"), "{call}");
                }
                (For::Customers, true) => assert_eq!(answer.status, 401, "{call}"),
                (For::All, _) => {
                    assert!(![401, 403].contains(&answer.status) && answer.status < 500, "{call}");
                    assert!(!answer.text.contains("href=\"/account\""), "{call}");
                }
            }
        }
    }
    // The same pages know a customer whose session is valid, so the sessions above were the reason.
    let mut customer = Browser::new(&app);
    customer.headers.push(("cookie", format!("tradepost_shop={zs}")));
    assert!(customer.get("/").await.expect(200).text.contains("href=\"/account\""));
    assert_eq!(customer.get_once("/orders").await.status, 200);
    assert_eq!(app.rows(), before);
    app.finish().await;
}

#[actix_web::test]
async fn over_https_session_and_basket_are_bound_to_the_host() {
    let origin = "https://shop.example.com";
    let app = TestApp::with(&[("HTTP__PUBLIC_URL", origin)]).await;
    let mut browser = Browser::new(&app);
    let bound = |name: &str, cookie: &str| {
        assert!(cookie.starts_with(&format!("__Host-{name}=")), "{cookie}");
        assert!(cookie.contains("; Path=/;") && cookie.ends_with("; Secure"), "{cookie}");
        assert!(!cookie.to_lowercase().contains("domain"), "{cookie}");
    };
    let fields = [("user_name", "zs"), ("user_password", DEMO_PASSWORD)];
    let signed_in = browser.post_from(origin, "/sign-in", &fields).await.expect(303);
    bound("tradepost_shop", signed_in.header("set-cookie"));
    let fields = [("goods_id", GOODS), ("goods_number", "1")];
    let added = browser.post_from(origin, "/basket/add", &fields).await.expect(303);
    bound("tradepost_basket", added.header("set-cookie"));
    assert!(text(&browser.get("/basket").await.expect(200)).contains("Javase"));
    // Those that another host of the domain may have set.
    let mut other = Browser::new(&app);
    let cookie = format!("tradepost_shop={}; tradepost_basket={}-1", app.zs().await, GOODS);
    other.headers.push(("cookie", cookie));
    assert!(text(&other.get("/basket").await.expect(200)).contains("Your basket is empty"));
    assert_eq!(other.get_once("/orders").await.status, 303);
    app.finish().await;
}

#[actix_web::test]
async fn every_page_has_a_strict_policy_and_no_inline_style_or_script() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let mut browser = customer(&app).await;
    let of_ids = [format!("/orders/{order_id}"), app.pay_path(&pay_id), app.checkout_path(&pay_id)];
    let fixed = ["/", "/basket", "/account", "/orders", "/sign-in", "/register", "/problems/not_found", "/docs"];
    for path in fixed.iter().map(|path| (*path).to_owned()).chain(of_ids) {
        let page = browser.get(&path).await.expect(200);
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(!page.text.contains(" style=") && !page.text.contains("<script>"), "{path}");
        assert!(!page.text.contains(" onclick="), "{path}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn an_order_of_another_customer_does_not_exist() {
    let app = TestApp::start().await;
    let (zs, unpaid, _) = app.paying().await;
    let shipped = app.order(&zs, "shipped", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let pay_id = app.pay(&zs, "pay-shipped", &shipped).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.post(&format!("/admin/orders/{shipped}/ship"), &app.admin().await, json!({})).await.expect(200);
    let acts = [format!("/orders/{unpaid}/cancel"), format!("/orders/{shipped}/receive")];
    let mut other = Browser::new(&app);
    other.post("/register", &[("user_name", "other"), ("user_password", "a good password")]).await.expect(200);
    let before = app.rows();
    for order_id in [&unpaid, &shipped] {
        assert_eq!(other.get(&format!("/orders/{order_id}")).await.status, 404);
    }
    for act in &acts {
        assert_eq!(other.post_from(&app.url(), act, &[]).await.status, 404, "{act}");
    }
    assert_eq!(app.rows(), before);
    assert!(!text(&other.get("/orders").await).contains("Javase"));
    // The orders allow these acts, so the customer was the reason.
    let mut own = customer(&app).await;
    for act in &acts {
        assert_eq!(own.post_from(&app.url(), act, &[]).await.status, 303, "{act}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn in_production_the_shop_window_is_not_there_and_the_page_of_a_payment_is() {
    let production = Production::new();
    let settings = production.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let app = TestApp::with(&settings).await;
    let mut browser = Browser::new(&app);
    let front = browser.get("/").await.expect(200);
    assert!(text(&front).contains("runs here"), "{}", front.text);
    for path in ["/basket", "/sign-in", "/register", "/orders", "/goods/1"] {
        assert_eq!(app.fetch(Method::GET, path, &[], Vec::new()).await.status, 404, "{path}");
    }
    assert!(text(&browser.get("/pay/1").await).contains("No such payment"));
    app.finish().await;
}

#[actix_web::test]
async fn a_link_to_the_console_is_only_there_if_the_console_is() {
    let app = TestApp::start().await;
    let (_, order_id, _) = app.paying().await;
    let link = format!("href=\"/console/orders/{order_id}\"");
    let mut browser = customer(&app).await;
    assert!(browser.get(&format!("/orders/{order_id}")).await.text.contains(&link));
    app.finish().await;

    let app = TestApp::with(&[("ADMIN__LISTEN", "127.0.0.1:0")]).await;
    let mut browser = customer(&app).await;
    assert!(!browser.get("/").await.expect(200).text.contains("/console"));
    app.finish().await;
}
