//! The HTML pages of the sandbox's checkout.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use crate::sandbox::notification::CURRENCY;
use crate::sandbox::trade::{Status, Trade};
use crate::web::component::money;
use crate::web::language::Words;
use crate::web::sheet::Sheet;

/// Addresses on the page.
#[derive(Debug, Clone, Copy)]
pub struct Paths<'a> {
    /// The page itself.
    pub own: &'a str,
    /// The shop's page of the payment.
    pub of_payment: &'a str,
}

/// The checkout page: the amount, the merchant and the buttons, or the outcome if the trade has ended.
#[must_use]
pub fn checkout(words: &'static Words, trade: &Trade, merchant_id: &str, paths: &Paths<'_>) -> HttpResponse {
    let content = content(words, trade, merchant_id, paths);
    let (title, eyebrow) = (title(words, trade.status), words.pay_page.sandbox_checkout);
    Sheet { words, path: paths.own, title, eyebrow, content }.respond(StatusCode::OK)
}

/// The page for a trade that does not exist.
#[must_use]
pub fn not_found(words: &'static Words) -> HttpResponse {
    let texts = &words.pay_page;
    message(words, StatusCode::NOT_FOUND, texts.missing, texts.missing_text)
}

/// The page for a platform that cannot answer at the moment.
#[must_use]
pub fn unavailable(words: &'static Words) -> HttpResponse {
    let texts = &words.pay_page;
    message(words, StatusCode::SERVICE_UNAVAILABLE, texts.unavailable, texts.platform_busy)
}

fn message(words: &'static Words, status: StatusCode, title: &'static str, text: &str) -> HttpResponse {
    let content = html! { p { (text) } };
    Sheet { words, path: "/", title, eyebrow: words.pay_page.sandbox_checkout, content }.respond(status)
}

const fn title(words: &Words, status: Status) -> &'static str {
    let texts = &words.pay_page;
    match status {
        Status::Open => texts.confirm,
        Status::Paid => texts.paid,
        Status::Declined => texts.declined,
        Status::Closed => texts.closed,
    }
}

fn content(words: &Words, trade: &Trade, merchant_id: &str, paths: &Paths<'_>) -> Markup {
    let (texts, path) = (&words.pay_page, paths.own);
    html! {
        p.amount { (money(trade.amount)) " " small { (CURRENCY) } }
        dl {
            dt { (texts.pay_to) } dd { (merchant_id) }
            dt { (texts.payment) } dd { (trade.out_trade_no) }
            dt { (texts.trade) } dd { (trade.trade_no) }
        }
        @match trade.status {
            Status::Open => div.choice {
                form method="post" action=(format!("{path}/pay")) { button.go { (texts.pay) } }
                form method="post" action=(format!("{path}/decline")) { button { (texts.decline) } }
            },
            Status::Paid => { p.outcome.paid role="status" { (texts.paid_text) } (back(words, trade, paths)) }
            Status::Declined => {
                p.outcome.declined role="status" { (texts.declined_text) }
                (again(words, paths))
                (back(words, trade, paths))
            }
            Status::Closed => {
                p.outcome.closed role="status" { (texts.closed_text) }
                (again(words, paths))
                (back(words, trade, paths))
            }
        }
        p.note { (texts.no_money) }
    }
}

/// The link to the shop's page of the payment, where the customer can try again.
fn again(words: &Words, paths: &Paths<'_>) -> Markup {
    html! { p { a.button.go href=(paths.of_payment) { (words.pay_page.again) } } }
}

/// The link back to the shop; to its page of the payment if it has not said where.
fn back(words: &Words, trade: &Trade, paths: &Paths<'_>) -> Markup {
    let url = trade.return_url.as_deref().unwrap_or(paths.of_payment);
    html! { p { a.button href=(url) { (words.pay_page.back) } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;
    use crate::web::language::ENGLISH;

    fn page(status: Status, out_trade_no: &str, merchant_id: &str) -> String {
        let trade = Trade {
            out_trade_no: out_trade_no.to_owned(),
            trade_no: "sb1".to_owned(),
            status,
            amount: Money::from_minor(88_000),
            charged: Money::ZERO,
            refunded: Money::ZERO,
            provider: "sandbox".to_owned(),
            pay_time: None,
            return_url: Some("https://shop.example.com/?a=1&b=\"".to_owned()),
            deliveries: Vec::new(),
        };
        let own = format!("/sandbox/checkout/{out_trade_no}");
        let of_payment = format!("/pay/{out_trade_no}");
        content(&ENGLISH, &trade, merchant_id, &Paths { own: &own, of_payment: &of_payment }).into_string()
    }

    #[test]
    fn the_page_of_an_open_trade_shows_amount_merchant_and_two_buttons() {
        let page = page(Status::Open, "77", "tradepost-demo");
        assert!(page.contains("880.00</span> <small>CNY") && page.contains("tradepost-demo"));
        assert!(page.contains("action=\"/sandbox/checkout/77/pay\"") && page.contains("/sandbox/checkout/77/decline"));
        assert_eq!(page.matches("<button").count(), 2);
    }

    #[test]
    fn the_page_of_an_ended_trade_shows_the_outcome_and_no_buttons() {
        for (status, text) in [
            (Status::Paid, "Paid. You can go back to the shop."),
            (Status::Declined, "Declined."),
            (Status::Closed, "Closed."),
        ] {
            let page = page(status, "77", "m");
            assert!(page.contains(text) && !page.contains("<button"), "{status}");
            assert!(page.contains("href=\"https://shop.example.com/?a=1&amp;b=&quot;\""), "{page}");
            assert_eq!(page.contains("href=\"/pay/77\""), status != Status::Paid, "{page}");
        }
    }

    #[test]
    fn ids_are_escaped() {
        let page = page(Status::Open, "\"><script>alert(1)</script>", "<b>'&");
        assert!(!page.contains("<script") && page.contains("&lt;b&gt;'&amp;"), "{page}");
    }
}
