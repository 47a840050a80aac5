//! Another system that receives events: its endpoint, and what an administrator sees of it.

use awc::http::Method;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Answer, ReceivedRequest, RecordingServer, TestApp};

const WEBHOOKS: &str = "/admin/webhooks";
/// Settings under which the tests' own servers may get events.
pub const ALLOWED: [(&str, &str); 2] =
    [("WEBHOOKS__ALLOW_HTTP", "true"), ("WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "true")];

/// An endpoint, as the administrator who created it knows it.
#[derive(Debug)]
pub struct Endpoint {
    pub id: String,
    pub secret: String,
}

impl Endpoint {
    /// The path of the endpoint, with something after it.
    pub fn path(&self, rest: &str) -> String {
        format!("{WEBHOOKS}/{}{rest}", self.id)
    }
}

/// The value of a header; empty if it is missing.
pub fn header<'a>(request: &'a ReceivedRequest, name: &str) -> &'a str {
    request.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
}

/// The ids of the events that were received, in the order of their arrival.
pub fn received_ids(server: &RecordingServer) -> Vec<String> {
    server.requests().iter().map(|request| header(request, "webhook-id").to_owned()).collect()
}

/// The number of signatures that the secret verifies.
pub fn verified(request: &ReceivedRequest, secret: &str) -> usize {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = [header(request, "webhook-id"), header(request, "webhook-timestamp")].join(".");
    let signed = [signed.as_bytes(), b".", &request.body].concat();
    let is_valid = |signature: &&str| {
        let signature = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        verify(&Key::new(HMAC_SHA256, &key), &signed, &signature).is_ok()
    };
    header(request, "webhook-signature").split(' ').filter(is_valid).count()
}

impl TestApp {
    /// Creates an endpoint for events of these types, all if there are none.
    pub async fn endpoint(&self, url: &str, event_types: &[&str]) -> Endpoint {
        let body = json!({"url": url, "event_types": event_types});
        let created = self.post(WEBHOOKS, &self.admin().await, body).await.expect(201);
        Endpoint { id: created.text_of("webhook_id"), secret: created.text_of("secret") }
    }

    /// Sends an event that says nothing; returns its delivery.
    pub async fn try_endpoint(&self, endpoint: &Endpoint) -> Answer {
        let delivery = self.post(&endpoint.path("/test"), &self.admin().await, json!({})).await.expect(202);
        self.settle().await;
        delivery
    }

    /// Makes all events visible and sends them.
    pub async fn send_events(&mut self) {
        self.publish().await;
        self.settle().await;
    }

    /// The endpoint as administrators see it.
    pub async fn webhook(&self, endpoint: &Endpoint) -> Value {
        self.get(&endpoint.path(""), &self.admin().await).await.expect(200).body
    }

    /// Changes an endpoint.
    pub async fn change_webhook(&self, endpoint: &Endpoint, change: Value) -> Answer {
        self.send(Method::PATCH, &endpoint.path(""), &self.admin().await, &[], Some(&change)).await
    }

    /// The deliveries of an endpoint in this state, newest first; of any state if it is empty.
    pub async fn webhook_deliveries(&self, endpoint: &Endpoint, status: &str) -> Vec<Value> {
        let filter = if status.is_empty() { String::new() } else { format!("&status={status}") };
        let path = endpoint.path(&format!("/deliveries?limit=100{filter}"));
        let page = self.get(&path, &self.admin().await).await.expect(200);
        page.body["items"].as_array().unwrap().clone()
    }
}
