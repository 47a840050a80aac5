//! The search.

use crate::support::browser::{Browser, text};
use crate::support::{GOODS, TestApp, USER};

#[actix_web::test]
async fn an_id_leads_to_its_object_and_a_text_to_a_list() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    for (number, page) in [(order_id.as_str(), "orders"), (&pay_id, "payments"), (USER, "customers"), (GOODS, "goods")]
    {
        let answer = browser.get_once(&format!("/console/search?q=%20{number}%20")).await.expect(303);
        assert_eq!(answer.header("location"), format!("/console/{page}/{number}"));
    }
    let found = browser.get("/console/search?q=zs").await.expect(200);
    assert!(found.text.contains(&format!("/console/customers/{USER}")), "a name: {}", found.text);
    assert!(found.text.contains(&format!("/console/orders/{order_id}")), "a consignee: {}", found.text);
    for nothing in ["", "x%20y", "1", "999999999999999999999", "%00", "%3Cb%3E"] {
        let page = browser.get(&format!("/console/search?q={nothing}")).await.expect(200);
        assert!(text(&page).contains("Nothing found"), "{nothing}: {}", text(&page));
    }
    app.finish().await;
}
