//! Concurrent batches of one owner, on engines that have more than one writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use futures_util::future::join;
use tradepost::actor::fault::Fault;
use tradepost::actor::task::ask;
use tradepost::db::Limits;
use tradepost::trace::Traced;

use crate::server::{Engine, engine};
use crate::support::eventually;
use crate::support::ledger::{Behaviour, LIMITS, Running, Swap, Write};

const SECOND: Duration = Duration::from_secs(1);

fn ledger() -> Running {
    Running::with_connections(LIMITS, Limits { writers: 2, ..crate::support::LIMITS })
}

#[actix_web::test]
async fn a_slow_batch_delays_the_next_one_only_on_sqlite_which_has_one_writer() {
    let ledger = ledger();
    ledger.faults.plan("ledger.before_commit", Fault::Delay(3 * SECOND), 0, 1);
    let slow = ledger.addr.mailbox().send(Traced::new(Write(1, Behaviour::Succeed)));
    let is_slow = || async { (ledger.faults.fired("ledger.before_commit") == 1).then_some(()) };
    eventually(SECOND, "the first batch is about to commit", is_slow).await;
    assert_eq!(ask(&ledger.addr, Write(2, Behaviour::Succeed)).await, Ok(2));
    let has_one_writer = engine() == Engine::Sqlite;
    assert_eq!(ledger.store.writer_limit(), if has_one_writer { 1 } else { 2 });
    assert_eq!(ledger.entries(), if has_one_writer { vec![1, 2] } else { vec![2] });
    assert_eq!(slow.await.unwrap(), Ok(1));
    assert_eq!(ledger.entries(), [1, 2]);
}

#[actix_web::test]
async fn if_two_batches_deadlock_one_is_retried_and_both_succeed() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has one writer");
    }
    let ledger = ledger();
    for id in [1, 2] {
        assert_eq!(ask(&ledger.addr, Write(id, Behaviour::Succeed)).await, Ok(id));
    }
    let both = Arc::new(AtomicU32::new(0));
    let one = ledger.addr.mailbox().send(Traced::new(Swap { first: 1, second: 2, met: Arc::clone(&both) }));
    // The second is sent only now, so that it does not join the batch of the first.
    let has_locked = || async { (both.load(Relaxed) == 1).then_some(()) };
    eventually(SECOND, "the first swap has locked its first entry", has_locked).await;
    let two = ledger.addr.mailbox().send(Traced::new(Swap { first: 2, second: 1, met: Arc::clone(&both) }));
    let (one, two) = join(one, two).await;
    assert_eq!((one.unwrap(), two.unwrap()), (Ok(()), Ok(())));
    let report = ledger.health.report();
    assert_eq!((report.processed, report.failed, report.retried), (4, 0, 1));
    assert!(ledger.health.is_ready(), "a deadlock does not make the store unready");
}
