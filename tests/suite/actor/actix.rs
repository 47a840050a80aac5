//! What the design takes for granted about actix, and what its own `supervise` adds. Where one of these fails after an
//! update of actix, the runtime is to be thought over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::dev::SendError;
use actix::{
    Actor, ActorContext, Addr, Context, Handler, MailboxError, Message, ResponseActFuture, ResponseFuture, Supervised,
    Supervisor, WrapFuture,
};
use futures_util::future::join_all;
use tokio::sync::oneshot;
use tradepost::actor::Health;
use tradepost::actor::health::ActorState;
use tradepost::actor::supervisor::supervise;
use tradepost::domain::clock::Clock;

use crate::support::eventually;

const SECOND: Duration = Duration::from_secs(1);

/// Counts what reaches it.
#[derive(Default)]
struct Probe {
    pings: usize,
    lives: usize,
    restarts: usize,
    /// The next life does not start, or not even restart.
    panics_in_started: Arc<AtomicBool>,
    panics_in_restarting: Arc<AtomicBool>,
}

impl Actor for Probe {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        assert!(!self.panics_in_started.swap(false, Ordering::Relaxed), "in started");
        self.lives += 1;
    }
}

impl Supervised for Probe {
    fn restarting(&mut self, _: &mut Self::Context) {
        assert!(!self.panics_in_restarting.swap(false, Ordering::Relaxed), "in restarting");
        self.restarts += 1;
    }
}

/// Answers how many of these were handled, and how often the actor was told that it restarts.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "(usize, usize)")]
struct Ping;

impl Handler<Ping> for Probe {
    type Result = actix::MessageResult<Ping>;

    fn handle(&mut self, _: Ping, _: &mut Self::Context) -> Self::Result {
        self.pings += 1;
        actix::MessageResult((self.pings, self.restarts))
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
enum End {
    Stop,
    Panic,
}

impl Handler<End> for Probe {
    type Result = ();

    fn handle(&mut self, end: End, ctx: &mut Self::Context) {
        match end {
            End::Stop => ctx.stop(),
            End::Panic => panic!("on request"),
        }
    }
}

/// Answers when told to: from a future that holds no actor, or from one that does.
#[derive(Message)]
#[rtype(result = "&'static str")]
struct WaitFor(oneshot::Receiver<()>);

#[derive(Message)]
#[rtype(result = "&'static str")]
struct WaitInside(oneshot::Receiver<()>);

impl Handler<WaitFor> for Probe {
    type Result = ResponseFuture<&'static str>;

    fn handle(&mut self, WaitFor(told): WaitFor, _: &mut Self::Context) -> Self::Result {
        Box::pin(async move {
            told.await.unwrap();
            "told"
        })
    }
}

impl Handler<WaitInside> for Probe {
    type Result = ResponseActFuture<Self, &'static str>;

    fn handle(&mut self, WaitInside(told): WaitInside, _: &mut Self::Context) -> Self::Result {
        let waiting = async move {
            told.await.unwrap();
            "told"
        };
        Box::pin(waiting.into_actor(self))
    }
}

fn supervised(make: impl FnOnce(&mut Context<Probe>) -> Probe) -> (Addr<Probe>, Arc<Health>) {
    let health = Arc::new(Health::new("probe", Clock::default(), 16, None));
    (supervise(Arc::clone(&health), make), health)
}

#[actix_web::test]
async fn actix_restarts_an_actor_that_stops_on_the_same_mailbox() {
    let probe = Supervisor::start(|_| Probe::default());
    let (_, stop, ping) = futures_util::future::join3(probe.send(Ping), probe.send(End::Stop), probe.send(Ping)).await;
    assert_eq!((stop, ping), (Ok(()), Ok((2, 1))));
}

#[actix_web::test]
async fn actix_does_not_restart_an_actor_that_panics_and_its_mailbox_is_dead() {
    let probe = Supervisor::start(|_| Probe::default());
    let (panic, queued) = futures_util::future::join(probe.send(End::Panic), probe.send(Ping)).await;
    assert_eq!((panic, queued), (Err(MailboxError::Closed), Err(MailboxError::Closed)));
    assert_eq!(probe.send(Ping).await, Err(MailboxError::Closed));
    assert!(!probe.connected());
}

#[actix_web::test]
async fn our_supervisor_restarts_both_and_keeps_the_address_the_value_and_the_mailbox() {
    let (probe, health) = supervised(|_| Probe::default());
    for (end, answer, restarts) in [(End::Panic, Err(MailboxError::Closed), 1), (End::Stop, Ok(()), 2)] {
        let (ended, queued) = futures_util::future::join(probe.send(end), probe.send(Ping)).await;
        assert_eq!((ended, queued), (answer, Ok((restarts, restarts))));
        assert_eq!(health.report().restarts, u64::try_from(restarts).unwrap());
        assert_eq!(health.report().state, ActorState::Running);
    }
    assert_eq!(health.report().last_error.unwrap().message, "panic: on request");
}

#[actix_web::test]
async fn a_life_that_cannot_start_is_not_the_last() {
    let (starts, restarts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (panics_in_started, panics_in_restarting) = (Arc::clone(&starts), Arc::clone(&restarts));
    let (probe, health) = supervised(|_| Probe { panics_in_started, panics_in_restarting, ..Probe::default() });
    assert_eq!(probe.send(Ping).await, Ok((1, 0)));
    let ways = [(starts, "panic: in started", 2), (restarts, "panic: in restarting", 3)];
    for (pings, (broken, message, lives)) in (2..).zip(ways) {
        broken.store(true, Ordering::Relaxed);
        assert_eq!(probe.send(End::Stop).await, Ok(()));
        assert_eq!(probe.send(Ping).await.unwrap().0, pings);
        let report = health.report();
        assert_eq!((report.state, report.restarts), (ActorState::Running, lives));
        assert_eq!(report.last_error.unwrap().message, message);
    }
}

#[actix_web::test]
async fn an_actor_nobody_can_reach_ends() {
    let (probe, health) = supervised(|_| Probe::default());
    assert_eq!(probe.send(Ping).await, Ok((1, 0)));
    drop(probe);
    let stopped = || async { (health.report().state == ActorState::Stopped).then_some(()) };
    eventually(SECOND, "the end", stopped).await;
    assert_eq!(health.report().restarts, 0);
}

#[actix_web::test]
async fn a_future_that_holds_no_actor_survives_a_restart_and_one_that_does_is_lost() {
    for end in [End::Stop, End::Panic] {
        let (probe, _) = supervised(|_| Probe::default());
        let (tell, told) = oneshot::channel();
        let (_keep, never) = oneshot::channel();
        let (free, bound) = (probe.send(WaitFor(told)), probe.send(WaitInside(never)));
        let _ = probe.send(end).await;
        assert_eq!(probe.send(Ping).await, Ok((1, 1)));
        assert_eq!(bound.await, Err(MailboxError::Closed));
        tell.send(()).unwrap();
        assert_eq!(free.await, Ok("told"));
    }
}

#[actix_web::test]
async fn the_mailbox_bounds_try_send_but_not_send() {
    let (probe, _) = supervised(|ctx| {
        ctx.set_mailbox_capacity(4);
        Probe::default()
    });
    // Nothing is handled before this test waits.
    let tried: Vec<bool> = (0..10).map(|_| !matches!(probe.try_send(Ping), Err(SendError::Full(Ping)))).collect();
    assert!(tried.contains(&false), "{tried:?}");
    let taken = tried.iter().filter(|taken| **taken).count();
    let answers = join_all((0..50).map(|_| probe.send(Ping))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(probe.send(Ping).await, Ok((taken + 51, 0)));
}

#[actix_web::test]
async fn a_request_dropped_before_its_turn_is_skipped() {
    let (probe, _) = supervised(|_| Probe::default());
    drop(probe.send(Ping));
    drop(probe.send(Ping));
    assert_eq!(probe.send(Ping).await, Ok((1, 0)), "nobody waited for the first two");
}

#[actix_web::test]
async fn a_panic_on_a_blocking_thread_is_a_value() {
    let error = tokio::task::spawn_blocking(|| panic!("on a blocking thread")).await.unwrap_err();
    assert!(error.is_panic());
    assert_eq!(tokio::task::spawn_blocking(|| 1).await.unwrap(), 1);
}

#[actix_web::test]
async fn a_timeout_does_not_undo_what_has_begun() {
    let (probe, _) = supervised(|_| Probe::default());
    let (tell, told) = oneshot::channel();
    let late = probe.send(WaitFor(told)).timeout(Duration::from_millis(10)).await;
    assert_eq!(late, Err(MailboxError::Timeout));
    assert_eq!(tell.send(()), Ok(()), "its future still waits");
    assert_eq!(probe.send(Ping).await, Ok((1, 0)));
}
