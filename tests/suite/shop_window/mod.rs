//! The pages of customers, as a browser without scripts uses them. `tests/browser` looks at them in a real one.

mod access;
mod order;
mod payment;

use crate::support::browser::{Browser, hidden};
use crate::support::{Answer, DEMO_PASSWORD, TestApp};

/// A browser in which the demo customer has signed in.
async fn customer(app: &TestApp) -> Browser<'_> {
    let mut browser = Browser::new(app);
    let fields = [("user_name", "zs"), ("user_password", DEMO_PASSWORD)];
    browser.post("/sign-in", &fields).await.expect(200);
    browser
}

/// The page of the checkout with one unit of these goods.
async fn checkout(browser: &mut Browser<'_>, goods_id: &str) -> Answer {
    browser.post("/basket/add", &[("goods_id", goods_id), ("goods_number", "1")]).await.expect(200);
    browser.get("/checkout").await.expect(200)
}

/// Sends the form of the checkout; the answer itself.
async fn order(browser: &mut Browser<'_>, origin: &str, page: &Answer) -> Answer {
    let draft = hidden(page, "draft");
    let fields = [("draft", draft.as_str()), ("act", "order"), ("consignee", "Li Wei"), ("address", "1 Main Street")];
    browser.post_from(origin, "/checkout", &fields).await
}
