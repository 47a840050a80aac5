//! Signs requests to WeChat Pay, sends them, and returns the responses as they are.

use awc::http::{Method, Uri};

use super::account::MerchantAccount;
use super::keys::SERIAL;
use super::sign;
use crate::gateway::wire::{self, Error, Request};

const USER_AGENT: &str = concat!("tradepost/", env!("CARGO_PKG_VERSION"));

/// Sends a request. `target` is the percent-encoded path and query, relative to the base URL. The response is not verified.
///
/// # Errors
/// [`Error`].
pub async fn exchange(
    account: &MerchantAccount,
    method: Method,
    target: &str,
    body: Option<String>,
) -> Result<wire::Response, Error> {
    let mut result = Err(Error::NotSent("no URL is configured".to_owned()));
    for base in &account.urls {
        result = send_to(account, method.clone(), format!("{base}{target}"), body.clone()).await;
        match &result {
            Err(Error::NotSent(why)) => tracing::warn!(url = base, why, "no connection to WeChat Pay"),
            _ => break,
        }
    }
    result
}

/// Downloads the file of a bill. The response is not signed.
///
/// # Errors
/// The reason for which there is no file.
pub async fn download(account: &MerchantAccount, url: String) -> Result<Vec<u8>, String> {
    let request = signed(account, Method::GET, url, None).await.map_err(|error| error.to_string())?;
    let response = wire::download(request).await?;
    if response.status == 200 { Ok(response.body) } else { Err(format!("HTTP status {}", response.status)) }
}

async fn send_to(
    account: &MerchantAccount,
    method: Method,
    url: String,
    body: Option<String>,
) -> Result<wire::Response, Error> {
    wire::attempt(signed(account, method, url, body).await?).await
}

/// A request with the merchant's signature.
async fn signed(
    account: &MerchantAccount,
    method: Method,
    url: String,
    body: Option<String>,
) -> Result<Request, Error> {
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
    Ok(Request { method, url, headers, body })
}
