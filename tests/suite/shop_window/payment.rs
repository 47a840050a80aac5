//! Trying a payment again from its page.

use serde_json::json;

use crate::support::TestApp;
use crate::support::browser::{Browser, text};

#[actix_web::test]
async fn a_payment_that_was_declined_is_followed_by_one_other() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let mut guest = Browser::new(&app);
    let again = format!("{}/again", app.pay_path(&pay_id));
    let open = guest.post_from(&app.url(), &again, &[]).await.expect(303);
    assert_eq!(open.header("location"), app.pay_path(&pay_id), "it is still open");
    app.post(&format!("/sandbox/trades/{pay_id}/decline"), "", json!({})).await.expect(200);
    app.settle().await;
    let page = guest.get(&app.pay_path(&pay_id)).await.expect(200);
    assert!(page.text.contains(&format!("action=\"{again}\"")), "{}", page.text);
    let first = guest.post_from(&app.url(), &again, &[]).await.expect(303).header("location").to_owned();
    let second = guest.post_from(&app.url(), &again, &[]).await.expect(303).header("location").to_owned();
    assert!(first == second && first != app.pay_path(&pay_id), "{first} {second}");
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay"), 2);
    app.pay_at_platform(first.trim_start_matches("/pay/").split('-').next().unwrap(), json!({})).await.expect(200);
    app.assert_paid_once(&zs, &order_id).await;
    let paid = guest.post_from(&app.url(), &again, &[]).await.expect(303);
    assert_eq!(paid.header("location"), app.pay_path(&pay_id), "the order is paid");
    app.finish().await;
}

#[actix_web::test]
async fn the_page_shows_what_is_bought_and_nothing_about_the_customer() {
    let app = TestApp::start().await;
    let (_, _, pay_id) = app.paying().await;
    let mut guest = Browser::new(&app);
    let shown = text(&guest.get(&app.pay_path(&pay_id)).await.expect(200));
    assert!(shown.contains("Javase课程 × 1") && shown.contains("880.00 CNY"), "{shown}");
    for hidden in ["zs", "1 Main Street"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    app.finish().await;
}
