//! One bad item in a batch, and a full door: what the neighbours and the callers see, with the smallest owner.

use std::time::Duration;

use futures_util::future::join_all;
use tradepost::actor::fault::Fault;
use tradepost::actor::owner::Limits;
use tradepost::actor::task::ask;
use tradepost::actor::{Failure, Reply};
use tradepost::db;

use crate::server::{Engine, engine};
use crate::support::eventually;
use crate::support::ledger::{Behaviour, LIMITS, List, Running, Write, WriteAccepted, WriteOnce};

const SECOND: Duration = Duration::from_secs(1);

/// Ten entries in one batch, of which those at `poison` are as told.
async fn ten(ledger: &Running, poison: &[(i32, Behaviour)]) -> Vec<Reply<i32>> {
    let write =
        |id| Write(id, poison.iter().find(|(other, _)| *other == id).map_or(Behaviour::Succeed, |(_, then)| *then));
    join_all((0..10).map(|id| ask(&ledger.addr, write(id)))).await
}

/// What the neighbours of `poison` get.
fn all_but(poison: &[i32]) -> Vec<Reply<i32>> {
    (0..10).map(|id| if poison.contains(&id) { Err(Failure::Poison) } else { Ok(id) }).collect()
}

#[actix_web::test]
async fn an_item_that_panics_fails_alone_and_the_actor_comes_back_fresh() {
    let ledger = Running::start(LIMITS);
    assert_eq!(ten(&ledger, &[(4, Behaviour::Panic)]).await, all_but(&[4]));
    assert_eq!(ledger.entries(), [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    eventually(SECOND, "a restart", || async { (ledger.health.report().restarts == 1).then_some(()) }).await;
    let report = ledger.health.report();
    assert_eq!((report.processed, report.failed, report.retried, report.batch.count), (9, 1, 10, 1));
    assert_eq!(report.last_error.unwrap().message, "Panic: panic: a poison entry");
    assert_eq!(ask(&ledger.addr, Write(4, Behaviour::Succeed)).await, Ok(4));
}

#[actix_web::test]
async fn an_item_with_a_bug_in_it_fails_alone_without_a_restart() {
    let ledger = Running::start(LIMITS);
    assert_eq!(ten(&ledger, &[(0, Behaviour::BadStatement), (9, Behaviour::BadStatement)]).await, all_but(&[0, 9]));
    assert_eq!(ledger.entries(), [1, 2, 3, 4, 5, 6, 7, 8], "what the bad items wrote is undone");
    let report = ledger.health.report();
    assert_eq!((report.processed, report.failed, report.restarts), (8, 2, 0));
}

#[actix_web::test]
async fn an_item_that_breaks_a_constraint_fails_alone() {
    let ledger = Running::start(LIMITS);
    assert_eq!(ask(&ledger.addr, WriteAccepted(6)).await, Ok(6));
    assert_eq!(ten(&ledger, &[]).await, all_but(&[6]));
    assert_eq!(ledger.entries(), (0..10).collect::<Vec<_>>());
    let report = ledger.health.report();
    assert!(report.last_error.unwrap().message.starts_with("Constraint: "));
    assert_eq!(report.restarts, 0);
}

#[actix_web::test]
async fn an_item_that_another_node_overtakes_finds_what_that_one_wrote() {
    if engine() == Engine::Sqlite {
        return println!("SQLite is one node's");
    }
    let ledger = Running::with_connections(LIMITS, db::Limits { writers: 2, ..crate::support::LIMITS });
    let write = |id| ask(&ledger.addr, WriteOnce { id, rival: ledger.store.clone() });
    // The first is overtaken in the batch, the second when each is run by itself.
    assert_eq!(join_all((1..=2).map(write)).await, [Ok(1), Ok(2)]);
    assert_eq!(ledger.entries(), [1, 2]);
    let report = ledger.health.report();
    assert_eq!((report.processed, report.failed, report.batch.count), (2, 0, 1));
}

#[actix_web::test]
async fn of_twins_in_one_batch_the_first_wins() {
    let ledger = Running::start(LIMITS);
    let twins = [Write(1, Behaviour::Succeed), Write(1, Behaviour::Succeed), Write(2, Behaviour::Succeed)];
    let replies = join_all(twins.map(|write| ask(&ledger.addr, write))).await;
    assert_eq!(replies, [Ok(1), Err(Failure::Poison), Ok(2)]);
}

#[actix_web::test]
async fn a_task_that_answers_nothing_is_a_bug_and_mixes_up_nobodys_answers() {
    let ledger = Running::start(LIMITS);
    assert_eq!(ten(&ledger, &[(3, Behaviour::NoOutcome)]).await, all_but(&[3]));
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
async fn a_full_owner_refuses_at_once_and_keeps_its_promises() {
    let ledger = Running::start(Limits { mailbox: 3, reserved: 2, batch_max: 10 });
    ledger.faults.plan("ledger.before_commit", Fault::Delay(Duration::from_millis(700)), 0, 1);
    let under_way = ledger.addr.send(Write(0, Behaviour::Succeed));
    let delayed = || async { (ledger.faults.struck("ledger.before_commit") == 1).then_some(()) };
    eventually(SECOND, "a batch", delayed).await;

    let public = join_all((1..=5).map(|id| ask(&ledger.addr, Write(id, Behaviour::Succeed))));
    let promised = join_all((11..=13).map(|id| ask(&ledger.addr, WriteAccepted(id))));
    let query = ask(&ledger.addr, List(Behaviour::Succeed));
    let (public, promised, query) = futures_util::future::join3(public, promised, query).await;
    assert_eq!(public, [Ok(1), Ok(2), Ok(3), Err(Failure::Busy), Err(Failure::Busy)]);
    assert_eq!(promised, [Ok(11), Ok(12), Err(Failure::Busy)]);
    assert!(query.is_ok(), "queries have places of their own");
    assert_eq!(under_way.await.unwrap(), Ok(0));
    assert_eq!(ledger.entries(), [0, 1, 2, 3, 11, 12], "what was refused did not happen");

    assert_eq!(ask(&ledger.addr, Write(4, Behaviour::Succeed)).await, Ok(4));
    let mailbox = ledger.health.report().mailbox;
    assert_eq!((mailbox.depth, mailbox.capacity), (0, 3));
}
