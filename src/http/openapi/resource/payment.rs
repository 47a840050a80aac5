//! Payments of a customer, and the page on which they are made.

use serde_json::{Value, json};
use utoipa::openapi::Schema;

use super::Resource;
use crate::http::openapi::operation::{REPLAYED, Route, get, post};
use crate::http::openapi::schema::{
    Component, Fields, extended, flag, id, kinds, list, money, named, object, or_null, page_of, pattern, provider,
    text, ticket, time, words,
};
use crate::http::openapi::word::{CHECKOUT_KINDS, CURRENCIES, PAYMENT_STATUS as STATUS, REFUND_STATUS};
use crate::http::problem::Code;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Payments",
    about: "Payments of the signed-in user's orders at payment platforms.",
    routes,
    schemas,
};

const HTML: &str = "text/html; charset=utf-8";

fn routes() -> Vec<Route> {
    vec![
        get("/v1/payment-methods", "listPaymentMethods", "Lists how customers can pay").answers(
            200,
            "PaymentMethods",
            "The platforms of this shop.",
        ),
        get("/v1/payments", "listPayments", "Lists the payments of the user")
            .for_customers()
            .query("order_id", id(), "Only payments of this order.")
            .paged()
            .answers(200, "OwnPaymentPage", "The payments."),
        post("/v1/payments", "startPayment", "Starts the payment of an order at a platform")
            .about("A second request for the same platform returns the payment that is open there.")
            .for_customers()
            .needs_key()
            .body("NewPayment")
            .answers(200, "OwnPayment", "The payment was open already, by a request with another key.")
            .with_header("Location")
            .with_header(REPLAYED)
            .answers(201, "OwnPayment", "The payment is open.")
            .with_header("Location")
            .with_header(REPLAYED)
            .answers(202, "OwnPayment", "The platform has not answered yet. `Location` shows the payment.")
            .with_header("Location")
            .with_header(REPLAYED)
            .refuses(&[Code::NotFound, Code::OrderNotPayable, Code::PlatformUnavailable]),
        get("/v1/payments/{id}", "getPayment", "Shows a payment").for_customers().answers(
            200,
            "OwnPayment",
            "The payment.",
        ),
        post("/v1/payments/{id}/close", "closePayment", "Closes an open payment, here and at its platform")
            .for_customers()
            .no_body()
            .answers(200, "OwnPayment", "The closed payment.")
            .refuses(&[Code::PaymentNotClosable]),
        get("/pay/{ticket}", "showPayPage", "The page on which a customer pays")
            .path_parameter("ticket", ticket(), "The last part of `page_path` of a payment.")
            .about("It shows goods, amount, order and state to anyone who knows its address, and nothing about the customer.")
            .shows(200, HTML, "The page.")
            .refuses(&[Code::NotFound])
            .shows(404, HTML, "A page that says that there is no such payment.")
            .shows(503, HTML, "A page that reloads itself."),
        get("/pay/page.js", "getPayScript", "The script that the page needs inside WeChat").shows(
            200,
            "text/javascript; charset=utf-8",
            "The script.",
        ),
    ]
}

fn schemas() -> Vec<Component> {
    vec![
        (
            "NewPayment",
            object("A payment to be started.")
                .has("order_id", id(), "The order to pay.")
                .has("provider", provider(), "A platform of this shop, such as `sandbox` or `alipay`.")
                .may_have(
                    "payer",
                    or_null(pattern("^[A-Za-z0-9_-]{1,128}$").into()),
                    "The customer at the platform; required by `wechat_jsapi`, where it is the openid.",
                )
                .may_have(
                    "return_url",
                    or_null(text()),
                    "The page to which the customer goes afterwards, on an allowed origin.",
                )
                .sent_as(json!({"order_id": "384343533072416768", "provider": "sandbox"})),
        ),
        ("PaymentMethod", method()),
        (
            "PaymentMethods",
            object("How customers can pay.")
                .has("items", list(named("PaymentMethod")), "")
                .shown_as(json!({"items": [method_example()]})),
        ),
        ("Checkout", checkout()),
        ("RedirectCheckout", checkout_at("redirect", "Send the browser to `url`.", "https://pay.example/1")),
        ("QrCodeCheckout", checkout_at("qr_code", "Show `url` as a QR code.", "weixin://wxpay/bizpayurl?pr=1")),
        ("JsapiCheckout", jsapi_checkout()),
        ("JsapiParams", jsapi_params()),
        ("PaymentRefund", refund()),
        ("Payment", payment()),
        ("PaymentPage", page_of("Payment", &example())),
        ("OwnPayment", own_payment()),
        ("OwnPaymentPage", page_of("OwnPayment", &own_example())),
    ]
}

fn method_example() -> Value {
    json!({"provider": "alipay", "checkout": "redirect", "needs_payer": false, "takes_return_url": true,
        "state": "up", "since": null})
}

fn method() -> Schema {
    object("A way to pay.")
        .has("provider", text(), "The name, for `POST /v1/payments`.")
        .has("checkout", words(CHECKOUT_KINDS), "The kind of its checkout.")
        .has("needs_payer", flag(), "Whether `payer` is required.")
        .has("takes_return_url", flag(), "Whether the platform sends the customer to `return_url`.")
        .has("state", words(&["up", "slow", "down"]), "Whether the platform answers.")
        .has("since", or_null(time()), "Since when it is slow or down.")
        .shown_as(method_example())
}

fn checkout() -> Schema {
    let parts = ["RedirectCheckout", "QrCodeCheckout", "JsapiCheckout"].map(named);
    kinds("How the customer pays.", parts, json!({"kind": "redirect", "url": "https://pay.example/1"}))
}

/// A checkout with an address.
fn checkout_at(kind: &str, about: &str, url: &str) -> Schema {
    object(about)
        .has("kind", words(&[kind]), "")
        .has("url", text(), "The address.")
        .shown_as(json!({"kind": kind, "url": url}))
}

fn jsapi_checkout() -> Schema {
    object("Call `getBrandWCPayRequest` inside WeChat.")
        .has("kind", words(&["jsapi"]), "")
        .has("params", named("JsapiParams"), "The arguments of the call.")
        .shown_as(json!({"kind": "jsapi", "params": jsapi_example()}))
}

fn jsapi_example() -> Value {
    json!({
        "appId": "wx1", "timeStamp": "1795701839", "nonceStr": "n", "package": "prepay_id=wx2", "signType": "RSA",
        "paySign": "…"
    })
}

fn jsapi_params() -> Schema {
    let names = ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"];
    let fields = object("The arguments of `getBrandWCPayRequest`.");
    names.iter().fold(fields, |fields, name| fields.has(name, text(), "")).shown_as(jsapi_example())
}

fn refund() -> Schema {
    object("A refund of a payment.")
        .has("refund_id", id(), "")
        .has("amount", money(), "")
        .has("status", words(REFUND_STATUS), "A `parked` refund waits for an operator.")
        .has("by_platform", flag(), "Whether the platform made it by itself.")
        .has("reason", text(), "The customer's reason or the words of the shop; for administrators, the reason.")
        .has("create_time", time(), "When it was requested.")
        .has("done_time", or_null(time()), "When the platform confirmed it.")
        .shown_as(json!({"refund_id": "384550094389510144", "amount": "880.00", "status": "done",
            "by_platform": false, "reason": "It is too small", "create_time": "2026-11-26T14:03:59.010Z",
            "done_time": "2026-11-26T14:04:02.500Z"}))
}

fn payment() -> Schema {
    fields("A payment of an order at a platform.").shown_as(example())
}

fn own_payment() -> Schema {
    fields("A payment, as its customer sees it.")
        .has("page_path", text(), "The path of the page on which it is paid. It cannot be guessed.")
        .shown_as(own_example())
}

fn own_example() -> Value {
    extended(example(), "page_path", json!("/pay/384343533089193984-5f0e1c9a7b3d4c2e8f6a0b1c2d3e4f50"))
}

fn fields(about: &str) -> Fields {
    object(about)
        .has("pay_id", id(), "")
        .has("order_id", id(), "The order that it pays.")
        .has("pay_amount", money(), "The amount to pay.")
        .has("currency", words(CURRENCIES), "The currency of all amounts.")
        .has("provider", text(), "The platform.")
        .has("status", words(STATUS), "")
        .has("checkout", or_null(named("Checkout")), "How to pay; `null` until the platform has answered.")
        .has("add_time", time(), "When it was started.")
        .has("pay_before", or_null(time()), "Until when it can be paid; `null` if it is not open.")
        .has("return_url", or_null(text()), "The page to which the customer goes afterwards.")
        .has("refunded_amount", money(), "The sum of the refunds that are done.")
        .has("refunds", list(named("PaymentRefund")), "The refunds, oldest first.")
}

/// The example of a payment.
#[must_use]
pub fn example() -> Value {
    json!({"pay_id": "384343533089193984", "order_id": "384343533072416768", "pay_amount": "880.00",
        "provider": "alipay", "status": "unpaid", "checkout": {"kind": "redirect", "url": "https://pay.example/1"},
        "add_time": "2026-11-26T14:03:59.010Z", "currency": "CNY",
        "pay_before": "2026-11-26T14:33:59.010Z", "return_url": null, "refunded_amount": "0.00", "refunds": []})
}
