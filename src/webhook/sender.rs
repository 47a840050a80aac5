//! The supervised actor that sends events. Each endpoint is a loop of its own: one that is slow or down holds up no other,
//! and has no more than `webhooks.in_flight_max` attempts in progress.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use actix::{Actor, Addr, AsyncContext, Handler, Message, ResponseFuture, Supervised};
use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::attempt::{Client, Outcome, Outgoing};
use super::message::{ClaimDue, Claimed, ClaimedDelivery, ListSending, Prune, RecordAttempt, Recorded, Sending};
use super::{Context, fill};
use crate::actor::supervisor::supervise;
use crate::actor::task::ask;
use crate::config::Schedule;
use crate::domain::clock::Timestamp;
use crate::domain::id::WebhookId;

/// The actor's name on the status page.
pub const NAME: &str = "webhooks";
/// How much longer than an attempt a claim holds its delivery.
const LEASE_MARGIN: Duration = Duration::from_secs(30);
/// How often deliveries that have ended are pruned.
const PRUNE_EVERY: Duration = Duration::from_secs(600);

/// Sends events to the endpoints of other systems.
pub struct WebhookSender {
    loops: Rc<Loops>,
}

/// Queues new events and sends what is due; returns the amount of work, 0 if nothing is due until time passes.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct Poll;

impl WebhookSender {
    /// Starts the actor on the current arbiter.
    #[must_use]
    pub fn start(context: Context) -> Addr<Self> {
        let (context, health) = (Arc::new(context.clone()), context.health);
        supervise(health, |_| Self { loops: Rc::new(Loops::new(context)) })
    }
}

impl Actor for WebhookSender {
    type Context = actix::Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // A poll from before a restart may still be running and hold its locks. Both may run: deliveries are claimed once.
        self.loops = Rc::new(Loops::new(Arc::clone(&self.loops.context)));
        ctx.run_interval(self.loops.context.settings.poll.get(), |me, _| {
            let loops = Rc::clone(&me.loops);
            actix::spawn(async move { loops.poll().await });
        });
    }
}

impl Supervised for WebhookSender {}

impl Handler<Poll> for WebhookSender {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: Poll, _: &mut Self::Context) -> Self::Result {
        let loops = Rc::clone(&self.loops);
        Box::pin(async move { loops.poll().await })
    }
}

/// The loops of all endpoints.
struct Loops {
    context: Arc<Context>,
    client: Rc<Client>,
    schedule: Arc<Schedule>,
    /// Held while events are queued.
    filling: Mutex<()>,
    /// For each endpoint, a lock that is held while its loop runs.
    sending: RefCell<HashMap<WebhookId, Rc<Mutex<()>>>>,
    pruned: Cell<Timestamp>,
}

impl Loops {
    fn new(context: Arc<Context>) -> Self {
        let settings = &context.settings;
        Self {
            client: Rc::new(Client::new(settings.rules(), settings.answer_within.get())),
            schedule: Arc::new(settings.schedule.clone()),
            context,
            filling: Mutex::default(),
            sending: RefCell::default(),
            pruned: Cell::new(Timestamp(0)),
        }
    }

    /// Queues new events and runs the loops that are not running until nothing is due. Returns the number of pages,
    /// attempts and deleted rows; a loop that is running counts as 1.
    async fn poll(&self) -> usize {
        // If a store does not reply, the next poll does it.
        let Ok(mut all) = ask(&self.context.user, ListSending).await else { return 0 };
        if all.is_empty() {
            return 0;
        }
        let pages = match self.filling.try_lock() {
            Ok(_filling) => fill::fill(&self.context, &all).await.unwrap_or_default(),
            Err(_) => 1,
        };
        if pages > 0 {
            let Ok(filled) = ask(&self.context.user, ListSending).await else { return pages };
            all = filled;
        }
        let now = self.context.clock.now();
        let due = |sending: &&Sending| sending.is_enabled && sending.due_time.is_some_and(|due| due <= now);
        let loops = all.iter().filter(due).map(|sending| self.drain(sending.webhook_id));
        let attempts: usize = join_all(loops).await.into_iter().sum();
        pages + attempts + self.prune(&all).await
    }

    /// Sends what is due to an endpoint. Returns the number of attempts; 1 if this is running already.
    async fn drain(&self, webhook_id: WebhookId) -> usize {
        let lock = Rc::clone(self.sending.borrow_mut().entry(webhook_id).or_default());
        let Ok(_running) = lock.try_lock() else { return 1 };
        let settings = &self.context.settings;
        let lease = settings.answer_within.get().saturating_add(LEASE_MARGIN);
        let limit = i64::from(settings.in_flight_max.get());
        let mut attempts = 0;
        while let Ok(Some(claimed)) = ask(&self.context.user, ClaimDue { webhook_id, limit, lease }).await {
            let Claimed { url, secrets, deliveries } = claimed;
            attempts += deliveries.len();
            let (url, secrets): (Rc<str>, Rc<[String]>) = (url.into(), secrets.into());
            let jobs = deliveries.into_iter().map(|delivery| {
                let job = Job {
                    context: Arc::clone(&self.context),
                    client: Rc::clone(&self.client),
                    schedule: Arc::clone(&self.schedule),
                    webhook_id,
                    url: Rc::clone(&url),
                    secrets: Rc::clone(&secrets),
                    delivery,
                };
                // In a task of its own, so that one that panics does not affect the others.
                actix::spawn(job.run())
            });
            join_all(jobs).await;
        }
        attempts
    }

    /// Deletes deliveries of deleted endpoints, and now and then those that have ended long ago.
    async fn prune(&self, all: &[Sending]) -> usize {
        let now = self.context.clock.now();
        let is_due = now.since(self.pruned.get()) >= PRUNE_EVERY;
        if is_due {
            self.pruned.set(now);
        }
        let ended_before = now.minus(self.context.settings.retention.get());
        let mut deleted = 0;
        for sending in all.iter().filter(|sending| is_due || sending.is_deleted) {
            let prune = Prune { webhook_id: sending.webhook_id, ended_before };
            while let Ok(rows @ 1..) = ask(&self.context.user, prune).await {
                deleted += rows;
            }
            if sending.is_deleted {
                self.sending.borrow_mut().remove(&sending.webhook_id);
            }
        }
        deleted
    }
}

/// One attempt.
struct Job {
    context: Arc<Context>,
    client: Rc<Client>,
    schedule: Arc<Schedule>,
    webhook_id: WebhookId,
    url: Rc<str>,
    secrets: Rc<[String]>,
    delivery: ClaimedDelivery,
}

impl Job {
    async fn run(self) {
        let Context { clock, secrets, faults, health, counts, user, settings, .. } = &*self.context;
        let ClaimedDelivery { delivery_id, event_id, body, attempt } = &self.delivery;
        let (webhook_id, began, since) = (self.webhook_id, clock.now(), Instant::now());
        let outgoing = Outgoing { webhook_id, url: &self.url, secrets: &self.secrets, event_id, body, at: began };
        health.in_flight.fetch_add(1, Relaxed);
        let Outcome { status_code, error } = self.client.send(secrets, outgoing).await;
        health.in_flight.fetch_sub(1, Relaxed);
        let duration = since.elapsed();
        health.record_latencies(std::iter::once(duration));
        tracing::debug!(%webhook_id, event_id, status_code, error, "an event was sent to a webhook");
        let is_delivered = error.is_none();
        let record = RecordAttempt {
            webhook_id,
            delivery_id: *delivery_id,
            attempt: *attempt,
            began,
            duration,
            status_code,
            error,
            schedule: Arc::clone(&self.schedule),
            disable_after: settings.disable_after.get(),
        };
        let recorded = match faults.hit(NAME, "record") {
            Ok(()) => ask(user, record).await.ok(),
            Err(_) => None,
        };
        // Without a record, the event is sent again when the claim ends.
        health.record_replies(u64::from(recorded.is_some()), 0, u64::from(recorded.is_none()));
        let Some(Recorded { is_last, disabled }) = recorded else { return };
        counts.count(is_delivered, is_last);
        if let Some(reason) = disabled {
            tracing::warn!(
                %webhook_id, url = &*self.url, reason = reason.word(),
                "a webhook was disabled: nothing is sent to it until an administrator enables it"
            );
        }
    }
}
