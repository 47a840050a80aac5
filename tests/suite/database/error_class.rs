//! Classes of the errors of the engine under test, each provoked on a real database. `sqlite.rs` has the errors of a
//! database file, `lock_error.rs` those of competing connections, and `server_error.rs` those of a whole server.

use std::thread;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use tradepost::db::Limits;
use tradepost::db::{self, Class, Db, Pooled, Store, with_conn};

use crate::server::place::Place;
use crate::server::{Engine, Server, engine};
use crate::support::LIMITS;

/// Short limits. `lock_within` is longer than the second after which PostgreSQL checks for a deadlock.
const SHORT: Limits =
    Limits { lock_within: Duration::from_secs(2), statement_within: Duration::from_millis(3500), ..LIMITS };

/// A store with two tables: `parent`, and `item`, which has a constraint of each kind and the items 1 and 2.
pub struct ItemStore {
    url: String,
    _place: Option<Place>,
}

impl ItemStore {
    /// Creates the tables in a new database.
    pub fn new() -> Self {
        let place = Place::new();
        let items = Self::at(place.url());
        Self { _place: Some(place), ..items }
    }

    /// Creates the tables in the empty database at `url`.
    pub fn at(url: String) -> Self {
        let items = Self { url, _place: None };
        let kind = if engine() == Engine::Mysql { "ENGINE = InnoDB" } else { "" };
        let tables = format!(
            "CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY) {kind};
             CREATE TABLE item (
                 id INTEGER NOT NULL,
                 name VARCHAR(10) NOT NULL,
                 n INTEGER NOT NULL,
                 parent_id INTEGER NULL,
                 CONSTRAINT item_id_key PRIMARY KEY (id),
                 CONSTRAINT item_name_key UNIQUE (name),
                 CONSTRAINT item_n_check CHECK (n >= 0),
                 CONSTRAINT item_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES parent (id)
             ) {kind};
             INSERT INTO item VALUES (1, 'one', 1, NULL), (2, 'two', 2, NULL)"
        );
        items.store().migrator().unwrap().batch_execute(&tables).unwrap();
        items
    }

    pub fn store(&self) -> Store {
        Store::new(&self.url, "item", SHORT).unwrap()
    }

    /// Opens a connection that is not shared, whose transactions may pause for `idle_within`.
    pub fn impatient_writer(&self, idle_within: Duration) -> Pooled {
        Store::new(&self.url, "item", Limits { idle_within, ..SHORT }).unwrap().writer().unwrap()
    }

    /// Opens a connection that is not shared.
    pub fn writer(&self) -> Pooled {
        self.store().writer().unwrap()
    }
}

/// Runs a statement as the owners do, through diesel. Returns the number of affected rows.
pub fn run(db: &mut Db, statement: &str) -> db::Result<usize> {
    Ok(with_conn!(db, diesel::sql_query(statement).execute(db))?)
}

/// Returns the class of the error that `statement` fails with.
#[track_caller]
pub fn class(db: &mut Db, statement: &str) -> Class {
    let error = run(db, statement).map(drop).expect_err(statement);
    println!("{statement}: {error}");
    error.class
}

/// Returns the id that the server has given to the connection.
pub fn connection_id(db: &mut Db) -> String {
    let query =
        if engine() == Engine::Mysql { "CAST(connection_id() AS CHAR)" } else { "CAST(pg_backend_pid() AS TEXT)" };
    with_conn!(db, diesel::select(diesel::dsl::sql::<Text>(query)).get_result(db)).unwrap()
}

const ALL: &[Engine] = &[Engine::Sqlite, Engine::Postgres, Engine::Mysql];
const SERVERS: &[Engine] = &[Engine::Postgres, Engine::Mysql];

/// Errors that a single statement provokes: what is wrong, the engines that report it, the statement, the class.
const STATEMENTS: &[(&str, &[Engine], &str, Class)] = &[
    ("duplicate primary key", ALL, "INSERT INTO item VALUES (1, 'new', 1, NULL)", Class::Constraint),
    ("duplicate name", ALL, "INSERT INTO item VALUES (3, 'one', 1, NULL)", Class::Constraint),
    ("violated check", ALL, "INSERT INTO item VALUES (3, 'new', -1, NULL)", Class::Constraint),
    ("violated check in an update", ALL, "UPDATE item SET n = n - 5", Class::Constraint),
    ("null in a column that is not nullable", ALL, "INSERT INTO item VALUES (3, NULL, 1, NULL)", Class::Constraint),
    ("missing parent row", ALL, "INSERT INTO item VALUES (3, 'new', 1, 7)", Class::Constraint),
    ("text too long", SERVERS, "INSERT INTO item VALUES (3, 'longer than that', 1, NULL)", Class::Constraint),
    ("number out of range", SERVERS, "UPDATE item SET n = 3000000000", Class::Constraint),
    ("sum out of range", SERVERS, "UPDATE item SET n = 9223372036854775807 + n", Class::Constraint),
    ("missing table", ALL, "SELECT * FROM nowhere", Class::Damaged),
    ("missing table in a write", ALL, "DELETE FROM nowhere", Class::Damaged),
    ("unknown column", ALL, "SELECT absent FROM item", Class::Bug),
    ("unknown column in a write", ALL, "UPDATE item SET absent = 1", Class::Bug),
    ("syntax error", ALL, "SELEKT 1", Class::Bug),
    ("statement timeout", &[Engine::Postgres], "SELECT pg_sleep(9)", Class::Busy),
    ("statement timeout", &[Engine::Mysql], "SELECT sleep(9)", Class::Busy),
];

#[test]
fn each_statement_error_has_its_class() {
    let items = ItemStore::new();
    let mut db = items.writer();
    for (what, engines, statement, expected) in STATEMENTS {
        if engines.contains(&engine()) {
            assert_eq!(class(&mut db, statement), *expected, "{what}: {statement}");
        }
    }
    assert_eq!(run(&mut db, "UPDATE item SET n = 1").unwrap(), 2, "the connection still works");
}

#[test]
fn a_write_on_a_reader_is_classified_as_read_only() {
    let items = ItemStore::new();
    assert_eq!(class(&mut items.store().reader().unwrap(), "DELETE FROM item"), Class::ReadOnly);
}

diesel::table! {
    item (id) {
        id -> Integer,
        n -> Integer,
    }
}

#[test]
fn a_prepared_statement_whose_table_has_changed_needs_a_new_connection() {
    if engine() != Engine::Postgres {
        return println!("only PostgreSQL does not prepare the statement again");
    }
    let items = ItemStore::new();
    let mut writer = items.writer();
    let db = &mut *writer;
    let mut read = || -> db::Result<Vec<i32>> { Ok(with_conn!(db, item::table.select(item::n).load(db))?) };
    assert_eq!(read().unwrap().len(), 2);
    run(&mut items.writer(), "ALTER TABLE item ALTER n TYPE SMALLINT").unwrap();
    run(&mut items.writer(), "ALTER TABLE item ALTER n TYPE BIGINT").unwrap();
    assert_eq!(read().map(drop).unwrap_err().class, Class::Unreachable);
}

/// Returns the statements that cancel the running statement of the connection `other`, and that close the connection.
fn cancel_and_close(other: &str) -> [String; 2] {
    match engine() {
        Engine::Postgres => ["cancel", "terminate"].map(|how| format!("SELECT pg_{how}_backend({other})")),
        _ => ["QUERY", "CONNECTION"].map(|what| format!("KILL {what} {other}")),
    }
}

#[test]
fn a_cancelled_statement_is_busy_and_a_terminated_connection_is_unreachable() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let items = ItemStore::new();
    let (mut holder, mut waiter, mut idle) = (items.writer(), items.writer(), items.writer());
    holder.batch_execute("BEGIN").unwrap();
    run(&mut holder, "UPDATE item SET n = 5").unwrap();
    let [cancel, close] = cancel_and_close(&connection_id(&mut waiter));
    let [_, close_idle] = cancel_and_close(&connection_id(&mut idle));
    for (statement, expected) in [(cancel, Class::Busy), (close, Class::Unreachable)] {
        let found = thread::scope(|scope| {
            let waiting = scope.spawn(|| class(&mut waiter, "UPDATE item SET n = 6"));
            while !waiting.is_finished() {
                thread::sleep(Duration::from_millis(100));
                // Repeated, because the waiter may not have started its statement yet.
                drop(run(&mut holder, &statement));
            }
            waiting.join().unwrap()
        });
        assert_eq!(found, expected, "{statement}");
    }
    run(&mut holder, &close_idle).unwrap();
    for db in [&mut waiter, &mut idle] {
        assert_eq!(class(db, "UPDATE item SET n = 6"), Class::Unreachable);
        assert_eq!(class(db, "UPDATE item SET n = 6"), Class::Unreachable, "the connection stays unreachable");
        let error = db::transaction(db, |db| run(db, "UPDATE item SET n = 6")).unwrap_err();
        assert_eq!(error.class, Class::Unreachable, "{error}");
    }
}

#[test]
fn a_store_without_a_server_or_a_database_is_unreachable() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let refused = |url: &str| Store::new(url, "item", SHORT).unwrap().reader().map(drop).unwrap_err();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refused(&engine().url(closed, "shop"));
    assert_eq!(error.class, Class::Unreachable, "{error}");
    let error = refused(&Server::shared(engine()).url("nowhere"));
    assert_eq!(error.class, Class::Unreachable, "{error}");
}

#[test]
fn a_connection_that_the_server_closed_while_it_was_idle_is_replaced() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let items = ItemStore::new();
    let (store, mut other) = (items.store(), items.writer());
    let mut used = store.writer().unwrap();
    let id = connection_id(&mut used);
    let [_, close] = cancel_and_close(&id);
    drop(used);
    run(&mut other, &close).unwrap();
    // A connection is trusted for a quarter of a second after its use.
    thread::sleep(Duration::from_millis(300));
    let mut replaced = store.writer().unwrap();
    assert_eq!(run(&mut replaced, "UPDATE item SET n = 6").unwrap(), 2);
    assert_ne!(connection_id(&mut replaced), id);
}

#[test]
fn a_store_accepts_writes_and_a_locked_one_leaves_that_open() {
    let items = ItemStore::new();
    let store = items.store();
    tradepost::db::migrate::run(&store, tradepost::db::migrate::GOODS).unwrap();
    assert!(store.is_reachable());
    assert_eq!(store.is_writable(), Some(true));
    let mut writer = items.writer();
    writer.batch_execute("BEGIN").unwrap();
    run(&mut writer, "UPDATE __diesel_schema_migrations SET version = version").unwrap();
    assert_eq!(store.is_writable(), None, "a locked store accepts writes later");
    writer.batch_execute("ROLLBACK").unwrap();
    assert_eq!(store.is_writable(), Some(true));
}
