//! Processes due work: status queries, refunds and expired orders.
//!
//! Each kind of work at each platform is a loop of its own. A loop that is held up, because its platform does not
//! answer, holds up no other loop, and the rows of a platform are claimed by its own loops only.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::job::{run_job, run_page};
use super::platform::single::{CallKind, Platform};
use super::watch::UNANSWERED_AFTER_EXPIRY;
use super::{Context, expire, refund, sync};
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::provider::Provider;
use crate::order::message::ClaimExpired;
use crate::pay::message::{
    BringForward, ClaimDueRefunds, ClaimDueSyncs, DueRefund, DueSync, FindAny, ParkRemoved, PostponeDue,
};
use crate::trace::Kind;

/// Number of rows that a loop of a platform claims at once: as many as it works on at once, so that no claimed row waits.
const CLAIM_SIZE: i64 = 16;
/// Number of expired orders that are claimed at once.
const PAGE_SIZE: i64 = 500;
/// How long the expiry waits for a page of orders before it claims the next one. The slow ones continue meanwhile.
const PAGE_WITHIN: Duration = Duration::from_secs(1);
/// Maximum number of expired orders that are being cancelled at once. Most of them wait for a platform.
const EXPIRING_MAX: usize = 2_000;
/// Delay of what is due at a platform that is not called.
const POSTPONE_BY: Duration = Duration::from_secs(15);

/// The loops, each with a lock that is held while it runs.
pub struct Loops {
    context: Arc<Context>,
    /// For each platform: the lock of its status queries, and that of its refunds.
    platforms: Vec<[Mutex<()>; 2]>,
    expiry: Mutex<()>,
    schedule: Mutex<()>,
    /// Number of expired orders that are being cancelled.
    expiring: Arc<AtomicUsize>,
}

/// Counts an expired order until it is dropped.
struct Expiring(Arc<AtomicUsize>);

impl Drop for Expiring {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Loops {
    /// The loops of all platforms.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let platforms = context.platforms.iter().map(|_| <[Mutex<()>; 2]>::default()).collect();
        Self { context, platforms, expiry: Mutex::default(), schedule: Mutex::default(), expiring: Arc::default() }
    }

    /// Runs all loops that are not running until nothing is due; returns the number of jobs. A loop that is running
    /// counts as 1, because work may be left.
    pub async fn poll(&self) -> usize {
        self.keep_schedule().await;
        let of_platform =
            self.context.platforms.iter().zip(&self.platforms).map(|(platform, [syncs, refunds])| async {
                let syncs = once(syncs, self.drain(platform, Self::claim_syncs, sync_job));
                let refunds = once(refunds, self.drain(platform, Self::claim_refunds, refund_job));
                let (probes, syncs, refunds) = tokio::join!(self.probe(platform), syncs, refunds);
                probes + syncs + refunds
            });
        let (of_platforms, expired) = tokio::join!(join_all(of_platform), once(&self.expiry, self.expire_due()));
        of_platforms.into_iter().sum::<usize>() + expired
    }

    /// Brings forward what is further ahead than the settings allow, postpones what is due at platforms that are not
    /// called, and parks the refunds at platforms that are not configured.
    async fn keep_schedule(&self) {
        let Ok(_running) = self.schedule.try_lock() else { return };
        let (pay, payments) = (&self.context.pay, self.context.payments.clone());
        let (sync, refund) = (payments.ask.horizon(), payments.refund.horizon());
        let postpone = PostponeDue {
            except: self.context.platforms.called(),
            sync: POSTPONE_BY.min(payments.ask.longest.0),
            refund: POSTPONE_BY.min(payments.refund.longest.0),
            unwatch_before: self.context.clock.now().minus(UNANSWERED_AFTER_EXPIRY),
        };
        // If the store does not respond, the next poll does it.
        let park = ParkRemoved { configured: self.context.platforms.configured() };
        let _ = tokio::join!(ask(pay, BringForward { sync, refund }), ask(pay, postpone), ask(pay, park));
    }

    /// Queries the platform about one payment if it did not answer before and a probe is due.
    async fn probe(&self, platform: &Platform) -> usize {
        platform.observe();
        let Some(pay_id) = platform.begin_probe() else { return 0 };
        let context = Arc::clone(&self.context);
        let probe = async move {
            if let Some(found) = ask(&context.pay, FindAny { pay_id }).await? {
                sync::query(&context, CallKind::Probe, &found.payment).await?;
            }
            Ok(())
        };
        run_job(&self.context, probe).await;
        1
    }

    /// Claims what is due at a platform and runs a job for each row, until nothing is due or the platform does not
    /// answer. If the store does not respond, the rest is left to the next poll.
    async fn drain<T, C, F>(
        &self,
        platform: &Platform,
        claim: impl Fn(Arc<Context>, Provider) -> C,
        job: impl Fn(Arc<Context>, T) -> F,
    ) -> usize
    where
        C: Future<Output = Reply<Vec<T>>>,
        F: Future<Output = Reply<()>> + 'static,
    {
        let mut count = 0;
        for provider in platform.providers() {
            while platform.refuses().is_none() {
                let Ok(rows) = claim(Arc::clone(&self.context), provider.clone()).await else { break };
                if rows.is_empty() {
                    break;
                }
                count += rows.len();
                let jobs = rows.into_iter().map(|row| job(Arc::clone(&self.context), row));
                run_page(&self.context, jobs).await;
            }
        }
        count
    }

    async fn claim_syncs(context: Arc<Context>, provider: Provider) -> Reply<Vec<DueSync>> {
        let backoff = context.payments.ask;
        ask(&context.pay, ClaimDueSyncs { provider, limit: CLAIM_SIZE, backoff }).await
    }

    async fn claim_refunds(context: Arc<Context>, provider: Provider) -> Reply<Vec<DueRefund>> {
        let backoff = context.payments.refund;
        ask(&context.pay, ClaimDueRefunds { provider, limit: CLAIM_SIZE, backoff }).await
    }

    /// Cancels the orders whose time to pay has passed. An order whose platform is slow holds up no other order.
    async fn expire_due(&self) -> usize {
        let (lease, horizon) = (self.context.payments.close_again_after.get(), self.context.horizons.payment);
        let mut count = 0;
        while self.expiring.load(Relaxed) < EXPIRING_MAX {
            let claim = ClaimExpired { limit: PAGE_SIZE, lease, horizon };
            let Ok(orders) = ask(&self.context.order, claim).await else { break };
            if orders.is_empty() {
                break;
            }
            count += orders.len();
            let jobs = orders.into_iter().map(|order_id| {
                self.expiring.fetch_add(1, Relaxed);
                let (context, expiring) = (Arc::clone(&self.context), Expiring(Arc::clone(&self.expiring)));
                async move {
                    let _expiring = expiring;
                    let span = context.tracer.in_order(order_id, || "due expiry".to_owned(), Kind::Internal);
                    span.run(expire::expire(&context, order_id)).await
                }
            });
            let page = run_page(&self.context, jobs);
            // The jobs run in tasks of their own, which continue.
            let _ = tokio::time::timeout(PAGE_WITHIN, page).await;
        }
        count.max(self.expiring.load(Relaxed))
    }
}

/// Runs a loop unless it is running. In that case the result is 1, because work may be left.
async fn once(running: &Mutex<()>, run: impl Future<Output = usize>) -> usize {
    match running.try_lock() {
        Ok(_guard) => run.await,
        Err(_) => 1,
    }
}

async fn sync_job(context: Arc<Context>, due: DueSync) -> Reply<()> {
    let span = context.tracer.in_order(due.payment.order_id, || "due sync".to_owned(), Kind::Internal);
    span.run(sync::sync(&context, &due)).await
}

async fn refund_job(context: Arc<Context>, due: DueRefund) -> Reply<()> {
    let span = context.tracer.in_order(due.order_id, || "due refund".to_owned(), Kind::Internal);
    span.run(refund::drive(&context, CallKind::Refund, &due)).await
}
