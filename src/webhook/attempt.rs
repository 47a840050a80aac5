//! One attempt to deliver an event.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use awc::error::{ConnectError, SendRequestError};
use awc::http::Version;

use super::secret::{Message, Secrets};
use crate::domain::clock::Timestamp;
use crate::domain::id::WebhookId;
use crate::domain::webhook::{UrlRefusal, UrlRules, WebhookUrl, permitted};
use crate::messaging::feed::cloud_event::MEDIA;

const USER_AGENT: &str = concat!("tradepost/", env!("CARGO_PKG_VERSION"));
/// Maximum number of bytes of an answer that are read, so that the connection can be used again. They mean nothing.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// How long the rest of an answer is waited for after its status.
const ANSWER_REST_WITHIN: Duration = Duration::from_secs(1);
/// Shorter than the usual keep-alive timeouts of servers, so that no connection is reused while the endpoint closes it.
const IDLE_MAX: Duration = Duration::from_secs(2);
/// Number of addresses of a name to which a connection is tried.
const ADDRESSES_MAX: usize = 3;
/// Maximum number of characters of an error.
const ERROR_LENGTH_MAX: usize = 200;

/// An event to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// Its address.
    pub url: &'a str,
    /// Its encrypted secrets.
    pub secrets: &'a [String],
    /// Id of the event.
    pub event_id: &'a str,
    /// The event.
    pub body: &'a str,
    /// Time of the attempt.
    pub at: Timestamp,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Status of the answer; 0 without one.
    pub status_code: i32,
    /// Reason for which it failed; `None` if the event is delivered.
    pub error: Option<String>,
}

impl Outcome {
    fn of_status(status: u16) -> Self {
        let error = match status {
            200..=299 => None,
            300..=399 => Some(format!("the endpoint answered {status}: redirects are not followed")),
            _ => Some(format!("the endpoint answered {status}")),
        };
        Self { status_code: i32::from(status), error }
    }

    fn without_answer(error: &str) -> Self {
        Self { status_code: 0, error: Some(error.chars().take(ERROR_LENGTH_MAX).collect()) }
    }
}

/// Sends events to endpoints.
pub struct Client {
    client: awc::Client,
    rules: UrlRules,
    within: Duration,
}

impl Client {
    /// A client whose attempts end within `within`.
    pub fn new(rules: UrlRules, within: Duration) -> Self {
        let connector = awc::Connector::new()
            .timeout(within)
            .conn_keep_alive(IDLE_MAX)
            // Each endpoint has a limit of its own. One for all would let slow endpoints hold up the others.
            .limit(0)
            .max_http_version(Version::HTTP_11);
        let client = awc::Client::builder().connector(connector).timeout(within).disable_redirects().finish();
        Self { client, rules, within }
    }

    /// Makes an attempt.
    pub async fn send(&self, secrets: &Secrets, outgoing: Outgoing<'_>) -> Outcome {
        let attempt = async {
            match self.exchange(secrets, outgoing).await {
                Ok(status) => Outcome::of_status(status),
                Err(error) => Outcome::without_answer(&error),
            }
        };
        let attempt = tokio::time::timeout(self.within, attempt).await;
        attempt.unwrap_or_else(|_| Outcome::without_answer("the endpoint did not answer in time"))
    }

    /// Returns the status of the answer.
    async fn exchange(&self, secrets: &Secrets, outgoing: Outgoing<'_>) -> Result<u16, String> {
        let Outgoing { webhook_id, url, secrets: sealed, event_id, body, at } = outgoing;
        let address = WebhookUrl::try_from(url.to_owned()).map_err(|invalid| format!("the address {invalid}"))?;
        // What the host stands for is checked below, whatever it is called.
        let scheme = UrlRules { allow_private: true, ..self.rules };
        address.check(scheme).map_err(|refusal| refused(refusal).to_owned())?;
        let message = Message { id: event_id, timestamp: at.unix_seconds(), body };
        let signature = secrets.sign(webhook_id, sealed, &message);
        let signature = signature.ok_or("the secret cannot be decrypted: replace it")?;
        let mut result = Err("the name of the host has no address".to_owned());
        for address in self.resolve(&address).await?.into_iter().take(ADDRESSES_MAX) {
            let request = self
                .client
                .post(url)
                // The connection is made to the address that was checked, whatever the name stands for now.
                .address(address)
                .content_type(MEDIA)
                .insert_header(("user-agent", USER_AGENT))
                .insert_header(("webhook-id", event_id))
                .insert_header(("webhook-timestamp", message.timestamp.to_string()))
                .insert_header(("webhook-signature", signature.as_str()));
            match request.send_body(body.to_owned()).await {
                Ok(mut response) => {
                    let rest = response.body().limit(ANSWER_BYTES_MAX);
                    // The status says it all.
                    drop(tokio::time::timeout(ANSWER_REST_WITHIN, rest).await);
                    return Ok(response.status().as_u16());
                }
                Err(error) => {
                    let is_unsent = matches!(
                        &error,
                        SendRequestError::Connect(connect) if !matches!(connect, ConnectError::Disconnected)
                    );
                    result = Err(error.to_string());
                    if !is_unsent {
                        break;
                    }
                }
            }
        }
        result
    }

    /// The addresses of the host, if a connection may be made to all of them.
    async fn resolve(&self, url: &WebhookUrl) -> Result<Vec<SocketAddr>, String> {
        let (host, port) = url.host_and_port();
        let resolved = tokio::net::lookup_host((host, port)).await;
        let resolved = resolved.map_err(|error| format!("the name of the host cannot be resolved: {error}"))?;
        let addresses = permitted(resolved.map(|address| address.ip()), self.rules);
        let addresses: Vec<IpAddr> = addresses.ok_or_else(|| refused(UrlRefusal::Private).to_owned())?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }
}

const fn refused(refusal: UrlRefusal) -> &'static str {
    match refusal {
        UrlRefusal::Plain => "the address begins with http://, and webhooks.allow_http is false",
        UrlRefusal::Private => {
            "the host has an address that is not public, and webhooks.allow_private_addresses is false"
        }
    }
}
