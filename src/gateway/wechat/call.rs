//! Sends one signed request to WeChat Pay and verifies the response.

use awc::http::{Method, Uri};

use super::account::MerchantAccount;
use super::answer::{self, Response};
use super::keys::SERIAL;
use super::sign;
use crate::gateway::wire::{self, Error, Request};

const USER_AGENT: &str = concat!("tradepost/", env!("CARGO_PKG_VERSION"));

/// Sends a request. `target` is the percent-encoded path and query, relative to the base URL. If the connection fails,
/// the request is sent to the next base URL. No other failure guarantees that nothing was sent.
///
/// # Errors
/// The reason for which the outcome is unknown.
pub async fn send(
    account: &MerchantAccount,
    method: Method,
    target: &str,
    body: Option<String>,
) -> Result<Response, String> {
    let mut result = Err(Error::NotSent("no URL is configured".to_owned()));
    for base in &account.urls {
        result = send_to(account, method.clone(), format!("{base}{target}"), body.clone()).await;
        match &result {
            Err(Error::NotSent(why)) => tracing::warn!(url = base, why, "no connection to WeChat Pay"),
            _ => break,
        }
    }
    let response = result.map_err(|error| error.to_string())?;
    let now = account.shop.clock.now();
    let header = |name: &str| response.header(name).map(str::to_owned);
    answer::read(&account.keys, response.status, &header, &response.body, now)
}

async fn send_to(
    account: &MerchantAccount,
    method: Method,
    url: String,
    body: Option<String>,
) -> Result<wire::Response, Error> {
    let unsigned = |why: &dyn std::fmt::Display| Error::Unknown(why.to_string());
    // The signature covers the path and query as the HTTP client will send them.
    let uri: Uri = url.parse().map_err(|error| unsigned(&error))?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let stamp = account.stamp().map_err(|why| unsigned(&why))?;
    let text = sign::request(method.as_str(), target, &stamp, body.as_deref().unwrap_or_default());
    let signature = account.signer.sign(text).await.map_err(|why| unsigned(&why))?;
    let mut headers = vec![
        ("Accept", "application/json".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        ("User-Agent", USER_AGENT.to_owned()),
        ("Authorization", account.signer.authorization(&stamp, &signature)),
    ];
    // This header selects the key with which WeChat Pay signs the response.
    headers.extend(account.public_key_id.clone().map(|id| (SERIAL, id)));
    wire::attempt(Request { method, url, headers, body }).await
}
