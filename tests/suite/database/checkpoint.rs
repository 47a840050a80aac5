//! The WAL of an SQLite store is checkpointed into the database file when it has grown large.

use std::time::Duration;

use tradepost::actor::task::ask;

use crate::server::{Engine, engine};
use crate::support::eventually;
use crate::support::ledger::{Behaviour, LIMITS, Running, Write};

#[actix_web::test]
async fn a_large_wal_is_checkpointed_after_the_next_batch() {
    if engine() != Engine::Sqlite {
        return println!("a database server checkpoints by itself");
    }
    let ledger = Running::start(LIMITS);
    let pages = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
                 INSERT INTO page SELECT randomblob(4000) FROM n";
    ledger.store.writer().unwrap().batch_execute(&format!("CREATE TABLE page (bytes BLOB); {pages}")).unwrap();
    let size = || std::fs::metadata(ledger.store.file().unwrap()).unwrap().len();
    assert!(size() < 1_000_000, "the pages are still in the WAL");
    assert_eq!(ask(&ledger.addr, Write(1, Behaviour::Succeed)).await, Ok(1));
    eventually(Duration::from_secs(10), "pages in the file", || async { (size() > 20_000_000).then_some(()) }).await;
    // Waits for its end: the file, which goes with this test, is still to be synced.
    ledger.store.checkpoint().unwrap();
}
