//! Group commit, tested with a minimal owner: many tasks share one transaction and are answered after its COMMIT.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use futures_util::future::join_all;
use rust_decimal::Decimal;
use tradepost::actor::Failure;
use tradepost::actor::fault::Fault;
use tradepost::actor::health::ActorState;
use tradepost::actor::owner::Limits;
use tradepost::actor::task::ask;
use tradepost::db::with_conn;
use tradepost::trace::Traced;

use crate::support::eventually;
use crate::support::ledger::{Behaviour, CountOnConnection, LIMITS, List, Report, Running, Write, WriteAccepted};

const SECOND: Duration = Duration::from_secs(1);

fn good(ids: impl Iterator<Item = i32>) -> Vec<Write> {
    ids.map(|id| Write(id, Behaviour::Succeed)).collect()
}

/// `Some` once a batch has reached the delay that is planned before its commit.
async fn is_delayed(ledger: &Running) -> Option<()> {
    (ledger.faults.fired("ledger.before_commit") == 1).then_some(())
}

/// Waits until no batch is in flight. A connection is returned only after the replies are sent.
async fn idle(ledger: &Running) {
    let idle = || async { (ledger.health.report().in_flight == 0).then_some(()) };
    eventually(SECOND, "no batch is in flight", idle).await;
}

async fn write_all(ledger: &Running, writes: Vec<Write>) -> Vec<Result<i32, Failure>> {
    join_all(writes.into_iter().map(|write| ask(&ledger.addr, write))).await
}

#[actix_web::test]
async fn tasks_that_arrive_together_are_committed_together() {
    let ledger = Running::start(LIMITS);
    let replies = write_all(&ledger, good(0..500)).await;
    assert_eq!(replies, (0..500).map(Ok).collect::<Vec<_>>());
    let report = ledger.health.report();
    assert_eq!((report.batch.count, report.batch.max, report.batch.mean), (1, 500, Decimal::from(500)));
    assert_eq!((report.processed, report.failed, report.retried), (500, 0, 0));
    idle(&ledger).await;
    assert_eq!(ledger.health.report().mailbox.depth, 0);
}

#[actix_web::test]
async fn tasks_of_several_types_share_a_transaction() {
    let ledger = Running::start(LIMITS);
    let (one, two) = futures_util::future::join(
        ask(&ledger.addr, Write(1, Behaviour::Succeed)),
        ask(&ledger.addr, WriteAccepted(2)),
    )
    .await;
    assert_eq!((one, two), (Ok(1), Ok(2)));
    assert_eq!(ledger.health.report().batch.count, 1);
}

#[actix_web::test]
async fn a_single_task_is_committed_without_delay() {
    let ledger = Running::start(LIMITS);
    for id in 0..20 {
        assert_eq!(ask(&ledger.addr, Write(id, Behaviour::Succeed)).await, Ok(id));
    }
    let report = ledger.health.report();
    assert_eq!((report.batch.count, report.batch.max, report.batch.mean), (20, 1, Decimal::ONE));
}

#[actix_web::test]
async fn tasks_that_arrive_while_a_batch_runs_form_the_next_batch() {
    let ledger = Running::start(LIMITS);
    ledger.faults.plan("ledger.before_commit", Fault::Delay(Duration::from_millis(300)), 0, 1);
    let first = ledger.addr.mailbox().send(Traced::new(Write(0, Behaviour::Succeed)));
    eventually(SECOND, "the first batch has reached its delay", || is_delayed(&ledger)).await;
    write_all(&ledger, good(1..100)).await;
    assert_eq!(first.await.unwrap(), Ok(0));
    let report = ledger.health.report();
    assert_eq!((report.batch.count, report.batch.max), (2, 99));
}

#[actix_web::test]
async fn tasks_are_committed_also_if_a_batch_waits_for_more_of_them() {
    let ledger = Running::start(Limits { batch_wait: Duration::from_millis(20), ..LIMITS });
    for round in 0..5 {
        let replies = write_all(&ledger, good(10 * round..10 * (round + 1))).await;
        assert!(replies.iter().all(Result::is_ok), "{replies:?}");
        let lone = 1_000 + round;
        assert_eq!(ask(&ledger.addr, Write(lone, Behaviour::Succeed)).await, Ok(lone));
    }
    assert_eq!(ledger.entries().len(), 55);
}

#[actix_web::test]
async fn no_batch_is_larger_than_batch_max() {
    let ledger = Running::start(Limits { batch_max: 10, ..LIMITS });
    let replies = write_all(&ledger, good(0..25)).await;
    assert!(replies.iter().all(Result::is_ok), "{replies:?}");
    let report = ledger.health.report();
    assert_eq!((report.batch.count, report.batch.max), (3, 10));
}

#[actix_web::test]
async fn a_reply_comes_after_the_commit() {
    let ledger = Running::start(LIMITS);
    ledger.faults.plan("ledger.before_commit", Fault::Delay(Duration::from_millis(50)), 0, u32::MAX);
    for id in 0..5 {
        assert_eq!(ask(&ledger.addr, Write(id, Behaviour::Succeed)).await, Ok(id));
        assert_eq!(ledger.entries(), (0..=id).collect::<Vec<_>>());
    }
}

#[actix_web::test]
async fn a_query_does_not_wait_behind_a_slow_write() {
    let ledger = Running::start(LIMITS);
    ledger.faults.plan("ledger.before_commit", Fault::Delay(SECOND), 0, 1);
    let mut write = Box::pin(ledger.addr.mailbox().send(Traced::new(Write(1, Behaviour::Succeed))));
    eventually(SECOND, "the write has reached its delay", || is_delayed(&ledger)).await;
    assert_eq!(ask(&ledger.addr, List(Behaviour::Succeed)).await, Ok(vec![]));
    let write_is_done = actix_web::rt::time::timeout(Duration::ZERO, &mut write).await.is_ok();
    assert!(!write_is_done, "the query waited for the write");
    assert_eq!(write.await.unwrap(), Ok(1));
    assert_eq!(ask(&ledger.addr, List(Behaviour::Succeed)).await, Ok(vec![1]));
}

#[actix_web::test]
async fn a_query_does_not_wait_behind_the_reports_of_operators_which_run_one_at_a_time() {
    let ledger = Running::with_readers(LIMITS, 1);
    let (begins, begun) = mpsc::channel();
    let (ends, reports): (Vec<_>, Vec<_>) = (0..9)
        .map(|_| {
            let ((sender, ends), begins) = (mpsc::channel(), begins.clone());
            (sender, Box::pin(ledger.addr.mailbox().send(Traced::new(Report { begins, ends }))))
        })
        .unzip();
    let reports = actix_web::rt::spawn(join_all(reports));
    for end in ends {
        eventually(SECOND, "a report begins", || async { begun.try_recv().ok() }).await;
        assert_eq!(ask(&ledger.addr, List(Behaviour::Succeed)).await, Ok(vec![]));
        assert_eq!(ask(&ledger.addr, Write(1, Behaviour::Panic)).await, Err(Failure::Poison));
        assert!(begun.try_recv().is_err(), "a second report has begun");
        drop(end);
    }
    assert!(reports.await.unwrap().into_iter().all(|report| report.unwrap().is_ok()));
}

#[actix_web::test]
async fn a_panic_in_a_batch_replaces_the_connection_and_an_ordinary_batch_keeps_it() {
    let ledger = Running::start(LIMITS);
    assert_eq!(ask(&ledger.addr, CountOnConnection).await, Ok(1));
    assert_eq!(ask(&ledger.addr, CountOnConnection).await, Ok(2));
    assert_eq!(ask(&ledger.addr, Write(1, Behaviour::Panic)).await, Err(Failure::Poison));
    assert_eq!(ask(&ledger.addr, CountOnConnection).await, Ok(1));
    // The actor restarts after the caller has its answer.
    eventually(SECOND, "a restart", || async { (ledger.health.report().restarts == 1).then_some(()) }).await;

    // A panic in the handler does not involve a connection.
    ledger.faults.plan("ledger.handle", Fault::Panic, 0, 1);
    assert_eq!(ask(&ledger.addr, CountOnConnection).await, Err(Failure::Unknown));
    assert_eq!(ask(&ledger.addr, CountOnConnection).await, Ok(2));
    assert_eq!(ledger.health.report().restarts, 2);
}

#[actix_web::test]
async fn an_error_before_the_commit_is_reported_as_unknown_and_nothing_is_written() {
    let ledger = Running::start(LIMITS);
    assert_eq!(ask(&ledger.addr, CountOnConnection).await, Ok(1));
    // A health probe may run between the reply and the look at the health, and finds the store reachable again.
    let becomes_unready = || async {
        ledger.faults.plan("ledger.before_commit", Fault::Error, 0, 1);
        assert_eq!(write_all(&ledger, good(0..3)).await, vec![Err(Failure::Unknown); 3]);
        assert_eq!(ledger.entries(), Vec::<i32>::new());
        (!ledger.health.is_ready()).then_some(())
    };
    eventually(SECOND, "the owner is unready after an error of its store", becomes_unready).await;
    assert_eq!(ask(&ledger.addr, CountOnConnection).await, Ok(1), "the connection is replaced after an error");
    assert!(ledger.health.is_ready());
    assert_eq!(write_all(&ledger, good(0..3)).await, [Ok(0), Ok(1), Ok(2)]);
}

#[actix_web::test]
async fn an_error_after_the_commit_is_reported_as_unknown_and_everything_is_written() {
    let ledger = Running::start(LIMITS);
    ledger.faults.plan("ledger.after_commit", Fault::Error, 0, 1);
    assert_eq!(write_all(&ledger, good(0..3)).await, vec![Err(Failure::Unknown); 3]);
    assert_eq!(ledger.entries(), [0, 1, 2]);
    let report = ledger.health.report();
    assert_eq!((report.failed, report.state), (3, ActorState::Running));
    assert!(report.last_error.unwrap().message.contains("injected at ledger.after_commit"));
}

/// Sets a mark on the reader connection, not in its database. Returns whether the mark was set before.
fn mark(running: &Running) -> bool {
    let db = &mut *running.store.reader().unwrap();
    let (set, is_set) = match running.store.engine() {
        "sqlite" => ("PRAGMA cache_size = -777", "(SELECT CAST(cache_size = -777 AS BIGINT) FROM pragma_cache_size)"),
        "postgres" => (
            "SET application_name = '777'",
            "CAST(CAST(current_setting('application_name') = '777' AS INTEGER) AS BIGINT)",
        ),
        _ => ("SET @mark = 777", "CAST(COALESCE(@mark = 777, 0) AS SIGNED)"),
    };
    let was_set: i64 = with_conn!(db, diesel::select(diesel::dsl::sql::<BigInt>(is_set)).get_result(db)).unwrap();
    db.batch_execute(set).unwrap();
    was_set == 1
}

/// Lists the entries and waits until the reader is returned to the pool, which happens after the reply. Returns whether
/// the query succeeded.
async fn list(running: &Running, then: Behaviour) -> bool {
    let answer = ask(&running.addr, List(then)).await;
    idle(running).await;
    answer.is_ok()
}

#[actix_web::test]
async fn a_reader_is_not_reused_after_a_query_panicked_on_it() {
    let running = Running::with_readers(LIMITS, 1);
    assert!(!mark(&running));
    assert!(list(&running, Behaviour::Succeed).await);
    assert!(mark(&running), "a reader is reused after a query that succeeded");
    assert!(!list(&running, Behaviour::Panic).await);
    assert!(!mark(&running), "a reader is discarded after a panic");
}

#[actix_web::test]
async fn nothing_is_written_after_the_lease_of_the_node_has_ended() {
    let ledger = Running::start(LIMITS);
    // The lease ends while the batch runs: after its statements, before its commit.
    ledger.fence.open_until(Instant::now() + Duration::from_secs(1));
    ledger.faults.plan("ledger.before_commit", Fault::Delay(Duration::from_millis(1_300)), 0, 1);
    assert_eq!(ask(&ledger.addr, Write(1, Behaviour::Succeed)).await, Err(Failure::Unknown));
    assert_eq!(ask(&ledger.addr, Write(2, Behaviour::Succeed)).await, Err(Failure::Busy), "it has ended");
    assert_eq!(ledger.entries(), Vec::<i32>::new());
    ledger.fence.open_until(Instant::now() + Duration::from_secs(60));
    assert_eq!(ask(&ledger.addr, Write(3, Behaviour::Succeed)).await, Ok(3), "it is renewed");
    // A batch with a poison item is run again in savepoints, and that transaction is guarded as well.
    ledger.fence.open_until(Instant::now() + Duration::from_secs(1));
    ledger.faults.plan("ledger.apply", Fault::Delay(Duration::from_millis(1_300)), 0, 1);
    let writes = vec![Write(4, Behaviour::Panic), Write(5, Behaviour::Succeed)];
    assert_eq!(write_all(&ledger, writes).await, [Err(Failure::Unknown), Err(Failure::Unknown)]);
    assert_eq!(ledger.entries(), [3]);
}
