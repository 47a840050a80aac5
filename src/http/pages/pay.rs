//! `/pay/{id}`: the payment page, the same address for every platform. It shows how to pay, and then the status of the
//! payment. The payment's id is the only credential: the page shows no more than the platform's own page would.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use qrcode::QrCode;
use qrcode::render::svg;

use super::html::{PLAIN, document, escaped, outcome, page};
use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::money::CURRENCY;
use crate::gateway::Checkout;
use crate::gateway::checkout::JsapiParams;
use crate::http::extract::path::PathId;
use crate::http::problem::Problem;
use crate::http::state::State;
use crate::pay;
use crate::pay::message::{Payment, Status};

/// Reloads the page every 3 seconds while the payment is open.
const REFRESH: &str = "<meta http-equiv=\"refresh\" content=\"3\">\n";
/// Query string that the script adds to the address after it invoked WeChat's payment dialog.
const INVOKED: &str = "asked";
const SCRIPT: &str = include_str!("pay.js");
/// Content security policy: that of [`PLAIN`] without forms, and with the script for WeChat's payment dialog.
const WITH_SCRIPT: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; frame-ancestors 'none'";

/// `GET /pay/{id}`
pub async fn show(req: HttpRequest, state: web::Data<State>, id: Result<PathId<id::Pay>, Problem>) -> HttpResponse {
    let Ok(PathId(pay_id)) = id else { return not_found() };
    match ask(&state.owners.pay, pay::message::FindAny { pay_id }).await {
        Ok(Some(found)) => {
            page(StatusCode::OK, policy(&found.payment), render(&found.payment, req.query_string() == INVOKED))
        }
        Ok(None) => not_found(),
        Err(_) => {
            let text = message(REFRESH, "Please wait", "The shop is busy. This page looks again by itself.");
            page(StatusCode::SERVICE_UNAVAILABLE, PLAIN, text)
        }
    }
}

/// `GET /pay/page.js`
pub async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(SCRIPT)
}

fn not_found() -> HttpResponse {
    let text = "The address may be incomplete. Go back to the shop and try again from there.";
    page(StatusCode::NOT_FOUND, PLAIN, message("", "No such payment", text))
}

fn message(head: &str, title: &str, text: &str) -> String {
    document(title, head, &format!("<h1>{title}</h1>\n<p>{text}</p>"))
}

fn policy(payment: &Payment) -> &'static str {
    match (payment.status, &payment.checkout) {
        (Status::Unpaid, Some(Checkout::Jsapi { .. })) => WITH_SCRIPT,
        _ => PLAIN,
    }
}

/// The page of a payment. `was_invoked` says that WeChat's payment dialog was opened already.
#[must_use]
pub fn render(payment: &Payment, was_invoked: bool) -> String {
    let (title, content) = match payment.status {
        Status::Unpaid => ("Pay your order", payment.checkout.as_ref().map_or_else(preparing, instructions)),
        Status::Paid => ("Payment complete", outcome("paid", "Paid. You can go back to the shop.") + &back(payment)),
        Status::Closed => {
            let text = "Closed. This payment can no longer be made; nothing was charged.";
            ("Payment closed", outcome("closed", text) + &back(payment))
        }
        Status::Refunded => ("Payment refunded", outcome("closed", "The money has gone back to you.")),
    };
    // A reload would run the script again, and open the dialog a second time while the first is still shown.
    let opens_dialog = matches!(payment.checkout, Some(Checkout::Jsapi { .. })) && !was_invoked;
    let head = if payment.status == Status::Unpaid && !opens_dialog { REFRESH } else { "" };
    let body = format!(
        "<p class=\"eyebrow\">{platform}</p>\n<h1>{title}</h1>\n\
         <p class=\"amount\">{amount} <small>{CURRENCY}</small></p>\n\
         <dl>\n<dt>Order</dt><dd>{order_id}</dd>\n<dt>Payment</dt><dd>{pay_id}</dd>\n</dl>\n{content}",
        platform = platform(&payment.provider),
        amount = payment.pay_amount,
        order_id = payment.order_id,
        pay_id = payment.pay_id,
    );
    document(title, head, &body)
}

/// The link back to the shop, if the shop front has said where that is.
fn back(payment: &Payment) -> String {
    let link = |url| format!("\n<p><a class=\"go\" href=\"{}\">Back to the shop</a></p>", escaped(url));
    payment.return_url.as_deref().map(link).unwrap_or_default()
}

/// Display name of a platform.
fn platform(provider: &str) -> String {
    match provider {
        "alipay" | "alipay_qr" => "Alipay".to_owned(),
        "wechat" | "wechat_jsapi" | "wechat_h5" => "WeChat Pay".to_owned(),
        "sandbox" => "Sandbox".to_owned(),
        other => escaped(other),
    }
}

fn preparing() -> String {
    "<p role=\"status\">The payment is being prepared.</p>".to_owned()
}

/// Markup that shows how to pay.
fn instructions(checkout: &Checkout) -> String {
    match checkout {
        Checkout::Redirect { url } => format!("<a class=\"go\" href=\"{}\">Go to the payment</a>", escaped(url)),
        Checkout::QrCode { url } => scan(url),
        Checkout::Jsapi { params } => inside_wechat(params),
    }
}

fn scan(url: &str) -> String {
    let Ok(code) = QrCode::new(url) else { return preparing() };
    let picture = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    // Inline SVG must not contain the XML declaration of a file.
    let picture = picture.find("<svg").and_then(|at| picture.get(at..)).unwrap_or_default();
    format!(
        "<div class=\"code\" role=\"img\" aria-label=\"QR code of the payment\">{picture}</div>\n\
         <p class=\"note\">Scan it with the platform's app. This page then shows that it is paid.</p>"
    )
}

fn inside_wechat(params: &JsapiParams) -> String {
    let params = serde_json::to_string(params).unwrap_or_default();
    format!(
        "<button class=\"go\" id=\"pay\" type=\"button\" data-params=\"{}\">Pay</button>\n\
         <p class=\"note\">Open this page inside WeChat.</p>\n<script src=\"/pay/page.js\"></script>",
        escaped(&params)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::id::{OrderId, PayId};
    use crate::domain::money::Money;

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
            pay_before: None,
            return_url: None,
            expire_time: None,
        }
    }

    fn url() -> String {
        "weixin://wxpay/bizpayurl?pr=abc\"<".to_owned()
    }

    #[test]
    fn the_page_of_an_open_payment_shows_how_to_pay_and_reloads() {
        for (checkout, shown) in [
            (None, "being prepared"),
            (Some(Checkout::Redirect { url: url() }), "href=\"weixin://wxpay/bizpayurl?pr=abc&quot;&lt;\""),
            (Some(Checkout::QrCode { url: url() }), "<svg"),
        ] {
            let page = render(&payment(Status::Unpaid, checkout), false);
            assert!(page.contains(shown) && page.contains("http-equiv=\"refresh\""), "{page}");
            assert!(page.contains("880.00 <small>CNY") && page.contains("WeChat Pay"));
            assert!(!page.contains("<?xml") && !page.contains("<script"));
        }
    }

    #[test]
    fn the_page_of_a_finished_payment_shows_only_the_outcome() {
        for (status, text) in
            [(Status::Paid, "Paid."), (Status::Closed, "Closed."), (Status::Refunded, "has gone back")]
        {
            let page = render(&payment(status, Some(Checkout::QrCode { url: url() })), false);
            assert!(page.contains(text) && !page.contains("<svg") && !page.contains("refresh"), "{page}");
        }
    }

    #[test]
    fn inside_wechat_the_page_opens_the_dialog_once_and_then_reloads() {
        let params = JsapiParams {
            app_id: "wx1".to_owned(),
            time_stamp: "1760000000".to_owned(),
            nonce_str: "n".to_owned(),
            package: "prepay_id=wx2".to_owned(),
            sign_type: "RSA".to_owned(),
            pay_sign: "s+/=".to_owned(),
        };
        let open = payment(Status::Unpaid, Some(Checkout::Jsapi { params }));
        assert!(render(&open, false).contains("data-params=\"{&quot;appId&quot;:&quot;wx1&quot;"));
        assert_eq!([false, true].map(|was_invoked| render(&open, was_invoked).contains("refresh")), [false, true]);
        assert_eq!(policy(&open), WITH_SCRIPT);
        assert_eq!(policy(&payment(Status::Paid, open.checkout.clone())), PLAIN);
    }
}
