//! A response of the application.

use awc::http::header::HeaderMap;
use serde_json::Value;

/// Status, headers and body. `body` is `Null` unless `text` is JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    /// The answer itself. The test fails with the text if the status is another one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The answer to a start of a payment: 201 if the payment is new, 200 if it was open already.
    #[track_caller]
    pub fn expect_started(self) -> Self {
        assert!([200, 201].contains(&self.status), "{}: {}", self.status, self.text);
        self
    }

    /// The answer itself. The test fails with the text unless it is a problem with this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
        assert_eq!(answer.body["code"], code, "{}", answer.text);
        answer
    }

    /// The value of a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A string field of the body.
    #[track_caller]
    pub fn text_of(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no text {field} in {}", self.text)).to_owned()
    }
}
