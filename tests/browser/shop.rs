//! The shop window: a visitor buys, pays, follows and returns an order.

use serde_json::json;

use crate::chromium::{Light, PHONE, Page};
use crate::steps::{enter_address, pay, sign_in, to_checkout};
use crate::support::{DEMO_PASSWORD, GOODS, TestApp, amount};

#[actix_web::test]
async fn a_new_visitor_registers_orders_with_a_double_click_pays_and_gets_the_money_back() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    page.goto("/").await;
    page.sees("Coffee mug").await;
    page.assert_accessible().await;
    page.picture("shop-window").await;

    page.click("Add to basket: Coffee mug").await;
    page.is_at("/basket").await;
    page.sees("12.90").await;
    page.assert_accessible().await;
    page.click("Check out").await;
    page.is_at("/sign-in").await;
    page.click("I am new here: register").await;
    page.is_at("/register").await;
    page.expect_status(422);
    page.fill("User name", "zs").await;
    page.fill("Password", "a good password").await;
    page.click("Register").await;
    page.sees("This name is taken").await;
    page.fill("User name", "visitor").await;
    page.fill("Password", "a good password").await;
    page.assert_accessible().await;
    page.click("Register").await;

    page.is_at("/checkout").await;
    page.sees("22.90").await;
    enter_address(&mut page).await;
    page.assert_accessible().await;
    page.double_click("Place the order").await;
    page.is_at("/orders/").await;
    page.sees("Pay it in time").await;
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 1, "a double click is one order");

    page.assert_accessible().await;
    page.click("Pay with Sandbox").await;
    page.is_at("/pay/").await;
    page.sees("Coffee mug × 1").await;
    page.sees("Time left 29:5").await;
    page.assert_accessible().await;
    page.picture("payment").await;
    pay(&mut page, &app).await;
    page.assert_accessible().await;
    page.picture("shop-window-order").await;

    page.fill("Reason", "not needed").await;
    page.click("Ask for a refund").await;
    page.sees("Refund requested").await;
    app.settle().await;
    // The page follows the order by itself.
    page.sees("This order was refunded.").await;
    page.sees("\u{2212}22.90").await;
    page.click("Your orders").await;
    page.sees("refunded").await;
    page.assert_accessible().await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn coupon_and_balance_lower_what_is_to_pay_at_once() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    sign_in(&mut page).await;
    to_checkout(&mut page, "Javase课程").await;
    page.select("Coupon", "Coupon of 20.00 CNY").await;
    page.sees("980.00").await;
    page.fill("Pay from balance", "100.00").await;
    page.press("Tab").await;
    page.sees("880.00").await;
    page.click("Place the order").await;
    page.is_at("/orders/").await;
    page.sees("880.00").await;
    page.goto("/account").await;
    page.sees("900.00").await;
    page.sees_in("main", "used").await;
    page.assert_accessible().await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn what_stands_against_an_order_is_said_at_the_place_that_it_is_about_in_both_languages() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let goods = app.goods(3, "5.00").await;
    let mut page = Page::open(&app.url()).await;
    sign_in(&mut page).await;
    to_checkout(&mut page, "test goods").await;
    page.expect_status(409);
    page.expect_status(422);

    page.fill("Recipient", " ").await;
    page.fill("Address", " ").await;
    page.fill("Pay from balance", "ten").await;
    page.click("Place the order").await;
    page.sees_in("#consignee-wrong", "Fill this in.").await;
    page.sees_in("#address-wrong", "Fill this in.").await;
    page.sees_in("#balance-wrong", "Enter an amount such as 12.50.").await;
    page.assert_accessible().await;

    // While the customer looks at the page, the price changes and the goods are sold.
    enter_address(&mut page).await;
    page.fill("Pay from balance", "").await;
    app.send(
        awc::http::Method::PATCH,
        &format!("/admin/goods/{goods}"),
        &admin,
        &[],
        Some(&json!({"goods_price": "6.00"})),
    )
    .await
    .expect(200);
    app.post(&format!("/admin/goods/{goods}/stock"), &admin, json!({"delta": -3, "reason": "sold"})).await.expect(200);
    page.click("Place the order").await;
    page.sees("The order was not placed. Nothing was charged.").await;
    page.sees_in(".rows .wrong", "The price has changed: it is 6.00 CNY now.").await;
    page.sees_in(".rows .wrong", "These goods are sold out.").await;
    // The switch of the language sends the form: nothing that was entered is lost.
    page.click("中文").await;
    page.is_at("/checkout").await;
    page.sees_in(".rows .wrong", "此商品已售罄。").await;
    assert_eq!(page.value("[consignee, address].map(field => field.value).join()").await, "Li Wei,1 Main Street");
    page.fill("收件人", "李伟").await;
    page.press("Enter").await;
    page.until("document.readyState === 'complete' && consignee.value === '李伟'").await;
    assert_eq!(page.value("document.documentElement.lang").await, "zh-CN", "the Enter key translates nothing");
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders WHERE order_status = 1"), 0, "nor orders");
    page.assert_accessible().await;
    page.picture("checkout-zh").await;

    app.post(&format!("/admin/goods/{goods}/stock"), &admin, json!({"delta": 2, "reason": "found"})).await.expect(200);
    page.goto("/basket").await;
    page.fill("数量", "3").await;
    page.click("更新: test goods").await;
    page.sees_in(".rows .wrong", "仅剩 2 件。").await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_is_cancelled_and_an_act_that_comes_too_late_says_so() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    sign_in(&mut page).await;
    to_checkout(&mut page, "Rubber duck").await;
    page.click("Place the order").await;
    page.is_at("/orders/").await;
    let order = page.path().await;

    // The same page twice: in the second one the order is cancelled behind the back of the first.
    page.value("document.querySelector('[hx-get]').remove()").await;
    let cancelled = page.value("fetch(location.pathname + '/cancel', {method: 'POST'}).then(r => r.ok)").await;
    assert_eq!(cancelled, true);
    page.expect_status(409);
    page.click("Pay with Sandbox").await;
    page.sees("the order has changed in the meantime").await;
    page.sees("This order was cancelled.").await;
    page.assert_accessible().await;
    page.goto(&order).await;
    page.sees("Cancelled").await;
    assert_eq!(app.stock("345959443973935108").await, 10_000);
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn everything_works_without_script() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    page.disable_script().await;
    sign_in(&mut page).await;
    to_checkout(&mut page, "Javase课程").await;
    page.select("Coupon", "Coupon of 20.00 CNY").await;
    page.click("Update the price").await;
    page.sees("980.00").await;
    page.click("Place the order").await;
    page.is_at("/orders/").await;
    page.click("Pay with Sandbox").await;
    page.is_at("/pay/").await;
    page.sees("Pay before").await;
    pay(&mut page, &app).await;
    // The demo customer's points: 100 at the start, and one for each unit of money.
    page.goto("/account").await;
    page.sees("1080").await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn the_keyboard_is_enough_to_buy() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    sign_in(&mut page).await;
    page.goto("/").await;
    page.tab_to("Skip to the content").await;
    page.tab_to("Add to basket: Coffee mug").await;
    page.press("Enter").await;
    page.is_at("/basket").await;
    page.tab_to("Check out").await;
    page.press("Enter").await;
    page.is_at("/checkout").await;
    page.tab_to("Recipient").await;
    page.type_text("Li Wei").await;
    page.tab_to("Address").await;
    page.type_text("1 Main Street").await;
    page.tab_to("Place the order").await;
    page.press("Enter").await;
    page.is_at("/orders/").await;
    page.tab_to("Pay with Sandbox").await;
    page.press("Enter").await;
    page.is_at("/pay/").await;
    page.tab_to("Go to the payment").await;
    page.press("Enter").await;
    page.is_at("/sandbox/checkout/").await;
    page.tab_to("Pay").await;
    page.press("Enter").await;
    page.sees("Payment complete").await;
    app.settle().await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn the_pages_fit_a_phone_and_are_accessible_in_the_dark() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.goods(0, &amount(999_999_999_999)).await;
    let mut page = Page::open(&app.url()).await;
    page.set_size(PHONE).await;
    page.set_light(Light::Dark).await;
    sign_in(&mut page).await;
    for (path, picture) in [
        ("/".to_owned(), "shop-window-phone"),
        (format!("/goods/{GOODS}"), ""),
        ("/basket".to_owned(), ""),
        ("/account".to_owned(), ""),
        ("/orders".to_owned(), ""),
        (format!("/orders/{order_id}"), "shop-window-dark"),
        (app.pay_path(&pay_id), "payment-phone"),
        (app.checkout_path(&pay_id), ""),
        ("/register".to_owned(), ""),
    ] {
        page.goto(&path).await;
        page.assert_fits().await;
        page.assert_accessible().await;
        if !picture.is_empty() {
            page.picture(picture).await;
        }
    }
    app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect(200);
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn times_are_those_of_the_customers_place() {
    let app = TestApp::start().await;
    let (_, order_id, _) = app.paying().await;
    let mut page = Page::open(&app.url()).await;
    page.set_time_zone("Asia/Shanghai").await;
    sign_in(&mut page).await;
    page.goto(&format!("/orders/{order_id}")).await;
    // Without script, it is the time in UTC, which then says so.
    let shown = "(t => [t.title, t.textContent, new Date(t.dateTime).toISOString().slice(0, 19).replace('T', ' ') + ' UTC'])\
                 (document.querySelector('time.moment'))";
    let [utc, local, sent] = [0, 1, 2].map(|at| format!("({shown})[{at}]"));
    assert_eq!(page.value(&utc).await, page.value(&sent).await);
    let expected = "new Intl.DateTimeFormat('en', {dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Shanghai'})\
                    .format(new Date(document.querySelector('time.moment').dateTime))";
    assert_eq!(page.value(&local).await, page.value(expected).await);
    page.sees_no(" UTC").await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn the_language_is_kept_and_the_pages_are_in_it() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    let mut page = Page::open(&app.url()).await;
    page.goto("/").await;
    page.click("中文").await;
    page.sees("商品").await;
    page.sees("库存 999 件").await;
    assert_eq!(page.value("document.documentElement.lang").await, "zh-CN");
    page.assert_accessible().await;
    page.picture("shop-window-zh").await;
    page.goto("/sign-in").await;
    page.fill("用户名", "zs").await;
    page.fill("密码", DEMO_PASSWORD).await;
    page.click_in("main", "登录").await;
    page.sees("退出登录").await;
    page.goto(&format!("/orders/{order_id}")).await;
    page.sees("支付正在进行。").await;
    page.sees("已确认：所有商品已为您保留").await;
    page.assert_accessible().await;
    page.goto(&app.pay_path(&pay_id)).await;
    page.sees("支付订单").await;
    page.click("前往支付").await;
    page.sees("确认支付").await;
    page.click("English").await;
    page.sees("Confirm your payment").await;
    drop(page);

    // A browser that prefers Chinese gets it without a click.
    let mut page = Page::open(&app.url()).await;
    page.set_language("zh-CN,zh;q=0.9").await;
    page.goto(&app.pay_path(&pay_id)).await;
    page.sees("支付订单").await;
    page.picture("payment-zh").await;
    drop(page);
    app.finish().await;
}
