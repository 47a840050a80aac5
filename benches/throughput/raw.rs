//! The raw limit: a bare diesel loop that writes the rows of orders into one SQLite file, in transactions of a fixed
//! number of orders. It uses WAL, `synchronous=FULL`, one thread and prepared statements, without HTTP or actors.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager as Manager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::Text;
use tradepost::domain::clock::Clock;
use tradepost::domain::id::{self, IdGenerator, NodeId};

use super::harness::shop::Shop;
use super::harness::{seed, statistics, stores};
use super::sample::Sample;

mod statement;

use statement::Statements;

/// The settings of Tradepost. The WAL is checkpointed at 8000 pages, about as often as Tradepost does it.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                       PRAGMA wal_autocheckpoint = 8000; PRAGMA temp_store = MEMORY;";

/// Tradepost's tables of an order, with their constraints and indexes, all in one file.
const TABLES: [&str; 8] = [
    include_str!("../../migrations/order/00000000000001_orders/up.sql"),
    include_str!("../../migrations/order/00000000000002_order_goods/up.sql"),
    include_str!("../../migrations/order/00000000000005_orders_pay_id/up.sql"),
    include_str!("../../migrations/goods/00000000000001_goods/up.sql"),
    include_str!("../../migrations/goods/00000000000002_goods_number_log/up.sql"),
    include_str!("../../migrations/coupon/00000000000001_coupon/up.sql"),
    include_str!("../../migrations/user/00000000000001_users/up.sql"),
    include_str!("../../migrations/user/00000000000002_user_money_log/up.sql"),
];

fn open(file: &Path) -> SqliteConnection {
    let mut db = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    db.batch_execute(PRAGMAS).unwrap();
    // SQLite may ignore a pragma without an error.
    let value = |db: &mut _, pragma: &str| {
        let query = format!("(SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma})");
        diesel::select(diesel::dsl::sql::<Text>(&query)).get_result::<String>(db).unwrap()
    };
    assert_eq!((value(&mut db, "journal_mode"), value(&mut db, "synchronous")), ("wal".to_owned(), "2".to_owned()));
    db
}

/// The version of the SQLite library.
pub fn version() -> String {
    let mut db = SqliteConnection::establish(":memory:").unwrap();
    diesel::select(diesel::dsl::sql::<Text>("sqlite_version()")).get_result(&mut db).unwrap()
}

/// Prepares the file that each run copies.
pub fn prepare(file: &Path, shop: &Shop) {
    let mut db = open(file);
    let now = Clock::default().now().0;
    let rows = [seed::users(shop, now), seed::goods(shop, now), seed::coupons(shop, now)].concat();
    let numbers = stores::numbers(shop.coupons.max(shop.users).max(shop.goods + 2));
    db.batch_execute(&format!("BEGIN; {} {numbers} {rows} COMMIT;", TABLES.concat())).unwrap();
    db.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
}

/// Writes orders for `seconds`, `batch` per transaction, on a copy of the prepared file. The latency is per
/// transaction.
pub fn run(prepared: &Path, shop: &Shop, batch: u64, seconds: u64) -> Sample {
    let file = prepared.with_extension("run.db");
    fs::copy(prepared, &file).unwrap();
    File::open(&file).unwrap().sync_all().unwrap();
    let mut db = open(&file);
    let ids = IdGenerator::new(Clock::default(), NodeId::try_from(0).unwrap());
    let statements = Statements { shop, clock: Clock::default() };
    let (mut next, mut durations_ms) = (0, Vec::new());
    let from = Instant::now() + Duration::from_secs(1);
    let to = from + Duration::from_secs(seconds);
    while Instant::now() < to {
        let began = Instant::now();
        Manager::begin_transaction_sql(&mut db, "BEGIN IMMEDIATE").unwrap();
        for number in next..next + batch {
            statements.order(&mut db, ids.next::<id::Order>().get(), number).unwrap();
        }
        Manager::commit_transaction(&mut db).unwrap();
        next += batch;
        assert!(next + batch <= shop.coupons, "all coupons are used");
        let ended = Instant::now();
        if began >= from && ended < to {
            durations_ms.push(ended.duration_since(began).as_secs_f64() * 1_000.0);
        }
    }
    drop(db);
    for ending in ["run.db", "run.db-wal", "run.db-shm"] {
        drop(fs::remove_file(prepared.with_extension(ending)));
    }
    durations_ms.sort_by(f64::total_cmp);
    let p99 = durations_ms.get(durations_ms.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    // The rate while transactions ran, without the time between them.
    let per_second = durations_ms.len() as f64 * batch as f64 / (durations_ms.iter().sum::<f64>() / 1_000.0);
    Sample { per_second, latency_ms: Some([statistics::median(durations_ms), p99]), ..Sample::default() }
}
