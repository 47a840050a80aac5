//! One question to WeChat Pay, over HTTP.

use awc::http::{Method, Uri};

use super::account::MerchantAccount;
use super::answer::{self, Response};
use super::keys::SERIAL;
use super::sign;
use crate::gateway::wire::{self, Answer, Request, Unanswered};

const USER_AGENT: &str = concat!("tradepost/", env!("CARGO_PKG_VERSION"));

/// Asks; `target` is path and query, percent-encoded. Where there is no connection it asks once more elsewhere: there
/// alone is it sure that nothing was asked yet.
///
/// # Errors
/// Why the outcome is unknown.
pub async fn ask(
    account: &MerchantAccount,
    method: Method,
    target: &str,
    body: Option<String>,
) -> Result<Response, String> {
    let mut told = Err(Unanswered::Unreached("there is no address".to_owned()));
    for base in &account.urls {
        told = send(account, method.clone(), format!("{base}{target}"), body.clone()).await;
        match &told {
            Err(Unanswered::Unreached(why)) => tracing::warn!(url = base, why, "no connection to WeChat Pay"),
            _ => break,
        }
    }
    let answer = told.map_err(|unanswered| unanswered.to_string())?;
    let now = account.shop.clock.now();
    let Answer { status, .. } = answer;
    let header = |name: &str| answer.header(name).map(str::to_owned);
    answer::read(&account.keys, status, &header, &answer.body, now)
}

async fn send(
    account: &MerchantAccount,
    method: Method,
    url: String,
    body: Option<String>,
) -> Result<Answer, Unanswered> {
    let unsigned = |why: &dyn std::fmt::Display| Unanswered::Unknown(why.to_string());
    // What is signed is what will be on the wire.
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
    // Answers are signed with the key it names.
    headers.extend(account.public_key_id.clone().map(|id| (SERIAL, id)));
    wire::attempt(Request { method, url, headers, body }).await
}
