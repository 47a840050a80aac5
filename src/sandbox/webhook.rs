//! Carries callbacks to the shop over HTTP, as a platform at the other end of the world would. The relay brings them,
//! and brings them again until the shop has acknowledged.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use actix::{Actor, Addr, Handler, ResponseFuture, Supervised};
use futures_util::future::join_all;

use super::message::{Callback, Record, WEBHOOK_GROUP};
use super::signature::{HEADER, Key};
use super::tamper::{SignedWebhook, sign_webhook};
use super::trade::Attempt;
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::actor::{Context, Faults, Health, Reply};
use crate::domain::clock::Clock;
use crate::messaging::inbox::Delivery;

/// What the shop answers, with status 200, once a notice is safe there.
pub const ACKNOWLEDGEMENT: &str = "success";

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Shorter than any server keeps an idle connection, so that none is used while the shop closes it.
const IDLE_MAX: Duration = Duration::from_secs(2);
const IN_FLIGHT_MAX: usize = 512;

/// The supervised actor.
pub struct WebhookSender {
    post: Rc<Endpoint>,
    faults: Faults,
    health: Arc<Health>,
}

/// What one delivery needs.
struct Endpoint {
    platform: Addr<super::actor::Actor>,
    key: Key,
    clock: Clock,
    url: String,
    client: awc::Client,
}

impl WebhookSender {
    /// Starts the courier on the current arbiter. It posts to the shop at `public_url`, given without a slash at its end,
    /// and tells `platform` of each attempt.
    pub(super) fn start(
        context: &Context,
        platform: Addr<super::actor::Actor>,
        key: Key,
        public_url: &str,
    ) -> (Addr<Self>, Arc<Health>) {
        let health = Arc::new(Health::new(WEBHOOK_GROUP, context.clock.clone(), IN_FLIGHT_MAX, None));
        let connector = awc::Connector::new().timeout(ANSWER_WITHIN).conn_keep_alive(IDLE_MAX).limit(IN_FLIGHT_MAX);
        let client = awc::Client::builder().connector(connector).timeout(ANSWER_WITHIN).disable_redirects().finish();
        let url = format!("{public_url}/v1/payments/callbacks");
        let post = Rc::new(Endpoint { platform, key, clock: context.clock.clone(), url, client });
        let (faults, counters) = (context.faults.clone(), Arc::clone(&health));
        (supervise(Arc::clone(&health), |_| Self { post, faults, health: counters }), health)
    }
}

impl Actor for WebhookSender {
    type Context = actix::Context<Self>;
}

impl Supervised for WebhookSender {}

impl Handler<Delivery> for WebhookSender {
    type Result = ResponseFuture<Reply<Result<(), String>>>;

    fn handle(&mut self, Delivery(message): Delivery, _: &mut Self::Context) -> Self::Result {
        if let Err(error) = self.faults.hit(WEBHOOK_GROUP, "handle") {
            return Box::pin(std::future::ready(Ok(Err(error.to_string()))));
        }
        let (post, health) = (Rc::clone(&self.post), Arc::clone(&self.health));
        Box::pin(async move {
            let since = Instant::now();
            health.in_flight.fetch_add(1, Relaxed);
            let delivered = match serde_json::from_str(&message.body) {
                Ok(callback) => post.deliver(&callback).await,
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
    /// Sends all copies; good only where the shop acknowledged each.
    async fn deliver(&self, callback: &Callback) -> Result<(), String> {
        let copies = i64::from(callback.copies);
        if callback.concurrent {
            let answers = join_all((0..copies).map(|_| self.send(callback))).await;
            return answers.into_iter().try_for_each(|(_, acknowledged)| acknowledged);
        }
        let mut all = Ok(());
        for _ in 0..copies {
            let (status_code, acknowledged) = self.send(callback).await;
            all = all.and(acknowledged);
            // A shop that does not answer one copy will not answer the next: the relay comes back later.
            if status_code == 0 {
                break;
            }
        }
        all
    }

    /// Sends one copy and keeps what became of it: the status code, and whether the shop acknowledged.
    async fn send(&self, callback: &Callback) -> (i32, Result<(), String>) {
        let event = &callback.event;
        let at = self.clock.now();
        let sign_webhook = match sign_webhook(event, callback.tamper, &self.key, at) {
            Ok(sign_webhook) => sign_webhook,
            Err(error) => return (0, Err(error.to_string())),
        };
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.post(&callback.provider, sign_webhook)).await;
        let (status_code, acknowledged) = match answer {
            Ok(Ok((status_code, true))) => (status_code, Ok(())),
            Ok(Ok((status_code, false))) => (status_code, Err(format!("the shop answered {status_code}"))),
            Ok(Err(error)) => (0, Err(error)),
            Err(_) => (0, Err("the shop did not answer in time".to_owned())),
        };
        tracing::debug!(event_id = event.id, status_code, "callback sent");
        let attempt = Attempt { at, event_id: event.id.clone(), status_code };
        let record = Record { out_trade_no: event.data.out_trade_no.clone(), attempt };
        if let Err(error) = ask(&self.platform, record).await {
            // The callback counts, not our note of it.
            tracing::warn!(event_id = event.id, status_code, %error, "a delivery is not in the sandbox's ledger");
        }
        (status_code, acknowledged)
    }

    /// The status code of the answer, and whether it is the acknowledgement.
    async fn post(&self, provider: &str, sign_webhook: SignedWebhook) -> Result<(i32, bool), String> {
        let request =
            self.client.post(format!("{}/{provider}", self.url)).insert_header((HEADER, sign_webhook.signature));
        let mut answer = request
            .content_type("application/json")
            .send_body(sign_webhook.body)
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let acknowledged = status.is_success()
            && answer.body().limit(ANSWER_BYTES_MAX).await.is_ok_and(|body| body == ACKNOWLEDGEMENT);
        Ok((i32::from(status.as_u16()), acknowledged))
    }
}
