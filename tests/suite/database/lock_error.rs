//! Classes of the errors that connections get when they compete for the same rows.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use diesel::prelude::*;
use tradepost::db::{self, Class, Db, with_conn};

use crate::database::error_class::{ItemStore, class, item, run};
use crate::server::{Engine, engine};

#[test]
fn another_connections_lock_is_busy() {
    let items = ItemStore::new();
    let (mut one, mut two) = (items.writer(), items.writer());
    one.batch_execute("BEGIN").unwrap();
    run(&mut one, "UPDATE item SET n = 5 WHERE id = 1").unwrap();
    assert_eq!(class(&mut two, "UPDATE item SET n = 6 WHERE id = 1"), Class::Busy);
    one.batch_execute("COMMIT").unwrap();
    assert_eq!(run(&mut two, "UPDATE item SET n = 6 WHERE id = 1").unwrap(), 1);
}

#[test]
fn the_locks_of_a_transaction_that_pauses_for_too_long_end_and_it_cannot_go_on() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has one writer");
    }
    let items = ItemStore::new();
    let (mut frozen, mut waiter) = (items.impatient_writer(Duration::from_secs(1)), items.writer());
    frozen.batch_execute("BEGIN").unwrap();
    run(&mut frozen, "UPDATE item SET n = 5 WHERE id = 1").unwrap();
    // It waits for a lock for two seconds.
    assert_eq!(run(&mut waiter, "UPDATE item SET n = 6 WHERE id = 1").unwrap(), 1);
    frozen.batch_execute("COMMIT").unwrap_err();
}

#[test]
fn a_lock_on_a_row_after_the_first_is_busy_too() {
    if engine() == Engine::Sqlite {
        return println!("SQLite locks no rows");
    }
    let items = ItemStore::new();
    let (mut holder, mut waiter) = (items.writer(), items.writer());
    holder.batch_execute("BEGIN").unwrap();
    run(&mut holder, "UPDATE item SET n = 5 WHERE id = 2").unwrap();
    // The same prepared statement each time: MariaDB's C library would otherwise wait forever for its remaining rows.
    let read = |db: &mut Db| -> db::Result<Vec<i32>> {
        let items = db::for_update(item::table.order(item::id).select(item::n));
        db::transaction(db, |db| Ok(with_conn!(db, items.load(db))?))
    };
    for _ in 0..2 {
        assert_eq!(read(&mut waiter).unwrap_err().class, Class::Busy);
    }
    holder.batch_execute("COMMIT").unwrap();
    assert_eq!(read(&mut waiter).unwrap(), [1, 5]);
}

/// Locks the item `first` and then `second`, in one transaction. A second connection locks them in reverse order.
/// `as_text` sends the second statement unprepared.
fn lock_both(db: &mut Db, first: i32, second: i32, as_text: bool, both_hold_one: &Barrier) -> db::Result<()> {
    db::transaction(db, |db| {
        run(db, &format!("UPDATE item SET n = 5 WHERE id = {first}"))?;
        both_hold_one.wait();
        let second = format!("UPDATE item SET n = 5 WHERE id = {second}");
        db::savepoint(db, |db| if as_text { Ok(db.batch_execute(&second)?) } else { run(db, &second).map(drop) })
    })
}

#[test]
fn a_deadlock_in_a_savepoint_is_a_conflict_for_one_of_the_two() {
    if engine() == Engine::Sqlite {
        return println!("SQLite has one writer");
    }
    let items = ItemStore::new();
    let (mut one, mut two) = (items.writer(), items.writer());
    // Diesel reads the code of a MySQL error only if the statement is prepared, not if it is sent as text.
    for as_text in [false, true] {
        let both_hold_one = &Barrier::new(2);
        let results = thread::scope(|scope| {
            let one = scope.spawn(|| lock_both(&mut one, 1, 2, as_text, both_hold_one));
            let two = scope.spawn(|| lock_both(&mut two, 2, 1, as_text, both_hold_one));
            [one.join().unwrap(), two.join().unwrap()]
        });
        let classes = results.map(|result| result.map_err(|error| error.class));
        assert!(classes.contains(&Ok(())) && classes.contains(&Err(Class::Conflict)), "{classes:?}");
        for db in [&mut one, &mut two] {
            assert_eq!(run(db, "UPDATE item SET n = n + 1").unwrap(), 2, "both connections still work");
        }
    }
}

#[test]
fn releasing_a_savepoint_that_a_deadlock_rolled_back_is_a_conflict() {
    if engine() != Engine::Mysql {
        return println!("only MySQL rolls back a transaction on its own");
    }
    let mut db = ItemStore::new().writer();
    // Diesel's transaction manager sends this statement as text, too.
    let error = db::Error::from(db.batch_execute("RELEASE SAVEPOINT diesel_savepoint_1").unwrap_err());
    assert_eq!(error.class, Class::Conflict, "{error}");
}

#[test]
fn a_row_that_is_newer_than_the_snapshot_is_a_conflict() {
    let begin = match engine() {
        Engine::Sqlite => return println!("SQLite reports busy: see sqlite.rs"),
        Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        Engine::Mysql => {
            "SET innodb_snapshot_isolation = ON; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
             START TRANSACTION WITH CONSISTENT SNAPSHOT"
        }
    };
    let items = ItemStore::new();
    let (mut one, mut two) = (items.writer(), items.writer());
    one.batch_execute(begin).unwrap();
    run(&mut one, "SELECT n FROM item").unwrap();
    run(&mut two, "UPDATE item SET n = 6").unwrap();
    assert_eq!(class(&mut one, "UPDATE item SET n = 7"), Class::Conflict);
}

#[test]
fn two_transactions_that_are_not_serializable_are_a_conflict() {
    if engine() != Engine::Postgres {
        return println!("only PostgreSQL detects it");
    }
    let items = ItemStore::new();
    let mut both = [(1, 2), (2, 1)].map(|ids| (ids, items.writer()));
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
