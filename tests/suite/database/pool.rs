//! The pool of a store's connections: nobody waits for a server that is gone, nor longer than he must for one that is busy.

use std::thread;
use std::time::{Duration, Instant};

use tradepost::db::Limits;
use tradepost::db::{Class, Error, Store};

use crate::database::error_class::{name, run};
use crate::server::place::Place;
use crate::server::proxy::Proxy;
use crate::server::{Engine, Server, engine};
use crate::support::{LIMITS, eventually};

/// Far below what a wait for a connection may take here.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Why no reader is to be had, and after how long.
fn refused(store: &Store) -> (Error, Duration) {
    let began = Instant::now();
    let error = store.reader().map(drop).unwrap_err();
    (error, began.elapsed())
}

/// A store behind a proxy.
fn behind_a_proxy(place: &Place) -> (Store, Proxy) {
    let server = Server::shared(engine());
    let proxy = Proxy::start(server.port());
    let url = place.url().replace(&format!(":{}/", server.port()), &format!(":{}/", proxy.port()));
    let store = Store::new(&url, "item", LIMITS).unwrap();
    drop(store.migrator().unwrap());
    (store, proxy)
}

/// How many connections the server itself sees to the databases of this place.
fn seen(place: &Place) -> String {
    let url = place.url();
    let (_, database) = url.rsplit_once('/').unwrap();
    let (ours, query) = match engine() {
        Engine::Mysql => ("mysql", format!("information_schema.processlist WHERE db LIKE '{database}\\_%'")),
        _ => ("postgres", format!("pg_stat_activity WHERE datname = '{database}'")),
    };
    Server::shared(engine()).sql(ours, &format!("SELECT count(*) FROM {query}"))
}

#[actix_web::test]
async fn while_a_server_refuses_nobody_waits_for_it_and_when_it_is_back_so_is_the_store() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let place = Place::new();
    let (store, proxy) = behind_a_proxy(&place);
    let mut used = store.reader().unwrap();
    run(&mut used, "SELECT 1").unwrap();
    proxy.refuse(true);
    assert_eq!(run(&mut used, "SELECT 1").unwrap_err().class, Class::Unreachable);
    used.mark_broken();
    assert!(!store.answers());
    for _ in 0..20 {
        let (error, waited) = refused(&store);
        assert_eq!(error.class, Class::Unreachable, "{error}");
        assert!(waited < AT_ONCE, "{waited:?}");
    }
    proxy.refuse(false);
    // Nobody asks for it: the server tells who has come.
    eventually(Duration::from_secs(5), "a connection", || async { (seen(&place) == "1").then_some(()) }).await;
    let began = Instant::now();
    eventually(AT_ONCE, "it is given", || async { store.reader().ok() }).await;
    assert!(began.elapsed() < AT_ONCE && store.answers());
}

#[test]
fn all_connections_in_use_is_busy_after_the_time_it_may_take() {
    let place = Place::new();
    let within = Duration::from_millis(300);
    let store = Store::new(&place.url(), "item", Limits { readers: 2, acquire_within: within, ..LIMITS }).unwrap();
    drop(store.migrator().unwrap());
    let in_use = [store.reader().unwrap(), store.reader().unwrap()];
    let (error, waited) = refused(&store);
    assert_eq!(error.class, Class::Busy, "{error}");
    assert!(waited >= within && waited < within + AT_ONCE, "{waited:?}");
    assert!(store.answers(), "a busy store answers");
    drop(in_use);
    drop(store.reader().unwrap());
}

#[test]
fn who_waits_gets_a_new_connection_where_the_one_in_use_was_thrown_away() {
    let place = Place::new();
    let store = Store::new(&place.url(), "item", LIMITS).unwrap();
    drop(store.migrator().unwrap());
    let in_use = store.reader().unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let began = Instant::now();
            (store.reader().unwrap(), began.elapsed())
        });
        thread::sleep(AT_ONCE);
        assert!(!waiter.is_finished(), "it has to wait");
        in_use.mark_broken();
        let (_new, waited) = waiter.join().unwrap();
        assert!(waited < LIMITS.acquire_within / 2, "it waited {waited:?}");
    });
}

#[test]
fn a_good_connection_is_given_again_and_a_condemned_one_is_not() {
    if engine() == Engine::Sqlite {
        return println!("SQLite does not name its connections");
    }
    let place = Place::new();
    let store = Store::new(&place.url(), "item", LIMITS).unwrap();
    drop(store.migrator().unwrap());
    let first = name(&mut store.reader().unwrap());
    let mut second = store.reader().unwrap();
    assert_eq!(name(&mut second), first);
    second.mark_broken();
    assert_ne!(name(&mut store.reader().unwrap()), first);
}
