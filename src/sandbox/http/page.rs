//! The HTML pages of the sandbox's checkout. They have no scripts.

use crate::http::pages::html::{document, escaped, outcome};
use crate::sandbox::notification::CURRENCY;
use crate::sandbox::trade::{Status, Trade};

/// The checkout page: the amount, the merchant and the buttons, or the outcome if the trade has ended.
#[must_use]
pub fn checkout(trade: &Trade, merchant_id: &str) -> String {
    let (title, end) = match trade.status {
        Status::Open => ("Confirm your payment", choice(trade)),
        Status::Paid => ("Payment complete", outcome("paid", "Paid. You can go back to the shop.") + &back(trade)),
        Status::Declined => ("Payment declined", outcome("declined", "Declined. Nothing was charged.") + &back(trade)),
        Status::Closed => {
            ("Payment closed", outcome("closed", "Closed. This payment can no longer be made.") + &back(trade))
        }
    };
    let body = format!(
        "<p class=\"eyebrow\">Sandbox checkout</p>\n<h1>{title}</h1>\n\
         <p class=\"amount\">{amount} <small>{CURRENCY}</small></p>\n\
         <dl>\n<dt>Pay to</dt><dd>{merchant}</dd>\n<dt>Payment</dt><dd>{out_trade_no}</dd>\n\
         <dt>Trade</dt><dd>{trade_no}</dd>\n</dl>\n{end}\n\
         <p class=\"note\">This is a test platform. No real money moves.</p>",
        amount = trade.amount,
        merchant = escaped(merchant_id),
        out_trade_no = escaped(&trade.out_trade_no),
        trade_no = escaped(&trade.trade_no),
    );
    document(&format!("{title} · Sandbox"), "", &body)
}

/// The page for a trade that does not exist.
#[must_use]
pub fn not_found() -> String {
    message("No such payment", "The address may be incomplete. Go back to the shop and try again from there.")
}

/// The page for a platform that cannot answer at the moment.
#[must_use]
pub fn unavailable() -> String {
    message("Please try again", "The platform is busy. Reload this page to see how the payment stands.")
}

/// The link back to the shop, if it has said where that is.
fn back(trade: &Trade) -> String {
    let link = |url| format!("\n<p><a class=\"go\" href=\"{}\">Back to the shop</a></p>", escaped(url));
    trade.return_url.as_deref().map(link).unwrap_or_default()
}

fn choice(trade: &Trade) -> String {
    let action = format!("/sandbox/checkout/{}", escaped(&trade.out_trade_no));
    format!(
        "<div class=\"choice\">\n\
         <form method=\"post\" action=\"{action}/pay\"><button class=\"go\" type=\"submit\">Pay</button></form>\n\
         <form method=\"post\" action=\"{action}/decline\"><button type=\"submit\">Decline</button></form>\n</div>"
    )
}

fn message(title: &str, text: &str) -> String {
    document(
        &format!("{title} · Sandbox"),
        "",
        &format!("<p class=\"eyebrow\">Sandbox checkout</p>\n<h1>{title}</h1>\n<p>{text}</p>"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;

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
        checkout(&trade, merchant_id)
    }

    #[test]
    fn the_page_of_an_open_trade_shows_amount_merchant_and_two_buttons() {
        let page = page(Status::Open, "77", "tradepost-demo");
        assert!(page.contains("880.00 <small>CNY") && page.contains("tradepost-demo"));
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
        }
    }

    #[test]
    fn ids_are_escaped() {
        let page = page(Status::Open, "\"><script>alert(1)</script>", "<b>'&");
        assert!(!page.contains("<script") && page.contains("&lt;b&gt;&#39;&amp;"));
    }
}
