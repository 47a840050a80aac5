//! The connection pool of a store: callers do not wait for a server that is down, and wait for a busy pool only up to
//! `acquire_within`.

use std::thread;
use std::time::{Duration, Instant};

use tradepost::db::Limits;
use tradepost::db::{Class, Error, Store};

use crate::database::error_class::{connection_id, run};
use crate::server::place::Place;
use crate::server::proxy::Proxy;
use crate::server::{Engine, Server, engine};
use crate::support::{LIMITS, eventually};

/// Upper bound for a call that does not wait, far below `acquire_within` of these tests.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Asserts that no reader is available. Returns the error and the time it took.
fn refused(store: &Store) -> (Error, Duration) {
    let started_at = Instant::now();
    let error = store.reader().map(drop).unwrap_err();
    (error, started_at.elapsed())
}

/// Creates a store whose connections go through a proxy.
fn behind_a_proxy(place: &Place) -> (Store, Proxy) {
    let server = Server::shared(engine());
    let proxy = Proxy::start(server.port());
    let url = place.url().replace(&format!(":{}/", server.port()), &format!(":{}/", proxy.port()));
    let store = Store::new(&url, "item", LIMITS).unwrap();
    drop(store.migrator().unwrap());
    (store, proxy)
}

/// Returns the number of connections to the databases of `place`, as the server counts them.
fn connection_count(place: &Place) -> String {
    let url = place.url();
    let (_, database) = url.rsplit_once('/').unwrap();
    let (admin_database, query) = match engine() {
        Engine::Mysql => ("mysql", format!("information_schema.processlist WHERE db LIKE '{database}\\_%'")),
        _ => ("postgres", format!("pg_stat_activity WHERE datname = '{database}'")),
    };
    Server::shared(engine()).sql(admin_database, &format!("SELECT count(*) FROM {query}"))
}

#[actix_web::test]
async fn a_store_fails_at_once_while_its_server_refuses_connections_and_recovers_by_itself() {
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
    // The pool reconnects although no caller asks for a connection; the server's count shows it.
    eventually(Duration::from_secs(5), "a connection", || async { (connection_count(&place) == "1").then_some(()) })
        .await;
    let started_at = Instant::now();
    eventually(AT_ONCE, "a reader is available", || async { store.reader().ok() }).await;
    assert!(started_at.elapsed() < AT_ONCE && store.answers());
}

#[test]
fn a_store_with_all_connections_in_use_is_busy_after_acquire_within() {
    let place = Place::new();
    let within = Duration::from_millis(300);
    let store = Store::new(&place.url(), "item", Limits { readers: 2, acquire_within: within, ..LIMITS }).unwrap();
    drop(store.migrator().unwrap());
    let in_use = [store.reader().unwrap(), store.reader().unwrap()];
    let (error, waited) = refused(&store);
    assert_eq!(error.class, Class::Busy, "{error}");
    assert!(waited >= within && waited < within + AT_ONCE, "{waited:?}");
    assert!(store.answers(), "a store with a busy pool is reachable");
    drop(in_use);
    drop(store.reader().unwrap());
}

#[test]
fn a_waiting_caller_gets_a_new_connection_when_the_one_in_use_is_discarded() {
    let place = Place::new();
    let store = Store::new(&place.url(), "item", LIMITS).unwrap();
    drop(store.migrator().unwrap());
    let in_use = store.reader().unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let started_at = Instant::now();
            (store.reader().unwrap(), started_at.elapsed())
        });
        thread::sleep(AT_ONCE);
        assert!(!waiter.is_finished(), "the only connection is in use");
        in_use.mark_broken();
        let (_new, waited) = waiter.join().unwrap();
        assert!(waited < LIMITS.acquire_within / 2, "it waited {waited:?}");
    });
}

#[test]
fn a_good_connection_is_reused_and_a_broken_one_is_not() {
    if engine() == Engine::Sqlite {
        return println!("SQLite does not name its connections");
    }
    let place = Place::new();
    let store = Store::new(&place.url(), "item", LIMITS).unwrap();
    drop(store.migrator().unwrap());
    let first = connection_id(&mut store.reader().unwrap());
    let mut second = store.reader().unwrap();
    assert_eq!(connection_id(&mut second), first);
    second.mark_broken();
    assert_ne!(connection_id(&mut store.reader().unwrap()), first);
}
