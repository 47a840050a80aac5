//! One bad task in a batch, and full queues: what the other tasks and the callers see. Tested with a minimal owner.

use std::time::Duration;

use futures_util::future::join_all;
use tradepost::actor::fault::Fault;
use tradepost::actor::owner::Limits;
use tradepost::actor::task::ask;
use tradepost::actor::{Failure, Reply};
use tradepost::db;
use tradepost::trace::Traced;

use crate::server::{Engine, engine};
use crate::support::eventually;
use crate::support::ledger::{Behaviour, LIMITS, List, Running, Write, WriteAccepted, WriteOnce};

const SECOND: Duration = Duration::from_secs(1);

/// Writes the entries 0 to 9 in one batch. `poison` says what the entries it names do; the others succeed.
async fn write_ten(ledger: &Running, poison: &[(i32, Behaviour)]) -> Vec<Reply<i32>> {
    let write =
        |id| Write(id, poison.iter().find(|(other, _)| *other == id).map_or(Behaviour::Succeed, |(_, then)| *then));
    join_all((0..10).map(|id| ask(&ledger.addr, write(id)))).await
}

/// The expected replies: `Failure::Poison` for the entries in `poison`, success for the others.
fn all_but(poison: &[i32]) -> Vec<Reply<i32>> {
    (0..10).map(|id| if poison.contains(&id) { Err(Failure::Poison) } else { Ok(id) }).collect()
}

#[actix_web::test]
async fn a_task_that_panics_fails_alone_and_the_actor_restarts() {
    let ledger = Running::start(LIMITS);
    assert_eq!(write_ten(&ledger, &[(4, Behaviour::Panic)]).await, all_but(&[4]));
    assert_eq!(ledger.entries(), [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    eventually(SECOND, "a restart", || async { (ledger.health.report().restarts == 1).then_some(()) }).await;
    let report = ledger.health.report();
    assert_eq!((report.processed, report.failed, report.retried, report.batch.count), (9, 1, 10, 1));
    assert_eq!(report.last_error.unwrap().message, "Panic: panic: a poison entry");
    assert_eq!(ask(&ledger.addr, Write(4, Behaviour::Succeed)).await, Ok(4));
}

#[actix_web::test]
async fn a_task_with_a_bad_statement_fails_alone_without_a_restart() {
    let ledger = Running::start(LIMITS);
    assert_eq!(
        write_ten(&ledger, &[(0, Behaviour::BadStatement), (9, Behaviour::BadStatement)]).await,
        all_but(&[0, 9])
    );
    assert_eq!(ledger.entries(), [1, 2, 3, 4, 5, 6, 7, 8], "the bad tasks are rolled back");
    let report = ledger.health.report();
    assert_eq!((report.processed, report.failed, report.restarts), (8, 2, 0));
}

#[actix_web::test]
async fn a_task_that_violates_a_constraint_fails_alone() {
    let ledger = Running::start(LIMITS);
    assert_eq!(ask(&ledger.addr, WriteAccepted(6)).await, Ok(6));
    assert_eq!(write_ten(&ledger, &[]).await, all_but(&[6]));
    assert_eq!(ledger.entries(), (0..10).collect::<Vec<_>>());
    let report = ledger.health.report();
    assert!(report.last_error.unwrap().message.starts_with("Constraint: "));
    assert_eq!(report.restarts, 0);
}

#[actix_web::test]
async fn a_task_that_another_node_overtakes_finds_the_row_of_that_node() {
    if engine() == Engine::Sqlite {
        return println!("an SQLite store is used by one node only");
    }
    let ledger = Running::with_connections(LIMITS, db::Limits { writers: 2, ..crate::support::LIMITS });
    let write = |id| ask(&ledger.addr, WriteOnce { id, rival: ledger.store.clone() });
    // The rival overtakes the first write in the batch, and the second when the tasks are run one by one.
    assert_eq!(join_all((1..=2).map(write)).await, [Ok(1), Ok(2)]);
    assert_eq!(ledger.entries(), [1, 2]);
    let report = ledger.health.report();
    assert_eq!((report.processed, report.failed, report.batch.count), (2, 0, 1));
}

#[actix_web::test]
async fn a_conflict_that_repeats_fails_only_the_task_that_conflicts_alone() {
    let ledger = Running::start(LIMITS);
    let conflicts = [(3, Behaviour::Conflict), (5, Behaviour::ConflictWithOthers)];
    assert_eq!(write_ten(&ledger, &conflicts).await, all_but(&[3]));
    assert_eq!(ledger.entries(), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    let report = ledger.health.report();
    assert_eq!((report.processed, report.failed, report.restarts), (9, 1, 0));
    assert!(ledger.health.is_ready(), "a conflict does not make the store unready");
}

#[actix_web::test]
async fn of_two_duplicates_in_one_batch_the_first_succeeds() {
    let ledger = Running::start(LIMITS);
    let writes = [Write(1, Behaviour::Succeed), Write(1, Behaviour::Succeed), Write(2, Behaviour::Succeed)];
    let replies = join_all(writes.map(|write| ask(&ledger.addr, write))).await;
    assert_eq!(replies, [Ok(1), Err(Failure::Poison), Ok(2)]);
}

#[actix_web::test]
async fn a_task_without_an_outcome_fails_alone_and_the_other_replies_reach_their_callers() {
    let ledger = Running::start(LIMITS);
    assert_eq!(write_ten(&ledger, &[(3, Behaviour::NoOutcome)]).await, all_but(&[3]));
    let message = ledger.health.report().last_error.unwrap().message;
    assert!(message.contains("answered 9 of 10"), "{message}");
}

#[actix_web::test]
async fn a_query_that_panics_fails_alone() {
    let ledger = Running::start(LIMITS);
    let lists = [Behaviour::Succeed, Behaviour::Panic, Behaviour::Succeed].map(|then| ask(&ledger.addr, List(then)));
    assert_eq!(join_all(lists).await, [Ok(vec![]), Err(Failure::Poison), Ok(vec![])]);
    assert_eq!(ask(&ledger.addr, List(Behaviour::Succeed)).await, Ok(vec![]));
}

#[actix_web::test]
async fn a_full_owner_refuses_new_tasks_at_once_and_still_takes_accepted_ones() {
    let ledger = Running::start(Limits { mailbox: 3, reserved: 2, batch_max: 10, batch_wait: Duration::ZERO });
    ledger.faults.plan("ledger.before_commit", Fault::Delay(Duration::from_millis(700)), 0, 1);
    let in_flight = ledger.addr.mailbox().send(Traced::new(Write(0, Behaviour::Succeed)));
    let delayed = || async { (ledger.faults.fired("ledger.before_commit") == 1).then_some(()) };
    eventually(SECOND, "the first batch has reached its delay", delayed).await;

    let new = join_all((1..=5).map(|id| ask(&ledger.addr, Write(id, Behaviour::Succeed))));
    let promised = join_all((11..=13).map(|id| ask(&ledger.addr, WriteAccepted(id))));
    let query = ask(&ledger.addr, List(Behaviour::Succeed));
    let (new, promised, query) = futures_util::future::join3(new, promised, query).await;
    assert_eq!(new, [Ok(1), Ok(2), Ok(3), Err(Failure::Busy), Err(Failure::Busy)]);
    assert_eq!(promised, [Ok(11), Ok(12), Err(Failure::Busy)]);
    assert!(query.is_ok(), "queries have a queue of their own");
    assert_eq!(in_flight.await.unwrap(), Ok(0));
    assert_eq!(ledger.entries(), [0, 1, 2, 3, 11, 12], "a refused task is not run");

    assert_eq!(ask(&ledger.addr, Write(4, Behaviour::Succeed)).await, Ok(4));
    let mailbox = ledger.health.report().mailbox;
    assert_eq!((mailbox.depth, mailbox.capacity), (0, 3));
}
