//! What the errors of this process's engine mean, each provoked on the real thing. What only a file can suffer is in
//! `database.rs`, what takes a whole server in `error_servers.rs`.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use tradepost::db::Limits;
use tradepost::db::{self, Class, Db, Pooled, Store, each};

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
    Ok(each!(db, diesel::sql_query(statement).execute(db))?)
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
    each!(db, diesel::select(diesel::dsl::sql::<Text>(query)).get_result(db)).unwrap()
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

#[test]
fn a_lock_of_somebody_else_is_busy() {
    let ground = Ground::new();
    let (mut one, mut two) = (ground.writer(), ground.writer());
    one.batch_execute("BEGIN").unwrap();
    run(&mut one, "UPDATE item SET n = 5 WHERE id = 1").unwrap();
    assert_eq!(class(&mut two, "UPDATE item SET n = 6 WHERE id = 1"), Class::Busy);
    one.batch_execute("COMMIT").unwrap();
    assert_eq!(run(&mut two, "UPDATE item SET n = 6 WHERE id = 1").unwrap(), 1);
}

#[test]
fn a_lock_that_is_met_after_the_first_rows_is_busy_too() {
    if engine() == Engine::Sqlite {
        return println!("SQLite locks no rows");
    }
    let ground = Ground::new();
    let (mut holder, mut waiter) = (ground.writer(), ground.writer());
    holder.batch_execute("BEGIN").unwrap();
    run(&mut holder, "UPDATE item SET n = 5 WHERE id = 2").unwrap();
    // The same prepared statement each time: MariaDB's C library would wait for the rest of its rows for ever.
    let read = |db: &mut Db| -> db::Result<Vec<i32>> {
        let items = db::locked(item::table.order(item::id).select(item::n));
        db::transaction(db, |db| Ok(each!(db, items.load(db))?))
    };
    for _ in 0..2 {
        assert_eq!(read(&mut waiter).unwrap_err().class, Class::Busy);
    }
    holder.batch_execute("COMMIT").unwrap();
    assert_eq!(read(&mut waiter).unwrap(), [1, 5]);
}

/// Takes one item and then the other; another takes them the other way round.
fn take(db: &mut Db, first: i32, second: i32, as_text: bool, both_have_one: &Barrier) -> db::Result<()> {
    db::transaction(db, |db| {
        run(db, &format!("UPDATE item SET n = 5 WHERE id = {first}"))?;
        both_have_one.wait();
        let second = format!("UPDATE item SET n = 5 WHERE id = {second}");
        db::savepoint(db, |db| if as_text { Ok(db.batch_execute(&second)?) } else { run(db, &second).map(drop) })
    })
}

#[test]
fn a_deadlock_is_a_conflict_for_one_of_the_two_also_in_a_savepoint() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has one writer");
    }
    let ground = Ground::new();
    let (mut one, mut two) = (ground.writer(), ground.writer());
    // Diesel reads the code of MySQL's errors where a statement is prepared, and not where it is sent as text.
    for as_text in [false, true] {
        let met = &Barrier::new(2);
        let ended = thread::scope(|scope| {
            let one = scope.spawn(|| take(&mut one, 1, 2, as_text, met));
            let two = scope.spawn(|| take(&mut two, 2, 1, as_text, met));
            [one.join().unwrap(), two.join().unwrap()]
        });
        let classes = ended.map(|each| each.map_err(|error| error.class));
        assert!(classes.contains(&Ok(())) && classes.contains(&Err(Class::Conflict)), "{classes:?}");
        for db in [&mut one, &mut two] {
            assert_eq!(run(db, "UPDATE item SET n = n + 1").unwrap(), 2, "both go on");
        }
    }
}

#[test]
fn a_savepoint_that_a_deadlock_took_is_a_conflict() {
    if engine() != Engine::Mysql {
        return println!("only MySQL ends a transaction without being asked");
    }
    let mut db = Ground::new().writer();
    // As the transaction manager says it: as text.
    let error = db::Error::from(db.batch_execute("RELEASE SAVEPOINT diesel_savepoint_1").unwrap_err());
    assert_eq!(error.class, Class::Conflict, "{error}");
}

#[test]
fn a_row_that_is_newer_than_the_snapshot_is_a_conflict() {
    let begin = match engine() {
        Engine::Sqlite => return println!("SQLite says busy: see database.rs"),
        Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        Engine::Mysql => {
            "SET innodb_snapshot_isolation = ON; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
             START TRANSACTION WITH CONSISTENT SNAPSHOT"
        }
    };
    let ground = Ground::new();
    let (mut one, mut two) = (ground.writer(), ground.writer());
    one.batch_execute(begin).unwrap();
    run(&mut one, "SELECT n FROM item").unwrap();
    run(&mut two, "UPDATE item SET n = 6").unwrap();
    assert_eq!(class(&mut one, "UPDATE item SET n = 7"), Class::Conflict);
}

#[test]
fn two_that_could_not_have_come_one_after_the_other_are_a_conflict() {
    if engine() != Engine::Postgres {
        return println!("only PostgreSQL looks for it");
    }
    let ground = Ground::new();
    let mut both = [(1, 2), (2, 1)].map(|ids| (ids, ground.writer()));
    for ((_, other), db) in &mut both {
        db.batch_execute("BEGIN ISOLATION LEVEL SERIALIZABLE").unwrap();
        run(db, &format!("SELECT n FROM item WHERE id = {other}")).unwrap();
    }
    for ((own, _), db) in &mut both {
        run(db, &format!("UPDATE item SET n = 7 WHERE id = {own}")).unwrap();
    }
    let [(_, one), (_, two)] = &mut both;
    one.batch_execute("COMMIT").unwrap();
    assert_eq!(db::Error::from(two.batch_execute("COMMIT").unwrap_err()).class, Class::Conflict);
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
    let mut read = || -> db::Result<Vec<i32>> { Ok(each!(db, item::table.select(item::n).load(db))?) };
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
