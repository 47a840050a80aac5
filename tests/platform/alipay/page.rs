//! The checkout page, and its error page. Only the buyer sees them.

use crate::platform::front::Answer;
use crate::platform::server::HttpAnswer;

pub const METHOD: &str = "alipay.trade.page.pay";

/// A page in the buyer's browser.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub content_type: String,
    pub html: String,
}

impl Page {
    /// Whether the buyer can pay on this page.
    pub fn is_good(&self) -> bool {
        self.status == 200 && self.html.contains("<form id=\"pay\"")
    }
}

/// Writes a page. It is declared as GBK; its text is ASCII, which is the same in GBK.
pub fn write(answer: &Answer) -> HttpAnswer {
    let body = match answer.verdict.as_str() {
        "ok" => "<form id=\"pay\" method=\"post\"><button>Pay</button></form>".to_owned(),
        code => format!("<p class=\"error\">{code}</p>"),
    };
    let html = format!("<!DOCTYPE html><html><head><title>Alipay</title></head><body>{body}</body></html>");
    let headers = vec![("content-type", "text/html;charset=GBK".to_owned())];
    HttpAnswer { status: 200, headers, body: html.into_bytes() }
}
