//! The content of the payment page.

use maud::{Markup, PreEscaped, html};

use super::qr_code;
use crate::domain::clock::Timestamp;
use crate::domain::money::CURRENCY;
use crate::domain::order::Line;
use crate::gateway::Checkout;
use crate::gateway::checkout::JsapiParams;
use crate::pay::message::{Payment, Status};
use crate::web::component::{moment, money};
use crate::web::language::Words;
use crate::web::live;

/// Everything that the page shows.
pub struct View<'a> {
    /// The payment.
    pub payment: &'a Payment,
    /// Path of the page.
    pub path: &'a str,
    /// Lines of the order; empty if they are not known.
    pub lines: &'a [Line],
    /// Time of the page.
    pub now: Timestamp,
    /// Whether WeChat's payment dialog was opened already.
    pub was_invoked: bool,
    /// Whether a payment that is closed can be started again.
    pub can_be_paid_again: bool,
    /// The state that the page shows, as [`live`] compares it.
    pub state: &'a str,
}

/// Title of the page.
#[must_use]
pub const fn title(words: &Words, status: Status) -> &'static str {
    let texts = &words.pay_page;
    match status {
        Status::Unpaid => texts.open,
        Status::Paid => texts.paid,
        Status::Closed => texts.closed,
        Status::Refunded => texts.refunded,
    }
}

/// Display name of a platform.
#[must_use]
pub fn platform(words: &Words, provider: &str) -> String {
    match provider {
        "alipay" | "alipay_qr" => words.pay_page.alipay.to_owned(),
        "wechat" | "wechat_jsapi" | "wechat_h5" => words.pay_page.wechat.to_owned(),
        "sandbox" => words.pay_page.sandbox.to_owned(),
        other => other.to_owned(),
    }
}

/// Everything below the title.
#[must_use]
pub fn content(words: &Words, view: &View<'_>) -> Markup {
    let (texts, payment) = (&words.pay_page, view.payment);
    html! {
        p.amount { (money(payment.pay_amount)) " " small { (CURRENCY) } }
        (facts(words, view))
        @match payment.status {
            Status::Unpaid => (open(words, view)),
            Status::Paid => { (outcome("paid", texts.paid_text)) (back(words, payment)) }
            Status::Closed => {
                (outcome("closed", texts.closed_text))
                @if view.can_be_paid_again {
                    form method="post" action=(format!("{}/again", view.path)) {
                        button.go { (texts.again) }
                    }
                } @else {
                    p { (texts.over) }
                }
                (back(words, payment))
            }
            Status::Refunded => { (outcome("closed", texts.refunded_text)) (back(words, payment)) }
        }
    }
}

/// Goods, and the ids of order and payment.
fn facts(words: &Words, view: &View<'_>) -> Markup {
    let (texts, payment) = (&words.pay_page, view.payment);
    html! {
        dl {
            @if !view.lines.is_empty() {
                dt { (texts.bought) }
                dd.of { ul { @for line in view.lines {
                    li { span { (name(line)) " × " (line.goods_number.get()) } (money(line.goods_price)) }
                } } }
            }
            dt { (texts.order) } dd { (payment.order_id) }
            dt { (texts.payment) } dd { (payment.pay_id) }
        }
    }
}

fn name(line: &Line) -> String {
    line.goods_name.clone().unwrap_or_else(|| line.goods_id.to_string())
}

/// How to pay a payment that is open, and how long that is possible.
fn open(words: &Words, view: &View<'_>) -> Markup {
    let payment = view.payment;
    // Loading the page again would open the dialog a second time while the first is still shown.
    let opens_dialog = matches!(payment.checkout, Some(Checkout::Jsapi { .. })) && !view.was_invoked;
    html! {
        @match &payment.checkout {
            None => p role="status" { (words.pay_page.preparing) },
            Some(Checkout::Redirect { url }) => p { a.button.go href=(url) { (words.pay_page.go) } },
            Some(Checkout::QrCode { url }) => (scan(words, url)),
            Some(Checkout::Jsapi { params }) => (inside_wechat(words, params)),
        }
        (time_left(words, view))
        (back(words, payment))
        @if !opens_dialog { (live::follow(view.path, view.state)) }
    }
}

/// The end of the time to pay. The script shows the time that is left beside it.
fn time_left(words: &Words, view: &View<'_>) -> Markup {
    let texts = &words.pay_page;
    html! {
        @if let Some(end) = view.payment.pay_before {
            p.note {
                (texts.pay_before) " " (moment(end)) " "
                span role="timer" hidden data-left=(end.since(view.now).as_secs()) data-label=(texts.time_left)
                    data-over=(texts.time_over) {}
            }
        }
    }
}

fn outcome(class: &str, text: &str) -> Markup {
    html! { p.outcome.(class) role="status" { (text) } }
}

/// The link back to the shop, if the shop front has said where that is.
fn back(words: &Words, payment: &Payment) -> Markup {
    html! {
        @if let Some(url) = &payment.return_url { p { a.button href=(url) { (words.pay_page.back) } } }
    }
}

fn scan(words: &Words, url: &str) -> Markup {
    let Some(picture) = qr_code::picture(url) else {
        return html! { p role="status" { (words.pay_page.preparing) } };
    };
    html! {
        div.code role="img" aria-label=(words.pay_page.qr_code) { (PreEscaped(picture)) }
        p.note { (words.pay_page.scan) }
    }
}

fn inside_wechat(words: &Words, params: &JsapiParams) -> Markup {
    let params = serde_json::to_string(params).unwrap_or_default();
    html! {
        form { button.go type="button" data-params=(params) { (words.pay_page.pay) } }
        p.note { (words.pay_page.inside_wechat) }
    }
}

#[cfg(test)]
mod tests;
