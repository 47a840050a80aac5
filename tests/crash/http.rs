//! HTTP requests to a server that may be gone.

use std::time::Duration;

use awc::http::Method;
use serde_json::Value;

/// A client of one server.
#[derive(Clone)]
pub struct Http {
    client: awc::Client,
    url: String,
}

/// A complete answer, or an error after which the outcome of the request is unknown.
#[derive(Debug)]
pub enum Reply {
    Answer(u16, Value),
    Broken(String),
}

impl Reply {
    /// The body, if the status is `expected`. The test fails otherwise.
    #[track_caller]
    pub fn expect(self, expected: u16) -> Value {
        match self {
            Self::Answer(status, body) if status == expected => body,
            other => panic!("expected {expected}, got {other:?}"),
        }
    }
}

impl Http {
    pub fn new(url: &str) -> Self {
        let client = awc::Client::builder().timeout(Duration::from_secs(20)).disable_redirects().finish();
        Self { client, url: url.to_owned() }
    }

    async fn send(&self, method: Method, path: &str, token: &str, key: &str, body: Option<&Value>) -> Reply {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        if !key.is_empty() {
            request = request.insert_header(("idempotency-key", key));
        }
        let sent = match body {
            Some(body) => request.send_json(body).await,
            None => request.send().await,
        };
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => return Reply::Broken(error.to_string()),
        };
        match response.body().limit(4 << 20).await {
            Ok(bytes) => {
                Reply::Answer(response.status().as_u16(), serde_json::from_slice(&bytes).unwrap_or(Value::Null))
            }
            Err(error) => Reply::Broken(error.to_string()),
        }
    }

    pub async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(Method::GET, path, token, "", None).await
    }

    pub async fn post(&self, path: &str, token: &str, key: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, token, key, Some(body)).await
    }
}
