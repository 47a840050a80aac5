//! Classes of SQLite's errors, each provoked on a real file, and the pragmas of a connection.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use diesel::prelude::*;
use diesel::sql_types::Text;
use tempfile::TempDir;
use tradepost::db::with_conn;
use tradepost::db::{self, Class, Db, Store};

use crate::support::LIMITS;

/// A database file with a table of 1000 rows. Its WAL is checkpointed and its connection closed.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn new() -> Self {
        let disk = Self { folder: tempfile::tempdir().unwrap() };
        disk.open()
            .batch_execute(
                "PRAGMA journal_mode = WAL;
                 CREATE TABLE parent (id INTEGER NOT NULL CONSTRAINT parent_id_key PRIMARY KEY);
                 CREATE TABLE item (
                     id INTEGER NOT NULL CONSTRAINT item_id_key PRIMARY KEY,
                     name TEXT NOT NULL,
                     n INTEGER NOT NULL CONSTRAINT item_n_check CHECK (n >= 0),
                     parent_id INTEGER NULL REFERENCES parent (id),
                     CONSTRAINT item_name_key UNIQUE (name)
                 );
                 WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 1000)
                 INSERT INTO item SELECT i, 'item ' || i || hex(zeroblob(50)), i, NULL FROM k;
                 PRAGMA wal_checkpoint(TRUNCATE);",
            )
            .unwrap();
        disk
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("item.db")
    }

    fn store(&self) -> Store {
        Store::new(&format!("sqlite://{}", self.folder.path().display()), "item", LIMITS).unwrap()
    }

    /// Opens a connection that does not wait for locks.
    fn open(&self) -> Db {
        let mut db = open(&self.file().to_string_lossy());
        db.batch_execute("PRAGMA foreign_keys = ON;").unwrap();
        db
    }

    fn overwrite(&self, at: u64, len: usize) {
        let mut file = fs::OpenOptions::new().write(true).open(self.file()).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&vec![0xA5; len]).unwrap();
    }
}

fn open(file: &str) -> Db {
    db::Connection::Sqlite(SqliteConnection::establish(file).unwrap()).into()
}

#[track_caller]
fn class(db: &mut Db, statement: &str) -> Class {
    db::Error::from(db.batch_execute(statement).expect_err(statement)).class
}

const INSERT: &str = "INSERT INTO item VALUES (2000, 'new', 1, NULL)";
const READ: &str = "SELECT sum(length(name)) FROM item";

#[test]
fn a_violated_constraint_is_classified_as_constraint() {
    let disk = Disk::new();
    let mut db = disk.open();
    for statement in [
        "INSERT INTO item VALUES (1, 'new', 1, NULL)",
        "INSERT INTO item SELECT 2000, name, 1, NULL FROM item WHERE id = 7",
        "INSERT INTO item VALUES (2000, 'new', -1, NULL)",
        "INSERT INTO item VALUES (2000, NULL, 1, NULL)",
        "INSERT INTO item VALUES (2000, 'new', 1, 5)",
    ] {
        assert_eq!(class(&mut db, statement), Class::Constraint, "{statement}");
    }
    assert_eq!(class(&mut db, "INSERT INTO item VALUES (2000, 'new')"), Class::Bug);
}

#[test]
fn another_connections_lock_is_busy_and_so_is_a_stale_snapshot() {
    let disk = Disk::new();
    let (mut one, mut two) = (disk.open(), disk.open());
    one.batch_execute("BEGIN IMMEDIATE").unwrap();
    assert_eq!(class(&mut two, "BEGIN IMMEDIATE"), Class::Busy);
    assert_eq!(class(&mut two, INSERT), Class::Busy);
    two.batch_execute(READ).unwrap();
    one.batch_execute("ROLLBACK").unwrap();

    two.batch_execute(&format!("BEGIN; {READ};")).unwrap();
    one.batch_execute(INSERT).unwrap();
    assert_eq!(class(&mut two, "DELETE FROM item"), Class::Busy);
}

#[test]
fn a_transaction_takes_the_write_lock_first_so_that_its_snapshot_is_never_stale() {
    let disk = Disk::new();
    let (mut one, mut two) = (disk.open(), disk.open());
    db::transaction(&mut one, |one| {
        one.batch_execute(READ)?;
        assert_eq!(class(&mut two, INSERT), Class::Busy, "another connection can write although the lock is taken");
        one.batch_execute("DELETE FROM item")?;
        Ok(())
    })
    .unwrap();
    two.batch_execute(INSERT).unwrap();
}

#[test]
fn a_full_disk_fails_writes_and_still_serves_reads() {
    let disk = Disk::new();
    let mut db = disk.open();
    db.batch_execute("PRAGMA max_page_count = 1").unwrap();
    let large_insert = "INSERT INTO item SELECT id + 1000, name || 'x', n, NULL FROM item";
    assert_eq!(class(&mut db, large_insert), Class::Full);
    let failed = db::transaction(&mut db, |db| Ok(db.batch_execute(large_insert)?)).unwrap_err();
    assert_eq!(failed.class, Class::Full);
    db.batch_execute(READ).unwrap();
    db.batch_execute("PRAGMA max_page_count = 100000").unwrap();
    db.batch_execute(large_insert).unwrap();
}

#[test]
fn a_corrupt_file_is_classified_as_damaged() {
    let disk = Disk::new();
    disk.overwrite(0, 100);
    assert_eq!(class(&mut open(&disk.file().to_string_lossy()), READ), Class::Damaged);

    let disk = Disk::new();
    let length = fs::metadata(disk.file()).unwrap().len();
    disk.overwrite(4096, usize::try_from(length).unwrap() - 4096);
    assert_eq!(class(&mut open(&disk.file().to_string_lossy()), READ), Class::Damaged);

    let disk = Disk::new();
    fs::write(disk.file(), b"").unwrap();
    assert_eq!(class(&mut disk.open(), READ), Class::Damaged, "an empty file does not have the table");

    let disk = Disk::new();
    let mut db = open(&format!("file:{}?mode=ro", disk.file().display()));
    db.batch_execute(READ).unwrap();
    assert_eq!(class(&mut db, INSERT), Class::ReadOnly);
}

#[test]
fn an_invalid_statement_or_row_is_classified_as_a_bug() {
    let disk = Disk::new();
    let mut db = disk.open();
    assert_eq!(class(&mut db, "SELECT nothing FROM item"), Class::Bug);
    assert_eq!(class(&mut db, "SELEKT 1"), Class::Bug);
    let db = &mut db;
    let null: QueryResult<String> = with_conn!(db, diesel::select(diesel::dsl::sql::<Text>("NULL")).get_result(db));
    assert_eq!(db::Error::from(null.unwrap_err()).class, Class::Bug);
}

#[test]
fn a_file_that_cannot_be_opened_is_unreachable() {
    let disk = Disk::new();
    let store = disk.store();
    fs::remove_dir_all(disk.folder.path()).unwrap();
    let error = store.writer().map(drop).unwrap_err();
    assert_eq!(error.class, Class::Unreachable);
    assert!(error.to_string().contains("item.db"), "{error}");

    let disk = Disk::new();
    let store = disk.store();
    disk.overwrite(0, 100);
    assert_eq!(store.writer().map(drop).unwrap_err().class, Class::Damaged, "it can be opened and is no database");
}

/// Reads the value of a pragma.
fn pragma(db: &mut Db, name: &str) -> String {
    let query = format!(
        "(SELECT CAST(\"{}\" AS TEXT) FROM pragma_{name})",
        if name == "busy_timeout" { "timeout" } else { name }
    );
    with_conn!(db, diesel::select(diesel::dsl::sql::<Text>(&query)).get_result(db)).unwrap()
}

#[test]
fn a_writer_is_durable_and_waits_for_locks_and_a_reader_cannot_write() {
    let disk = Disk::new();
    let store = disk.store();
    for (name, writer, reader) in [
        ("busy_timeout", "5000", "5000"),
        ("journal_mode", "wal", "wal"),
        ("synchronous", "2", "2"),
        ("foreign_keys", "1", "1"),
        ("temp_store", "2", "2"),
        ("query_only", "0", "1"),
    ] {
        assert_eq!(pragma(&mut store.writer().unwrap(), name), writer, "{name}");
        assert_eq!(pragma(&mut store.reader().unwrap(), name), reader, "{name}");
    }
    store.reader().unwrap().batch_execute(READ).unwrap();
    store.reader().unwrap().batch_execute(INSERT).unwrap_err();
    store.writer().unwrap().batch_execute(INSERT).unwrap();
}
