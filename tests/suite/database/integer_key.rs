//! Keys of integers on SQLite: a table of an older release, with its key in an index of its own, is rebuilt.

use diesel::prelude::*;
use diesel::sql_types::Text;
use tradepost::db::{Db, Store, migrate, with_conn};

use crate::database::catalog::Catalog;
use crate::database::error_class::run;
use crate::server::place::Place;
use crate::server::{Engine, engine};
use crate::support::LIMITS;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(db: &mut Db, query: &str) -> Vec<String> {
    let rows: Vec<Line> = with_conn!(db, diesel::sql_query(query).load(db)).unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// Tables with a key of one column, and its type.
const KEYS: &str = "SELECT t.name || ' ' || k.type AS line FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS k
    WHERE t.type = 'table' AND t.name <> 'node' AND k.pk = 1 AND k.type IN ('BIGINT', 'INTEGER') AND
        NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE pk > 1) ORDER BY 1";
const STATEMENTS: &str = "SELECT sql AS line FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
const COUPONS: &str = "SELECT coupon_id || ' ' || add_time AS line FROM coupon ORDER BY coupon_id";

/// Tables with a key of several integers, and whether their rows have hidden numbers beside it.
const LONG_KEYS: &str = "SELECT t.name || CASE t.wr WHEN 1 THEN ' in the key' ELSE ' by number' END AS line
    FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS k
    WHERE t.type = 'table' AND k.pk > 0 GROUP BY t.name, t.wr
    HAVING count(*) > 1 AND min(k.type IN ('BIGINT', 'INTEGER')) ORDER BY 1";
const LOG: &str = "SELECT order_id || ' ' || direction || ' ' || coupon_id AS line FROM coupon_log ORDER BY 1";

/// Gives the tables of a store the keys that they had before.
pub fn widen(db: &mut Db) {
    let of_one = lines(db, &KEYS.replace("t.name || ' ' || k.type", "t.name"));
    let of_several =
        lines(db, &LONG_KEYS.replace("t.name || CASE t.wr WHEN 1 THEN ' in the key' ELSE ' by number' END", "t.name"));
    for table in of_one.iter().chain(&of_several) {
        let key = format!("SELECT name AS line FROM pragma_table_info('{table}') WHERE pk = 1");
        let key = lines(db, &key).pop().unwrap();
        let of_table =
            |kind| format!("SELECT sql AS line FROM sqlite_master WHERE type = '{kind}' AND tbl_name = '{table}'");
        let statement = lines(db, &of_table("table")).pop().unwrap();
        let indexes = lines(db, &format!("{} AND sql IS NOT NULL", of_table("index")));
        run(db, &format!("ALTER TABLE {table} RENAME TO old")).unwrap();
        let wide = match statement.strip_suffix(" WITHOUT ROWID") {
            Some(wide) => wide.to_owned(),
            None => statement.replacen(&format!("{key} INTEGER "), &format!("{key} BIGINT "), 1),
        };
        run(db, &wide).unwrap();
        run(db, &format!("INSERT INTO {table} SELECT * FROM old")).unwrap();
        run(db, "DROP TABLE old").unwrap();
        for index in indexes {
            run(db, &index).unwrap();
        }
    }
}

fn of_an_older_release(place: &Place) -> (Store, Db) {
    let store = Store::new(&place.url(), "coupon", LIMITS).unwrap();
    migrate::run(&store, migrate::COUPON).unwrap();
    let mut db = store.migrator().unwrap();
    widen(&mut db);
    for id in [3, 1, 345_959_443_973_935_104_i64] {
        run(&mut db, &format!("INSERT INTO coupon VALUES ({id}, 100, 1, NULL, 0, NULL, 7)")).unwrap();
    }
    for (order_id, direction) in [(9, 1), (8, 2), (9, 2), (345_959_443_973_935_104_i64, 1)] {
        run(&mut db, &format!("INSERT INTO coupon_log VALUES ({order_id}, {direction}, 3, 7)")).unwrap();
    }
    (store, db)
}

#[test]
fn a_row_is_found_by_its_key_without_another_index() {
    if engine() != Engine::Sqlite {
        return println!("only SQLite numbers its rows");
    }
    for (owner, migrations) in super::schema::OWNERS {
        let place = Place::new();
        let store = Store::new(&place.url(), owner, LIMITS).unwrap();
        migrate::run(&store, migrations()).unwrap();
        let mut db = store.migrator().unwrap();
        let keys = lines(&mut db, KEYS);
        assert!(keys.iter().all(|key| !key.ends_with("BIGINT")), "{owner}: {keys:?}");
        let keys = lines(&mut db, LONG_KEYS);
        assert!(keys.iter().all(|key| key.ends_with(" in the key")), "{owner}: {keys:?}");
        assert_eq!(keys.is_empty(), ["pay", "sandbox"].contains(&owner), "{owner}: {keys:?}");
    }
}

#[test]
fn a_store_of_an_older_release_is_rebuilt_with_its_rows_and_indexes() {
    if engine() != Engine::Sqlite {
        return println!("only SQLite numbers its rows");
    }
    let place = Place::new();
    let (store, mut db) = of_an_older_release(&place);
    assert!(lines(&mut db, KEYS).contains(&"coupon BIGINT".to_owned()));
    assert_eq!(lines(&mut db, LONG_KEYS), ["coupon_log by number"]);
    let rows = (lines(&mut db, COUPONS), lines(&mut db, LOG));
    assert_eq!((rows.0.len(), rows.1.len()), (3, 4));
    migrate::run(&store, migrate::COUPON).unwrap();
    assert_eq!((lines(&mut db, COUPONS), lines(&mut db, LOG)), rows);
    assert!(lines(&mut db, KEYS).contains(&"coupon INTEGER".to_owned()));
    assert_eq!(lines(&mut db, LONG_KEYS), ["coupon_log in the key"]);
    let fresh = Place::new();
    let other = Store::new(&fresh.url(), "coupon", LIMITS).unwrap();
    migrate::run(&other, migrate::COUPON).unwrap();
    let mut other = other.migrator().unwrap();
    assert_eq!(lines(&mut db, STATEMENTS), lines(&mut other, STATEMENTS));
    assert_eq!(Catalog::of(&mut db), Catalog::of(&mut other));
}

#[test]
fn a_rebuilding_that_fails_leaves_the_store_as_it_was() {
    if engine() != Engine::Sqlite {
        return println!("only SQLite numbers its rows");
    }
    let place = Place::new();
    let (store, mut db) = of_an_older_release(&place);
    // The table `admin_act` is rebuilt first. Then this name is in the way of `coupon`.
    run(&mut db, "CREATE TABLE coupon_wide (line TEXT)").unwrap();
    let before = (lines(&mut db, STATEMENTS), lines(&mut db, COUPONS));
    let error = migrate::run(&store, migrate::COUPON).unwrap_err();
    assert!(error.to_string().contains("coupon_wide"), "{error}");
    assert_eq!((lines(&mut db, STATEMENTS), lines(&mut db, COUPONS)), before);
    run(&mut db, "DROP TABLE coupon_wide").unwrap();
    migrate::run(&store, migrate::COUPON).unwrap();
    assert!(!lines(&mut db, KEYS).iter().any(|key| key.ends_with("BIGINT")));
    assert_eq!(lines(&mut db, LONG_KEYS), ["coupon_log in the key"]);
}
