use super::*;
use crate::domain::id::{GoodsId, OrderId, PayId};
use crate::domain::money::Money;
use crate::domain::quantity::Quantity;
use crate::web::language::{CHINESE, ENGLISH};

fn payment(status: Status, checkout: Option<Checkout>) -> Payment {
    Payment {
        pay_id: PayId::new(77),
        order_id: OrderId::new(7),
        pay_amount: Money::from_minor(88_000),
        currency: CURRENCY,
        provider: "wechat".to_owned(),
        status,
        checkout,
        add_time: Timestamp(0),
        refunded_amount: Money::ZERO,
        refunds: Vec::new(),
        pay_before: (status == Status::Unpaid).then_some(Timestamp(90_000)),
        return_url: Some("https://shop.example.com/?a=1&b=\"".to_owned()),
        expire_time: None,
    }
}

fn render(payment: &Payment, was_invoked: bool, can_be_paid_again: bool) -> String {
    let line = Line {
        goods_id: GoodsId::new(1),
        goods_number: Quantity::try_from(2).unwrap(),
        goods_price: Money::from_minor(44_000),
        goods_name: Some("<b>Book</b>".to_owned()),
    };
    let path = "/pay/77-0a1b";
    let view =
        View { payment, path, lines: &[line], now: Timestamp(30_000), was_invoked, can_be_paid_again, state: "state" };
    content(&ENGLISH, &view).into_string()
}

fn url() -> String {
    "weixin://wxpay/bizpayurl?pr=abc\"<".to_owned()
}

#[test]
fn the_page_of_an_open_payment_shows_what_is_bought_how_to_pay_and_how_long() {
    for (checkout, shown) in [
        (None, "being prepared"),
        (Some(Checkout::Redirect { url: url() }), "href=\"weixin://wxpay/bizpayurl?pr=abc&quot;&lt;\""),
        (Some(Checkout::QrCode { url: url() }), "<svg"),
    ] {
        let page = render(&payment(Status::Unpaid, checkout), false, false);
        assert!(page.contains(shown) && page.contains("<noscript><meta http-equiv=\"refresh\""), "{page}");
        assert!(page.contains("880.00</span> <small>CNY") && page.contains("data-left=\"60\""), "{page}");
        assert!(page.contains("&lt;b&gt;Book&lt;/b&gt; × 2"), "{page}");
        assert!(!page.contains("<?xml") && !page.contains("style="), "{page}");
    }
}

#[test]
fn the_page_of_a_finished_payment_shows_the_outcome_and_the_way_back() {
    for (status, text) in [(Status::Paid, "Paid."), (Status::Closed, "Closed."), (Status::Refunded, "has gone back")] {
        let page = render(&payment(status, Some(Checkout::QrCode { url: url() })), false, false);
        assert!(page.contains(text) && !page.contains("<svg") && !page.contains("refresh"), "{page}");
        assert!(page.contains("href=\"https://shop.example.com/?a=1&amp;b=&quot;\""), "{page}");
        assert!(!page.contains("/again"), "{page}");
    }
}

#[test]
fn a_payment_that_was_declined_can_be_started_again_while_its_order_can_be_paid() {
    let closed = payment(Status::Closed, None);
    assert!(render(&closed, false, true).contains("action=\"/pay/77-0a1b/again\""));
    assert!(render(&closed, false, false).contains("can no longer be paid"));
}

#[test]
fn inside_wechat_the_page_opens_the_dialog_once_and_then_follows_the_payment() {
    let params = JsapiParams {
        app_id: "wx1".to_owned(),
        time_stamp: "1760000000".to_owned(),
        nonce_str: "n".to_owned(),
        package: "prepay_id=wx2".to_owned(),
        sign_type: "RSA".to_owned(),
        pay_sign: "s+/=".to_owned(),
    };
    let open = payment(Status::Unpaid, Some(Checkout::Jsapi { params }));
    assert!(render(&open, false, false).contains("data-params=\"{&quot;appId&quot;:&quot;wx1&quot;"));
    assert_eq!([false, true].map(|was_invoked| render(&open, was_invoked, false).contains("refresh")), [false, true]);
}

#[test]
fn a_platform_has_a_name_in_each_language() {
    assert_eq!(platform(&ENGLISH, "wechat_h5"), "WeChat Pay");
    assert_eq!(platform(&CHINESE, "alipay_qr"), "支付宝");
    assert_eq!(platform(&ENGLISH, "another"), "another");
}
