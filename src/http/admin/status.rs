//! `/admin/status`: the state of the actors, outboxes, sagas and payments. A part that does not reply is `null`.

use std::future::Future;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use futures_util::future::{join_all, join3};
use serde::Serialize;

use crate::actor::health::{self, ActorReport};
use crate::actor::task::ask;
use crate::coordinator::message::{ReadSagas, Sagas};
use crate::domain::clock::Timestamp;
use crate::http::extract::auth::Admin;
use crate::http::middleware::admission;
use crate::http::state::{HandlerResult, State};
use crate::messaging::outbox::{self, Backlog};
use crate::pay::message::{CountPending, PendingCounts};

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
    actors: Vec<ActorReport>,
    outbox: Option<Outbox>,
    sagas: Option<Sagas>,
    payments: Option<PendingCounts>,
    #[serde(rename = "door")]
    admission: admission::Report,
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
    let backlogs = join_all(state.outboxes.iter().map(|outbox| in_time(outbox.backlog.send(outbox::ReadBacklog))));
    let (backlogs, sagas, payments) =
        join3(backlogs, in_time(state.coordinator.send(ReadSagas)), in_time(ask(&state.owners.pay, CountPending)))
            .await;
    let now = state.clock.now();
    let backlogs: Option<Vec<Backlog>> = backlogs.into_iter().map(|backlog| backlog?.ok()).collect();
    let outbox = backlogs.map(|backlogs| totals(&backlogs, now));
    let actors: Vec<ActorReport> = state.health.iter().map(|actor| actor.report()).collect();
    let status = Status {
        status: verdict(&actors, outbox.as_ref()),
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: now.since(state.started).as_secs(),
        actors,
        outbox,
        sagas,
        payments,
        admission: state.admission.report(),
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

fn verdict(actors: &[ActorReport], outbox: Option<&Outbox>) -> Verdict {
    let down = |actor: &ActorReport| {
        actor.state == health::ActorState::Stopped || actor.store.as_ref().is_some_and(|store| !store.reachable)
    };
    let restarting = actors.iter().any(|actor| actor.state == health::ActorState::Restarting);
    match outbox {
        _ if actors.iter().any(down) => Verdict::Unhealthy,
        Some(outbox) if outbox.dead == 0 && !restarting => Verdict::Healthy,
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
        let verdict_of = |actor: &Health, dead| verdict(&[actor.report()], Some(&Outbox { dead, ..Outbox::default() }));
        let goods = actor();
        assert_eq!(verdict_of(&goods, 0), Verdict::Healthy);
        assert_eq!(verdict_of(&goods, 1), Verdict::Degraded);
        assert_eq!(verdict(&[goods.report()], None), Verdict::Degraded);
        goods.restarting();
        assert_eq!(verdict_of(&goods, 0), Verdict::Degraded);
        goods.stopped();
        assert_eq!(verdict_of(&goods, 0), Verdict::Unhealthy);
        let goods = actor();
        goods.set_reachable(false);
        assert_eq!(verdict_of(&goods, 0), Verdict::Unhealthy);
    }

    #[test]
    fn the_backlogs_of_all_outboxes_are_summed() {
        let backlog = |pending, oldest, dead| Backlog { pending, oldest, dead, due: Vec::new() };
        let all = [backlog(2, Some(Timestamp(9_000)), 0), backlog(0, None, 1), backlog(1, Some(Timestamp(4_000)), 1)];
        let sum = Outbox { pending: 3, oldest_age_s: 6, dead: 2 };
        assert_eq!(totals(&all, Timestamp(10_000)), sum);
    }
}
