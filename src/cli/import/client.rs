//! The requests of an import to the server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use awc::http::{Method, Version};
use rustls::pki_types::CertificateDer;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::plan::{Change, Delivery, Effect, Goods, Known};
use crate::cli::certificate_check;
use crate::config::credentials::Credentials;
use crate::domain::idempotency::Fingerprint;

const TIMEOUT: Duration = Duration::from_secs(30);
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Number of times that a request without a final answer is sent.
const ATTEMPTS_MAX: u32 = 6;
/// Number of times that a request is sent over a connection that fails.
const CONNECTIONS_MAX: u32 = 3;
/// Longest wait before a request is sent again, in seconds.
const WAIT_SECONDS_MAX: u64 = 10;

/// The path at which a session is made.
const SESSIONS: &str = "/v1/sessions";

/// The addresses of a server, without a slash at the end.
#[derive(Debug, Clone)]
pub struct Server {
    /// Address at which an administrator signs in.
    pub sessions: String,
    /// Address of the administrator routes.
    pub admin: String,
    /// The certificate of the server, if it is the one of the settings. Others are verified by their names.
    pub certificate: Option<CertificateDer<'static>>,
}

/// Whether a request had its effect, or an earlier one had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The request had its effect.
    Now,
    /// An earlier request under the same key had it.
    Before,
}

/// The outcome of a change.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Its effects.
    pub effects: Vec<(Effect, Done)>,
    /// The reason for which the server refused the rest of it.
    pub refusal: Option<String>,
}

impl Outcome {
    fn refused(self, why: String) -> Self {
        Self { refusal: Some(why), ..self }
    }
}

/// The outcome of a request: the answer, or the reason for which the server refuses it.
type Answer = Result<(Value, Done), String>;

/// A client that accepts this certificate only or, if there is none, those of public authorities.
fn http_client(certificate: Option<CertificateDer<'static>>) -> anyhow::Result<awc::Client> {
    Ok(match certificate {
        None => awc::Client::builder().timeout(TIMEOUT).disable_redirects().finish(),
        Some(certificate) => {
            let tls = Arc::new(certificate_check::client(Some(certificate))?);
            // The version first: it would replace the TLS.
            let connector = awc::Connector::new().max_http_version(Version::HTTP_11).rustls_0_23(tls);
            awc::Client::builder().connector(connector).timeout(TIMEOUT).disable_redirects().finish()
        }
    })
}

/// A session at the server.
pub struct Client {
    http: awc::Client,
    admin: String,
    token: SecretString,
}

impl Client {
    /// Signs in, unless there is a token.
    ///
    /// # Errors
    /// The server does not answer, or does not know the name and the password.
    pub async fn sign_in(server: &Server, credentials: &Credentials) -> anyhow::Result<Self> {
        let http = http_client(server.certificate.clone())?;
        let admin = server.admin.trim_end_matches('/').to_owned();
        let (user, password) = match credentials {
            Credentials::Token(token) => return Ok(Self { http, admin, token: token.clone() }),
            Credentials::Password { user, password } => (user, password),
        };
        let sessions = server.sessions.trim_end_matches('/').to_owned();
        let guest = Self { http, admin: sessions.clone(), token: SecretString::default() };
        let body = json!({"user_name": user, "user_password": password.expose_secret()});
        let answer = guest.send(Method::POST, SESSIONS, None, Some(&body)).await?;
        let (session, _) = answer.map_err(|why| {
            anyhow::anyhow!(
                "{sessions} refuses {user}: {why}. If it has no sessions, or asks for a one-time code, \
                 set TRADEPOST_TOKEN"
            )
        })?;
        let token = session.get("access_token").and_then(Value::as_str).context("the session has no token")?;
        Ok(Self { http: guest.http, admin, token: token.to_owned().into() })
    }

    /// Reads all goods of the shop, page by page.
    ///
    /// # Errors
    /// The server does not answer, or refuses.
    pub async fn all_goods(&self) -> anyhow::Result<Vec<Known>> {
        let (mut goods, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/admin/goods?format=json&limit=100{cursor}");
            let answer = self.send(Method::GET, &path, None, None).await?;
            let (page, _) = answer.map_err(|why| anyhow::anyhow!("{}/admin/goods: {why}", self.admin))?;
            let items = page.get("items").context("the list of goods has no items")?;
            goods.extend(<Vec<Known> as serde::Deserialize>::deserialize(items).context("the list of goods")?);
            match page.get("next_cursor").and_then(Value::as_str) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(goods),
            }
        }
    }

    /// Carries out a change. Each request has a key that follows from its content, or sets values, so that it has its
    /// effect once.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn carry_out(&self, change: &Change) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let goods_id = match &change.goods {
            Goods::New(body) => match self.send(Method::POST, "/admin/goods", Some(&key(body)?), Some(body)).await? {
                Ok((goods, done)) => {
                    outcome.effects.push((Effect::Create, done));
                    goods.get("goods_id").and_then(Value::as_str).context("new goods have no id")?.to_owned()
                }
                Err(why) => return Ok(outcome.refused(why)),
            },
            Goods::Existing(goods_id, body) => {
                let body = Value::Object(body.clone());
                if change.effects().contains(&Effect::Change) {
                    let path = format!("/admin/goods/{goods_id}");
                    match self.send(Method::PATCH, &path, None, Some(&body)).await? {
                        Ok(_) => outcome.effects.push((Effect::Change, Done::Now)),
                        Err(why) => return Ok(outcome.refused(why)),
                    }
                }
                goods_id.to_string()
            }
        };
        let Some(Delivery { delta, reason }) = &change.delivery else { return Ok(outcome) };
        let (path, body) = (format!("/admin/goods/{goods_id}/stock"), json!({"delta": delta, "reason": reason}));
        let key = key(&json!({"goods_id": goods_id, "reason": reason}))?;
        match self.send(Method::POST, &path, Some(&key), Some(&body)).await? {
            Ok((_, done)) => outcome.effects.push((Effect::Adjust, done)),
            Err(why) => {
                let hint = "each delivery needs a stock_reason of its own";
                let why = format!("stock_delta {delta} with stock_reason {reason:?}: {why}; {hint}");
                return Ok(outcome.refused(why));
            }
        }
        Ok(outcome)
    }

    /// Sends a request until it has a final answer.
    async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let url = format!("{}{path}", self.admin);
        let (mut last, mut broken) = (String::new(), 0);
        for _ in 0..ATTEMPTS_MAX {
            match self.attempt(method.clone(), &url, key, body).await {
                Ok(Attempt::Final(answer)) => return Ok(answer),
                Ok(Attempt::Denied(why)) => bail!(why),
                Ok(Attempt::Again { why, wait }) => {
                    last = why;
                    tokio::time::sleep(Duration::from_secs(wait.min(WAIT_SECONDS_MAX))).await;
                }
                // The request may have had its effect: it can be sent again, because it has a key or sets values.
                Err(error) => {
                    broken += 1;
                    if broken == CONNECTIONS_MAX {
                        return Err(error);
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
        bail!("{url} does not answer: {last}")
    }

    async fn attempt(
        &self,
        method: Method,
        url: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Attempt> {
        let mut request = self.http.request(method, url);
        if !self.token.expose_secret().is_empty() {
            request = request.bearer_auth(self.token.expose_secret());
        }
        if let Some(key) = key {
            request = request.insert_header(("idempotency-key", key));
        }
        let sent = match body {
            Some(body) => request.send_json(body).await,
            None => request.send().await,
        };
        let mut response = sent.map_err(|error| anyhow::anyhow!("{url}: {error}"))?;
        let bytes = response.body().limit(BYTES_MAX).await.map_err(|error| anyhow::anyhow!("{url}: {error}"))?;
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let header =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let status = response.status();
        if status.is_success() {
            let is_replay = header("idempotent-replayed") == "true";
            return Ok(Attempt::Final(Ok((answer, if is_replay { Done::Before } else { Done::Now }))));
        }
        let why = reason(&answer).unwrap_or_else(|| format!("is answered with {status}"));
        if matches!(status.as_u16(), 429 | 503) {
            return Ok(Attempt::Again { why, wait: header("retry-after").parse().unwrap_or(1) });
        }
        Ok(match status.as_u16() {
            401 | 403 if !url.ends_with(SESSIONS) => {
                let why = format!("{url}: {why}; it needs the token or the password of an administrator");
                Attempt::Denied(why)
            }
            _ => Attempt::Final(Err(why)),
        })
    }
}

/// The answer to one request.
enum Attempt {
    Final(Answer),
    /// The session is not that of an administrator.
    Denied(String),
    /// The server is busy: the request is sent again after `wait` seconds.
    Again {
        why: String,
        wait: u64,
    },
}

/// The reason in a problem: the first wrong field, or the detail.
fn reason(problem: &Value) -> Option<String> {
    let detail = problem.get("detail")?.as_str()?.to_owned();
    Some(detail.replace(['\n', '\r'], " "))
}

/// The idempotency key of a request with this content.
fn key(content: &Value) -> anyhow::Result<String> {
    Ok(format!("import-{}", Fingerprint::of(content)?.as_str()))
}
