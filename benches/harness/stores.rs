//! Writes rows by SQL directly into the stores of the owners.

use std::time::Duration;

use tradepost::db::ledger::chain;
use tradepost::db::{Limits, Store, migrate};
use tradepost::domain::clock::Clock;

/// Runs `statements` in one transaction on the store of `owner`, which is created if missing. They may read a temporary
/// table `one`, whose column `i` has the numbers from 0 up to, but not including, `count`.
pub fn write(url: &str, owner: &str, migrations: migrate::Migrations, count: u64, statements: &str) {
    let store = open(url, owner);
    migrate::run(&store, migrations).unwrap();
    let numbers = numbers(count);
    let mut db = store.migrator().unwrap();
    // The chain begins anew, because it cannot know rows that are written beside the application.
    let no_chain = "DELETE FROM ledger_record; DELETE FROM ledger_link;";
    db.batch_execute(&format!("BEGIN; {numbers} {statements} {no_chain} COMMIT;")).expect(owner);
    chain::begin(&mut db, owner, true, Clock::default().now()).expect(owner);
}

/// The store of `owner`.
pub fn open(url: &str, owner: &str) -> Store {
    let long = Duration::from_secs(600);
    let limits = Limits {
        readers: 1,
        writers: 1,
        acquire_within: long,
        lock_within: long,
        idle_within: long,
        statement_within: Duration::ZERO,
        cache_kib: 65_536,
    };
    Store::new(url, owner, limits).unwrap()
}

/// SQL that creates the table `one` of [`write`]. It joins recursions of 1,000 rows, the most that every engine allows.
pub fn numbers(count: u64) -> String {
    let (thousands, millions) = (count / 1_000, count / 1_000_000);
    format!(
        "CREATE TEMPORARY TABLE one AS
         WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 999)
         SELECT a.i + 1000 * b.i + 1000000 * c.i AS i
         FROM (SELECT i FROM d WHERE i <= {millions}) AS c CROSS JOIN (SELECT i FROM d WHERE i <= {thousands}) AS b
             CROSS JOIN d AS a
         WHERE a.i + 1000 * b.i + 1000000 * c.i < {count};"
    )
}
