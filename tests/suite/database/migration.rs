//! Migrations that are interrupted, that run concurrently, or that lack a permission.

use std::thread;

use tradepost::db::{Class, Store, migrate};

use crate::database::catalog::Catalog;
use crate::database::error_class::run;
use crate::server::place::Place;
use crate::server::{Engine, Server, engine};
use crate::support::LIMITS;

/// Opens the store of the coupons.
fn store(place: &Place) -> Store {
    Store::new(&place.url(), "coupon", LIMITS).unwrap()
}

/// Creates a store whose last migration has created its table but is not recorded as run. Returns the store and the
/// version of that migration.
fn with_unrecorded_migration(place: &Place) -> (Store, String) {
    let store = store(place);
    let last = migrate::run(&store, migrate::COUPON).unwrap().pop().unwrap();
    let forget = format!("DELETE FROM __diesel_schema_migrations WHERE version = '{last}'");
    assert_eq!(run(&mut store.writer().unwrap(), &forget).unwrap(), 1);
    (store, last)
}

const ROW: &str = "INSERT INTO admin_act VALUES (1, 1, 1, 'coupon_created', NULL, '{}', NULL, NULL, 1)";

#[test]
fn an_interrupted_migration_is_run_again() {
    if engine() != Engine::Mysql {
        return println!("on the other engines a migration is one transaction");
    }
    let place = Place::new();
    let (store, last) = with_unrecorded_migration(&place);
    let mut db = store.writer().unwrap();
    run(&mut db, &format!("INSERT INTO __migration_begun VALUES ('{last}')")).unwrap();
    // Undoes the last statement, as if the migration had been interrupted before it.
    run(&mut db, "DROP TABLE admin_act").unwrap();
    assert_eq!(migrate::run(&store, migrate::COUPON).unwrap(), [last]);
    let complete = Place::new();
    let other = self::store(&complete);
    migrate::run(&other, migrate::COUPON).unwrap();
    assert_eq!(Catalog::of(&mut db), Catalog::of(&mut other.writer().unwrap()));
    assert_eq!(
        run(&mut db, "DELETE FROM __migration_begun").unwrap(),
        0,
        "the migration is no longer recorded as started"
    );
}

#[test]
fn a_table_of_a_migration_that_is_not_recorded_as_started_is_not_dropped() {
    let place = Place::new();
    let (store, _) = with_unrecorded_migration(&place);
    run(&mut store.writer().unwrap(), ROW).unwrap();
    for _ in 0..2 {
        let error = migrate::run(&store, migrate::COUPON).unwrap_err().to_string();
        assert!(error.contains("admin_act"), "{error}");
    }
    assert_eq!(run(&mut store.writer().unwrap(), "DELETE FROM admin_act").unwrap(), 1);
}

#[test]
fn concurrent_migrations_run_each_migration_once() {
    let place = Place::new();
    let all = thread::scope(|scope| {
        let each = [(); 4].map(|()| scope.spawn(|| migrate::run(&store(&place), migrate::COUPON)));
        each.map(|one| one.join().unwrap())
    });
    let mut ran: Vec<usize> = all.map(|one| one.map(|names| names.len()).unwrap()).to_vec();
    ran.sort_unstable();
    assert_eq!(ran, [0, 0, 0, 6], "one process runs all migrations, the others find them done");
}

#[test]
fn a_collation_that_cannot_be_set_is_reported() {
    if engine() != Engine::Mysql {
        return println!("only MySQL sets a collation");
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
    let message = error.to_string();
    assert!(message.contains(&format!("{database}_goods must have the collation utf8mb4_nopad_bin")), "{message}");
    server.sql("mysql", &format!("DROP USER {user}@'%'"));
}
