//! Properties of actix that the runtime relies on, and what `supervise` adds to them. If one of these tests fails after
//! an update of actix, the design of the runtime needs a review.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

use actix::dev::SendError;
use actix::{
    Actor, ActorContext, Addr, Arbiter, Context, Handler, MailboxError, Message, ResponseActFuture, ResponseFuture,
    Supervised, Supervisor, WrapFuture,
};
use futures_util::future::join_all;
use tokio::sync::oneshot;
use tradepost::actor::Health;
use tradepost::actor::health::ActorState;
use tradepost::actor::supervisor::{supervise, supervise_on};
use tradepost::domain::clock::Clock;

use crate::support::eventually;

const SECOND: Duration = Duration::from_secs(1);

/// An actor that counts its pings, starts and restarts.
#[derive(Default)]
struct Probe {
    pings: usize,
    starts: usize,
    restarts: usize,
    /// Makes the next call of `started` panic.
    panics_in_started: Arc<AtomicBool>,
    /// Makes the next call of `restarting` panic.
    panics_in_restarting: Arc<AtomicBool>,
}

impl Actor for Probe {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        assert!(!self.panics_in_started.swap(false, Ordering::Relaxed), "in started");
        self.starts += 1;
    }
}

impl Supervised for Probe {
    fn restarting(&mut self, _: &mut Self::Context) {
        assert!(!self.panics_in_restarting.swap(false, Ordering::Relaxed), "in restarting");
        self.restarts += 1;
    }
}

/// Replies with the number of pings the actor has handled and the number of its restarts.
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

/// Replies with the thread on which the actor runs.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "ThreadId")]
struct Where;

impl Handler<Where> for Probe {
    type Result = actix::MessageResult<Where>;

    fn handle(&mut self, _: Where, _: &mut Self::Context) -> Self::Result {
        actix::MessageResult(std::thread::current().id())
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

/// Replies when its channel fires, from a future that does not borrow the actor.
#[derive(Message)]
#[rtype(result = "&'static str")]
struct WaitFor(oneshot::Receiver<()>);

/// Replies when its channel fires, from a future that borrows the actor.
#[derive(Message)]
#[rtype(result = "&'static str")]
struct WaitInside(oneshot::Receiver<()>);

impl Handler<WaitFor> for Probe {
    type Result = ResponseFuture<&'static str>;

    fn handle(&mut self, WaitFor(release): WaitFor, _: &mut Self::Context) -> Self::Result {
        Box::pin(async move {
            release.await.unwrap();
            "released"
        })
    }
}

impl Handler<WaitInside> for Probe {
    type Result = ResponseActFuture<Self, &'static str>;

    fn handle(&mut self, WaitInside(release): WaitInside, _: &mut Self::Context) -> Self::Result {
        let waiting = async move {
            release.await.unwrap();
            "released"
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
async fn supervise_restarts_after_a_stop_and_a_panic_and_keeps_the_address_the_value_and_the_mailbox() {
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
async fn an_actor_on_a_thread_of_its_own_is_restarted_there_and_ends_with_it() {
    let (arbiter, health) = (Arbiter::new(), Arc::new(Health::new("probe", Clock::default(), 16, None)));
    let probe = supervise_on(&arbiter.handle(), Arc::clone(&health), |_| Probe::default());
    let thread = probe.send(Where).await.unwrap();
    assert_ne!(thread, std::thread::current().id());
    let (ended, queued) = futures_util::future::join(probe.send(End::Panic), probe.send(Ping)).await;
    assert_eq!((ended, queued), (Err(MailboxError::Closed), Ok((1, 1))));
    assert_eq!(probe.send(Where).await, Ok(thread));
    assert_eq!(health.report().state, ActorState::Running);
    arbiter.stop();
    arbiter.join().unwrap();
    assert_eq!(health.report().state, ActorState::Stopped);
    assert_eq!(probe.send(Ping).await, Err(MailboxError::Closed));
}

#[actix_web::test]
async fn actors_that_share_their_counters_have_stopped_when_the_last_one_has() {
    let health = Arc::new(Health::new("probe", Clock::default(), 16, None));
    let [first, second] = [(), ()].map(|()| supervise(Arc::clone(&health), |_| Probe::default()));
    assert_eq!(first.send(Ping).await, Ok((1, 0)));
    drop(first);
    assert_eq!(second.send(End::Stop).await, Ok(()));
    assert_eq!(second.send(Ping).await, Ok((1, 1)));
    assert_eq!((health.report().state, health.report().restarts), (ActorState::Running, 1));
    drop(second);
    let has_stopped = || async { (health.report().state == ActorState::Stopped).then_some(()) };
    eventually(SECOND, "the last one has stopped", has_stopped).await;
}

#[actix_web::test]
async fn an_actor_that_panics_while_it_starts_or_restarts_is_restarted_again() {
    let (start, restart) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (panics_in_started, panics_in_restarting) = (Arc::clone(&start), Arc::clone(&restart));
    let (probe, health) = supervised(|_| Probe { panics_in_started, panics_in_restarting, ..Probe::default() });
    assert_eq!(probe.send(Ping).await, Ok((1, 0)));
    let cases = [(start, "panic: in started", 2), (restart, "panic: in restarting", 3)];
    for (pings, (broken, message, restarts)) in (2..).zip(cases) {
        broken.store(true, Ordering::Relaxed);
        assert_eq!(probe.send(End::Stop).await, Ok(()));
        assert_eq!(probe.send(Ping).await.unwrap().0, pings);
        let report = health.report();
        assert_eq!((report.state, report.restarts), (ActorState::Running, restarts));
        assert_eq!(report.last_error.unwrap().message, message);
    }
}

#[actix_web::test]
async fn an_actor_stops_when_its_last_address_is_dropped() {
    let (probe, health) = supervised(|_| Probe::default());
    assert_eq!(probe.send(Ping).await, Ok((1, 0)));
    drop(probe);
    let stopped = || async { (health.report().state == ActorState::Stopped).then_some(()) };
    eventually(SECOND, "the actor has stopped", stopped).await;
    assert_eq!(health.report().restarts, 0);
}

#[actix_web::test]
async fn a_future_that_does_not_borrow_the_actor_survives_a_restart_and_one_that_does_is_dropped() {
    for end in [End::Stop, End::Panic] {
        let (probe, _) = supervised(|_| Probe::default());
        let (release, released) = oneshot::channel();
        let (_sender, never_released) = oneshot::channel();
        let (free, bound) = (probe.send(WaitFor(released)), probe.send(WaitInside(never_released)));
        let _ = probe.send(end).await;
        assert_eq!(probe.send(Ping).await, Ok((1, 1)));
        assert_eq!(bound.await, Err(MailboxError::Closed));
        release.send(()).unwrap();
        assert_eq!(free.await, Ok("released"));
    }
}

#[actix_web::test]
async fn the_mailbox_bounds_try_send_but_not_send() {
    let (probe, _) = supervised(|ctx| {
        ctx.set_mailbox_capacity(4);
        Probe::default()
    });
    // The actor runs on this thread, so it handles nothing before this test awaits.
    let tried: Vec<bool> = (0..10).map(|_| !matches!(probe.try_send(Ping), Err(SendError::Full(Ping)))).collect();
    assert!(tried.contains(&false), "{tried:?}");
    let accepted = tried.iter().filter(|accepted| **accepted).count();
    let answers = join_all((0..50).map(|_| probe.send(Ping))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(probe.send(Ping).await, Ok((accepted + 51, 0)));
}

#[actix_web::test]
async fn a_request_that_is_dropped_before_it_is_handled_is_skipped() {
    let (probe, _) = supervised(|_| Probe::default());
    drop(probe.send(Ping));
    drop(probe.send(Ping));
    assert_eq!(probe.send(Ping).await, Ok((1, 0)), "the first two were dropped and must be skipped");
}

#[actix_web::test]
async fn a_panic_on_a_blocking_thread_is_returned_as_an_error() {
    let error = tokio::task::spawn_blocking(|| panic!("on a blocking thread")).await.unwrap_err();
    assert!(error.is_panic());
    assert_eq!(tokio::task::spawn_blocking(|| 1).await.unwrap(), 1);
}

#[actix_web::test]
async fn a_timeout_does_not_cancel_a_request_that_has_started() {
    let (probe, _) = supervised(|_| Probe::default());
    let (release, released) = oneshot::channel();
    let late = probe.send(WaitFor(released)).timeout(Duration::from_millis(10)).await;
    assert_eq!(late, Err(MailboxError::Timeout));
    assert_eq!(release.send(()), Ok(()), "its future still waits");
    assert_eq!(probe.send(Ping).await, Ok((1, 0)));
}
