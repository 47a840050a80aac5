//! Sends one signed request to WeChat Pay and verifies the response.

use awc::http::Method;

use super::account::MerchantAccount;
use super::answer::{self, Response};
use super::certificates;
use super::keys::SERIAL;
use super::transport;

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
    certificates::fetch_if_due(account).await;
    let response = transport::exchange(account, method, target, body).await.map_err(|error| error.to_string())?;
    let now = account.shop.clock.now();
    let header = |name: &str| response.header(name).map(str::to_owned);
    if let (Some(schedule), Some(serial)) = (&account.schedule, response.header(SERIAL))
        && account.keys.find(serial).is_none()
    {
        schedule.hasten();
        certificates::fetch_if_due(account).await;
    }
    answer::read(&account.keys, response.status, &header, &response.body, now)
}
