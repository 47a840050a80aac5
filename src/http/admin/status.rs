//! `/admin/status`: the state of the actors, outboxes, sagas and payments. A part that does not reply is `null`.

use std::future::Future;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use futures_util::future::join_all;
use serde::Serialize;

use crate::actor::health::{self, ActorReport};
use crate::actor::task::ask;
use crate::coordinator::message::{ReadSagas, Sagas};
use crate::domain::clock::Timestamp;
use crate::domain::horizon::Horizons;
use crate::domain::webhook::DisableReason;
use crate::http::extract::auth::Admin;
use crate::http::middleware::admission;
use crate::http::state::{HandlerResult, State};
use crate::messaging::outbox::{self, Backlog};
use crate::node::LiveNode;
use crate::pay::message::{CountByPlatform, CountPending, PendingCounts};
use crate::payments::platform::report::PlatformReport;
use crate::payments::platform::single::PlatformState;
use crate::trace::Traced;
use crate::webhook::message::{ListWebhooks, WEBHOOKS_MAX, Webhook};
use crate::{order, pay};

/// Time limit for each part. A part that exceeds it is reported as `null`.
const PART_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Healthy,
    Degraded,
    Unhealthy,
}

#[derive(Serialize)]
struct Status {
    status: Verdict,
    version: &'static str,
    uptime_s: u64,
    node: ThisNode,
    nodes: Vec<LiveNode>,
    actors: Vec<ActorReport>,
    outbox: Option<Outbox>,
    sagas: Option<Sagas>,
    payments: Option<PendingCounts>,
    platforms: Vec<PlatformReport>,
    ahead: Ahead,
    #[serde(rename = "door")]
    admission: admission::Report,
    webhooks: Option<WebhookCounts>,
}

/// This node among those that share its stores.
#[derive(Serialize)]
struct ThisNode {
    number: i32,
    /// Whether it may write.
    has_lease: bool,
    /// The system time minus the database's time.
    clock_difference_ms: i64,
}

/// Totals over all webhooks.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct WebhookCounts {
    endpoints: usize,
    /// Those that the shop has disabled because they failed.
    disabled: usize,
    undelivered: i64,
    oldest_age_s: u64,
}

impl WebhookCounts {
    fn new(webhooks: &[Webhook], now: Timestamp) -> Self {
        let is_failed =
            |webhook: &&Webhook| webhook.disable_reason.is_some_and(|reason| reason != DisableReason::Administrator);
        let oldest = webhooks.iter().filter_map(|webhook| webhook.oldest_undelivered_time).min();
        Self {
            endpoints: webhooks.len(),
            disabled: webhooks.iter().filter(is_failed).count(),
            undelivered: webhooks.iter().map(|webhook| webhook.undelivered).sum(),
            oldest_age_s: oldest.map_or(0, |oldest| now.since(oldest).as_secs()),
        }
    }
}

/// Numbers of rows whose stored moment is further ahead than the settings allow. Each is brought forward within moments.
#[derive(Debug, Serialize)]
struct Ahead {
    orders: Option<i64>,
    messages: Option<i64>,
    payments: Option<i64>,
    refunds: Option<i64>,
}

/// Totals over all outboxes.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Outbox {
    pending: i64,
    oldest_age_s: u64,
    dead: i64,
}

/// `GET /admin/status`
///
/// # Errors
/// None of its own. A part without a reply in time is `null`.
pub async fn show(_: Admin, state: web::Data<State>) -> HandlerResult {
    let backlogs = join_all(
        state
            .outboxes
            .iter()
            .map(|outbox| in_time(outbox.backlog.send(Traced::new(outbox::ReadBacklog(outbox.bound))))),
    );
    let Horizons { deadline, payment, sync, refund, .. } = state.horizons;
    let orders_ahead = ask(&state.owners.order, order::message::CountAhead { deadline, payment });
    let payments_ahead = ask(&state.owners.pay, pay::message::CountAhead { sync, refund });
    let webhooks = ask(&state.owners.user, ListWebhooks { webhook_id: None, before: None, limit: WEBHOOKS_MAX });
    let (backlogs, sagas, payments, by_platform, orders_ahead, payments_ahead, webhooks) = tokio::join!(
        backlogs,
        in_time(state.sources.recovery.send(ReadSagas)),
        in_time(ask(&state.owners.pay, CountPending)),
        in_time(ask(&state.owners.pay, CountByPlatform)),
        in_time(orders_ahead),
        in_time(payments_ahead),
        in_time(webhooks),
    );
    let now = state.clock.now();
    let backlogs: Option<Vec<Backlog>> = backlogs.into_iter().map(|backlog| backlog?.ok()).collect();
    let ahead = Ahead {
        orders: orders_ahead,
        messages: backlogs.as_ref().map(|backlogs| backlogs.iter().map(|backlog| backlog.ahead).sum()),
        payments: payments_ahead.map(|ahead| ahead.payments),
        refunds: payments_ahead.map(|ahead| ahead.refunds),
    };
    let outbox = backlogs.map(|backlogs| totals(&backlogs, now));
    let actors: Vec<ActorReport> = state.health.iter().map(|actor| actor.report()).collect();
    let node = ThisNode {
        number: state.node.number.get(),
        has_lease: state.node.fence.is_open(),
        clock_difference_ms: state.clock.system_difference_ms(),
    };
    let platforms = state.platforms.report(by_platform);
    let has_parked = payments.is_some_and(|counts| counts.refunds_parked + counts.charges_parked > 0);
    let webhooks = webhooks.map(|webhooks| WebhookCounts::new(&webhooks, now));
    let is_waiting = has_parked || webhooks.as_ref().is_some_and(|webhooks| webhooks.disabled > 0);
    let worst = match node.has_lease {
        true => verdict(&actors, outbox.as_ref(), &platforms, is_waiting),
        false => Verdict::Unhealthy,
    };
    let status = Status {
        status: worst,
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: now.since(state.started).as_secs(),
        node,
        nodes: state.node.live(),
        actors,
        outbox,
        sagas,
        payments,
        platforms,
        ahead,
        admission: state.admission.report(),
        webhooks,
    };
    Ok(HttpResponse::Ok().json(status))
}

/// The reply, if it succeeds within [`PART_WITHIN`].
async fn in_time<T, E>(reply: impl Future<Output = Result<T, E>>) -> Option<T> {
    tokio::time::timeout(PART_WITHIN, reply).await.ok()?.ok()
}

fn totals(backlogs: &[Backlog], now: Timestamp) -> Outbox {
    let oldest = backlogs.iter().filter_map(|backlog| backlog.oldest).min();
    Outbox {
        pending: backlogs.iter().map(|backlog| backlog.pending).sum(),
        oldest_age_s: oldest.map_or(0, |oldest| now.since(oldest).as_secs()),
        dead: backlogs.iter().map(|backlog| backlog.dead).sum(),
    }
}

/// `is_waiting` is whether money or a webhook waits for an operator.
fn verdict(actors: &[ActorReport], outbox: Option<&Outbox>, platforms: &[PlatformReport], is_waiting: bool) -> Verdict {
    let down = |actor: &ActorReport| {
        actor.state == health::ActorState::Stopped
            || actor.store.as_ref().is_some_and(|store| !store.reachable || !store.writable)
    };
    let is_well = platforms.iter().all(|platform| platform.state == PlatformState::Up);
    let restarting = actors.iter().any(|actor| actor.state == health::ActorState::Restarting);
    match outbox {
        _ if actors.iter().any(down) => Verdict::Unhealthy,
        Some(outbox) if outbox.dead == 0 && !restarting && is_well && !is_waiting => Verdict::Healthy,
        _ => Verdict::Degraded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Health;
    use crate::domain::clock::Clock;

    #[test]
    fn the_worst_actor_decides_the_verdict() {
        let actor = || Health::new("goods", Clock::default(), 1, Some("sqlite"));
        let verdict_of =
            |actor: &Health, dead| verdict(&[actor.report()], Some(&Outbox { dead, ..Outbox::default() }), &[], false);
        let goods = actor();
        assert_eq!(verdict_of(&goods, 0), Verdict::Healthy);
        assert_eq!(verdict_of(&goods, 1), Verdict::Degraded);
        assert_eq!(verdict(&[goods.report()], None, &[], false), Verdict::Degraded);
        assert_eq!(verdict(&[goods.report()], Some(&Outbox::default()), &[], true), Verdict::Degraded);
        goods.started();
        goods.restarting();
        assert_eq!(verdict_of(&goods, 0), Verdict::Degraded);
        goods.stopped(true);
        assert_eq!(verdict_of(&goods, 0), Verdict::Unhealthy);
        let goods = actor();
        goods.set_reachable(false);
        assert_eq!(verdict_of(&goods, 0), Verdict::Unhealthy);
        let goods = actor();
        goods.set_writable(false);
        assert_eq!(verdict_of(&goods, 0), Verdict::Unhealthy);
    }

    #[test]
    fn a_platform_that_is_not_up_degrades_the_verdict() {
        let verdict_of = |state: PlatformState| {
            let (since, calls, open, refunds_pending, parked, amount) = (None, 0, Some(0), Some(0), Some(0), None);
            let provider = "alipay".to_owned();
            let platform = PlatformReport { provider, state, since, calls, open, refunds_pending, parked, amount };
            verdict(&[], Some(&Outbox::default()), &[platform], false)
        };
        assert_eq!(verdict_of(PlatformState::Up), Verdict::Healthy);
        for state in [PlatformState::Slow, PlatformState::Down, PlatformState::Removed] {
            assert_eq!(verdict_of(state), Verdict::Degraded);
        }
    }

    #[test]
    fn the_backlogs_of_all_outboxes_are_summed() {
        let backlog = |pending, oldest, dead| Backlog { pending, oldest, dead, ..Backlog::default() };
        let all = [backlog(2, Some(Timestamp(9_000)), 0), backlog(0, None, 1), backlog(1, Some(Timestamp(4_000)), 1)];
        let sum = Outbox { pending: 3, oldest_age_s: 6, dead: 2 };
        assert_eq!(totals(&all, Timestamp(10_000)), sum);
    }
}
