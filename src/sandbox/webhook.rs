//! Sends the sandbox's signed callbacks to the shop over HTTP. The relay delivers each message of the outbox to the
//! [`WebhookSender`] until the shop acknowledges it or the attempts are used up.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use actix::{Actor, Addr, Handler, ResponseFuture, Supervised};
use futures_util::future::join_all;

use super::Sandbox;
use super::message::{Callback, Record, WEBHOOK_GROUP};
use super::signature::{HEADER, Key};
use super::tamper::{SignedWebhook, sign_webhook};
use super::trade::Attempt;
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::actor::{Context, Faults, Health, OwnerAddr, Reply};
use crate::domain::clock::Clock;
use crate::messaging::inbox::Delivery;
use crate::trace::Traced;

/// The body of the response, with a 2xx status, by which the shop acknowledges a callback.
pub const ACKNOWLEDGEMENT: &str = "success";

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
const RESPONSE_BYTES_MAX: usize = 64 * 1024;
/// Shorter than the usual keep-alive timeouts of servers, so that no connection is reused while the shop closes it.
const IDLE_MAX: Duration = Duration::from_secs(2);
const IN_FLIGHT_MAX: usize = 512;

/// The supervised actor that sends callbacks.
pub struct WebhookSender {
    endpoint: Rc<Endpoint>,
    faults: Faults,
    health: Arc<Health>,
}

/// Everything that one delivery needs.
struct Endpoint {
    platform: OwnerAddr<Sandbox>,
    key: Key,
    clock: Clock,
    url: String,
    client: awc::Client,
}

impl WebhookSender {
    /// Starts the actor on the current arbiter. It posts to the shop at `callback_url`, which has no trailing slash, and
    /// records each attempt at `platform`.
    pub(super) fn start(
        context: &Context,
        platform: OwnerAddr<Sandbox>,
        key: Key,
        callback_url: &str,
    ) -> (Addr<Self>, Arc<Health>) {
        let health = Arc::new(Health::new(WEBHOOK_GROUP, context.clock.clone(), IN_FLIGHT_MAX, None));
        let connector = awc::Connector::new().timeout(RESPONSE_TIMEOUT).conn_keep_alive(IDLE_MAX).limit(IN_FLIGHT_MAX);
        let client = awc::Client::builder().connector(connector).timeout(RESPONSE_TIMEOUT).disable_redirects().finish();
        let url = format!("{callback_url}/v1/payments/callbacks");
        let endpoint = Rc::new(Endpoint { platform, key, clock: context.clock.clone(), url, client });
        let (faults, counters) = (context.faults.clone(), Arc::clone(&health));
        (supervise(Arc::clone(&health), |_| Self { endpoint, faults, health: counters }), health)
    }
}

impl Actor for WebhookSender {
    type Context = actix::Context<Self>;
}

impl Supervised for WebhookSender {}

impl Handler<Traced<Delivery>> for WebhookSender {
    type Result = ResponseFuture<Reply<Result<(), String>>>;

    fn handle(&mut self, delivery: Traced<Delivery>, _: &mut Self::Context) -> Self::Result {
        let Delivery(message) = delivery.message;
        if let Err(error) = self.faults.hit(WEBHOOK_GROUP, "handle") {
            return Box::pin(std::future::ready(Ok(Err(error.to_string()))));
        }
        let (endpoint, health) = (Rc::clone(&self.endpoint), Arc::clone(&self.health));
        Box::pin(async move {
            let since = Instant::now();
            health.in_flight.fetch_add(1, Relaxed);
            let delivered = match serde_json::from_str(&message.body) {
                Ok(callback) => endpoint.deliver(&callback).await,
                Err(error) => Err(format!("the message cannot be read: {error}")),
            };
            health.in_flight.fetch_sub(1, Relaxed);
            health.record_replies(u64::from(delivered.is_ok()), u64::from(delivered.is_err()), 0);
            health.record_latencies(std::iter::once(since.elapsed()));
            Ok(delivered)
        })
    }
}

impl Endpoint {
    /// Sends all copies. Succeeds only if the shop acknowledges each of them.
    async fn deliver(&self, callback: &Callback) -> Result<(), String> {
        let copies = i64::from(callback.copies);
        if callback.concurrent {
            let results = join_all((0..copies).map(|_| self.send(callback))).await;
            return results.into_iter().try_for_each(|(_, acknowledged)| acknowledged);
        }
        let mut all = Ok(());
        for _ in 0..copies {
            let (status_code, acknowledged) = self.send(callback).await;
            all = all.and(acknowledged);
            // A shop that does not respond to one copy is unlikely to respond to the next. The relay retries later.
            if status_code == 0 {
                break;
            }
        }
        all
    }

    /// Sends one copy and records the attempt. Returns the status code, 0 without a response, and whether the shop
    /// acknowledged.
    async fn send(&self, callback: &Callback) -> (i32, Result<(), String>) {
        let event = &callback.event;
        let at = self.clock.now();
        let webhook = match sign_webhook(event, callback.tamper, &self.key, at) {
            Ok(webhook) => webhook,
            Err(error) => return (0, Err(error.to_string())),
        };
        let response = tokio::time::timeout(RESPONSE_TIMEOUT, self.post(&callback.provider, webhook)).await;
        let (status_code, acknowledged) = match response {
            Ok(Ok((status_code, true))) => (status_code, Ok(())),
            Ok(Ok((status_code, false))) => (status_code, Err(format!("the shop answered {status_code}"))),
            Ok(Err(error)) => (0, Err(error)),
            Err(_) => (0, Err("the shop did not answer in time".to_owned())),
        };
        match &acknowledged {
            Ok(()) => tracing::debug!(event_id = event.id, status_code, "callback sent"),
            Err(reason) if status_code == 0 => {
                tracing::warn!(event_id = event.id, url = self.url, %reason, "a callback of the sandbox did not arrive");
            }
            Err(reason) => tracing::info!(event_id = event.id, status_code, %reason, "callback refused"),
        }
        let attempt = Attempt { at, event_id: event.id.clone(), status_code };
        let record = Record { out_trade_no: event.data.out_trade_no.clone(), attempt };
        if let Err(error) = ask(&self.platform, record).await {
            // The delivery decides the result. A missing record of it does not.
            tracing::warn!(event_id = event.id, status_code, %error, "could not record a delivery of the sandbox");
        }
        (status_code, acknowledged)
    }

    /// Posts a callback. Returns the status code of the response and whether it is the acknowledgement.
    async fn post(&self, provider: &str, webhook: SignedWebhook) -> Result<(i32, bool), String> {
        let request = self.client.post(format!("{}/{provider}", self.url)).insert_header((HEADER, webhook.signature));
        let mut response = request
            .content_type("application/json")
            .send_body(webhook.body)
            .await
            .map_err(|error| error.to_string())?;
        let status = response.status();
        let acknowledged = status.is_success()
            && response.body().limit(RESPONSE_BYTES_MAX).await.is_ok_and(|body| body == ACKNOWLEDGEMENT);
        Ok((i32::from(status.as_u16()), acknowledged))
    }
}
