//! Migrations that were killed, that meet, that may not.

use std::thread;

use tradepost::db::{Class, Store, migrate};

use crate::database::catalog::Catalog;
use crate::database::error_class::run;
use crate::server::place::Place;
use crate::server::{Engine, Server, engine};
use crate::support::LIMITS;

fn store(place: &Place) -> Store {
    Store::new(&place.url(), "goods", LIMITS).unwrap()
}

/// A store on which the last migration has left its table and is not recorded as run: its version.
fn half_way(place: &Place) -> (Store, String) {
    let store = store(place);
    let last = migrate::run(&store, migrate::GOODS).unwrap().pop().unwrap();
    let forget = format!("DELETE FROM __diesel_schema_migrations WHERE version = '{last}'");
    assert_eq!(run(&mut store.writer().unwrap(), &forget).unwrap(), 1);
    (store, last)
}

const ROW: &str = "INSERT INTO mq_consumer VALUES ('1', 'goods', 'tag', 'key', 'body', 1, 1, 1, NULL)";

#[test]
fn a_migration_that_was_killed_half_way_is_done_again() {
    if engine() != Engine::Mysql {
        return println!("elsewhere it is one transaction");
    }
    let place = Place::new();
    let (store, last) = half_way(&place);
    let mut db = store.writer().unwrap();
    run(&mut db, &format!("INSERT INTO __migration_begun VALUES ('{last}')")).unwrap();
    // As if it had not come to its last statement.
    run(&mut db, "DROP INDEX mq_consumer_consumer_timestamp_idx ON mq_consumer").unwrap();
    assert_eq!(migrate::run(&store, migrate::GOODS).unwrap(), [last]);
    let whole = Place::new();
    let other = self::store(&whole);
    migrate::run(&other, migrate::GOODS).unwrap();
    assert_eq!(Catalog::of(&mut db), Catalog::of(&mut other.writer().unwrap()));
    assert_eq!(run(&mut db, "DELETE FROM __migration_begun").unwrap(), 0, "it is not under way any more");
}

#[test]
fn a_table_that_nobody_began_is_not_dropped() {
    let place = Place::new();
    let (store, _) = half_way(&place);
    run(&mut store.writer().unwrap(), ROW).unwrap();
    for _ in 0..2 {
        let told = migrate::run(&store, migrate::GOODS).unwrap_err().to_string();
        assert!(told.contains("mq_consumer"), "{told}");
    }
    assert_eq!(run(&mut store.writer().unwrap(), "DELETE FROM mq_consumer").unwrap(), 1);
}

#[test]
fn processes_that_migrate_at_once_do_not_disturb_each_other() {
    let place = Place::new();
    let all = thread::scope(|scope| {
        let each = [(); 4].map(|()| scope.spawn(|| migrate::run(&store(&place), migrate::GOODS)));
        each.map(|one| one.join().unwrap())
    });
    let mut ran: Vec<usize> = all.map(|one| one.map(|names| names.len()).unwrap()).to_vec();
    ran.sort_unstable();
    assert_eq!(ran, [0, 0, 0, 4], "one does it all, the others find it done");
}

#[test]
fn a_collation_that_cannot_be_set_is_told() {
    if engine() != Engine::Mysql {
        return println!("only MySQL compares text as it likes");
    }
    let server = Server::shared(Engine::Mysql);
    let place = Place::new();
    let database = place.url().rsplit_once('/').unwrap().1.to_owned();
    let user = format!("{database}_guest");
    server.sql("mysql", &format!("CREATE DATABASE {database}_goods COLLATE utf8mb4_general_ci"));
    server.sql(
        "mysql",
        &format!(
            "CREATE USER {user}@'%'; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON {database}_goods.* TO {user}@'%'"
        ),
    );
    let url = place.url().replace("tradepost@", &format!("{user}@"));
    let error = migrate::run(&Store::new(&url, "goods", LIMITS).unwrap(), migrate::GOODS).unwrap_err();
    assert_eq!(error.class, Class::Unreachable);
    let told = error.to_string();
    assert!(told.contains(&format!("{database}_goods must have the collation utf8mb4_nopad_bin")), "{told}");
    server.sql("mysql", &format!("DROP USER {user}@'%'"));
}
