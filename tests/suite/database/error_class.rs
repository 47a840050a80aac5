//! What the errors of this process's engine mean, each provoked on the real thing. What only a file can suffer is in
//! `sqlite.rs`, what two do to each other in `lock_error.rs`, what takes a whole server in `server_error.rs`.

use std::thread;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use tradepost::db::Limits;
use tradepost::db::{self, Class, Db, Pooled, Store, with_conn};

use crate::server::place::Place;
use crate::server::{Engine, Server, engine};
use crate::support::LIMITS;

/// Longer than the second after which PostgreSQL looks for a deadlock.
const SHORT: Limits =
    Limits { lock_within: Duration::from_secs(2), statement_within: Duration::from_millis(3500), ..LIMITS };

/// A store with two tables: `parent`, and `item` with a constraint of each kind and the items 1 and 2.
pub struct Ground {
    url: String,
    _place: Option<Place>,
}

impl Ground {
    pub fn new() -> Self {
        let place = Place::new();
        let ground = Self::at(place.url());
        Self { _place: Some(place), ..ground }
    }

    /// The same in an empty database elsewhere.
    pub fn at(url: String) -> Self {
        let ground = Self { url, _place: None };
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
        ground.store().migrator().unwrap().batch_execute(&tables).unwrap();
        ground
    }

    pub fn store(&self) -> Store {
        Store::new(&self.url, "item", SHORT).unwrap()
    }

    /// A connection that nobody else has to do with.
    pub fn writer(&self) -> Pooled {
        self.store().writer().unwrap()
    }
}

/// Runs a statement as the owners do.
pub fn run(db: &mut Db, statement: &str) -> db::Result<usize> {
    Ok(with_conn!(db, diesel::sql_query(statement).execute(db))?)
}

/// What a statement fails with.
#[track_caller]
pub fn class(db: &mut Db, statement: &str) -> Class {
    let error = run(db, statement).map(drop).expect_err(statement);
    println!("{statement}: {error}");
    error.class
}

/// What the engine calls the connection.
pub fn name(db: &mut Db) -> String {
    let query =
        if engine() == Engine::Mysql { "CAST(connection_id() AS CHAR)" } else { "CAST(pg_backend_pid() AS TEXT)" };
    with_conn!(db, diesel::select(diesel::dsl::sql::<Text>(query)).get_result(db)).unwrap()
}

const ALL: &[Engine] = &[Engine::Sqlite, Engine::Postgres, Engine::Mysql];
const SERVERS: &[Engine] = &[Engine::Postgres, Engine::Mysql];

/// What one statement is enough for.
const STATEMENTS: &[(&str, &[Engine], &str, Class)] = &[
    ("a key that is taken", ALL, "INSERT INTO item VALUES (1, 'new', 1, NULL)", Class::Constraint),
    ("a name that is taken", ALL, "INSERT INTO item VALUES (3, 'one', 1, NULL)", Class::Constraint),
    ("a number below zero", ALL, "INSERT INTO item VALUES (3, 'new', -1, NULL)", Class::Constraint),
    ("the same in an update", ALL, "UPDATE item SET n = n - 5", Class::Constraint),
    ("no name", ALL, "INSERT INTO item VALUES (3, NULL, 1, NULL)", Class::Constraint),
    ("no such parent", ALL, "INSERT INTO item VALUES (3, 'new', 1, 7)", Class::Constraint),
    ("a name that is too long", SERVERS, "INSERT INTO item VALUES (3, 'longer than that', 1, NULL)", Class::Constraint),
    ("a number that is too large", SERVERS, "UPDATE item SET n = 3000000000", Class::Constraint),
    ("a sum that is too large", SERVERS, "UPDATE item SET n = 9223372036854775807 + n", Class::Constraint),
    ("a table that is gone", ALL, "SELECT * FROM nowhere", Class::Damaged),
    ("the same in a write", ALL, "DELETE FROM nowhere", Class::Damaged),
    ("a column that never was", ALL, "SELECT absent FROM item", Class::Bug),
    ("the same in a write", ALL, "UPDATE item SET absent = 1", Class::Bug),
    ("no SQL", ALL, "SELEKT 1", Class::Bug),
    ("longer than a statement may take", &[Engine::Postgres], "SELECT pg_sleep(9)", Class::Busy),
    ("longer than a statement may take", &[Engine::Mysql], "SELECT sleep(9)", Class::Busy),
];

#[test]
fn what_a_statement_fails_with_has_its_class() {
    let ground = Ground::new();
    let mut db = ground.writer();
    for (what, engines, statement, expected) in STATEMENTS {
        if engines.contains(&engine()) {
            assert_eq!(class(&mut db, statement), *expected, "{what}: {statement}");
        }
    }
    assert_eq!(run(&mut db, "UPDATE item SET n = 1").unwrap(), 2, "the connection is as good as before");
}

#[test]
fn a_reader_that_writes_has_lost_its_way() {
    let ground = Ground::new();
    let expected = if engine() == Engine::Sqlite { Class::Damaged } else { Class::Unreachable };
    assert_eq!(class(&mut ground.store().reader().unwrap(), "DELETE FROM item"), expected);
}

diesel::table! {
    item (id) {
        id -> Integer,
        n -> Integer,
    }
}

#[test]
fn a_prepared_statement_whose_table_has_changed_wants_a_new_connection() {
    if engine() != Engine::Postgres {
        return println!("only PostgreSQL does not prepare it again");
    }
    let ground = Ground::new();
    let mut writer = ground.writer();
    let db = &mut *writer;
    let mut read = || -> db::Result<Vec<i32>> { Ok(with_conn!(db, item::table.select(item::n).load(db))?) };
    assert_eq!(read().unwrap().len(), 2);
    run(&mut ground.writer(), "ALTER TABLE item ALTER n TYPE SMALLINT").unwrap();
    run(&mut ground.writer(), "ALTER TABLE item ALTER n TYPE BIGINT").unwrap();
    assert_eq!(read().map(drop).unwrap_err().class, Class::Unreachable);
}

/// Statements of an administrator to stop another connection's statement, and to end the connection.
fn stops(other: &str) -> [String; 2] {
    match engine() {
        Engine::Postgres => ["cancel", "terminate"].map(|how| format!("SELECT pg_{how}_backend({other})")),
        _ => ["QUERY", "CONNECTION"].map(|what| format!("KILL {what} {other}")),
    }
}

#[test]
fn a_statement_that_somebody_stopped_is_busy_and_a_connection_that_somebody_ended_is_unreachable() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has no server");
    }
    let ground = Ground::new();
    let (mut holder, mut waiter, mut idle) = (ground.writer(), ground.writer(), ground.writer());
    holder.batch_execute("BEGIN").unwrap();
    run(&mut holder, "UPDATE item SET n = 5").unwrap();
    let [stop, end] = stops(&name(&mut waiter));
    let [_, end_idle] = stops(&name(&mut idle));
    for (by, expected) in [(stop, Class::Busy), (end, Class::Unreachable)] {
        let met = thread::scope(|scope| {
            let waits = scope.spawn(|| class(&mut waiter, "UPDATE item SET n = 6"));
            while !waits.is_finished() {
                thread::sleep(Duration::from_millis(100));
                // Until it has begun there is nothing to stop.
                drop(run(&mut holder, &by));
            }
            waits.join().unwrap()
        });
        assert_eq!(met, expected, "{by}");
    }
    run(&mut holder, &end_idle).unwrap();
    for db in [&mut waiter, &mut idle] {
        assert_eq!(class(db, "UPDATE item SET n = 6"), Class::Unreachable);
        assert_eq!(class(db, "UPDATE item SET n = 6"), Class::Unreachable, "and stays so");
        let error = db::transaction(db, |db| run(db, "UPDATE item SET n = 6")).unwrap_err();
        assert_eq!(error.class, Class::Unreachable, "{error}");
    }
}

#[test]
fn where_there_is_no_server_or_no_database_all_is_unreachable() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has no door");
    }
    let refused = |url: &str| Store::new(url, "item", SHORT).unwrap().reader().map(drop).unwrap_err();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refused(&engine().url(closed, "shop"));
    assert_eq!(error.class, Class::Unreachable, "{error}");
    let error = refused(&Server::shared(engine()).url("nowhere"));
    assert_eq!(error.class, Class::Unreachable, "{error}");
}
