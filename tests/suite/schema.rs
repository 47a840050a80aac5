//! The migrations: each can be undone and done again, `schema.rs` says what they make, every constraint has its name.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use diesel_migrations::MigrationHarness;
use tempfile::TempDir;
use tradepost::db::migrate::{self, Migrations};
use tradepost::db::{Db, Store};

use crate::support::LIMITS;

type Make = fn() -> Migrations;

const OWNERS: [(&str, Make); 6] = [
    ("coupon", || migrate::COUPON),
    ("goods", || migrate::GOODS),
    ("user", || migrate::USER),
    ("order", || migrate::ORDER),
    ("pay", || migrate::PAY),
    ("sandbox", || migrate::SANDBOX),
];

fn migrated(owner: &str, migrations: Make) -> (TempDir, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(&format!("sqlite://{}", folder.path().display()), owner, LIMITS).unwrap();
    assert!(!migrate::run(&store, migrations()).unwrap().is_empty());
    assert!(migrate::run(&store, migrations()).unwrap().is_empty(), "a second run has nothing to do");
    let Db::Sqlite(db) = store.migrator().unwrap() else { panic!("another engine") };
    (folder, db)
}

/// What is in the database: name, statement.
fn dump(db: &mut SqliteConnection) -> BTreeMap<String, String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Nullable<Text>)]
        sql: Option<String>,
    }
    let query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%diesel%' AND sql IS NOT NULL";
    let rows: Vec<Row> = diesel::sql_query(query).load(db).unwrap();
    rows.into_iter().map(|row| (row.name, row.sql.unwrap())).collect()
}

#[test]
fn every_migration_can_be_undone_and_done_again() {
    for (owner, migrations) in OWNERS {
        let (_folder, mut db) = migrated(owner, migrations);
        let whole = dump(&mut db);
        let mut steps = vec![whole];
        while db.revert_last_migration(migrations()).is_ok() {
            steps.push(dump(&mut db));
        }
        assert_eq!(steps.last(), Some(&BTreeMap::new()), "{owner}: something is left when all is undone");
        for expected in steps.iter().rev().skip(1) {
            db.run_next_migration(migrations()).unwrap();
            assert_eq!(&dump(&mut db), expected, "{owner}");
        }
        assert!(!db.has_pending_migration(migrations()).unwrap(), "{owner}");
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Table {
    key: Vec<String>,
    /// Name and type, as in `schema.rs`.
    columns: Vec<(String, String)>,
}

fn described() -> BTreeMap<String, Table> {
    let text = include_str!("../../src/db/schema.rs");
    let mut tables = BTreeMap::new();
    for part in text.split("diesel::table! {").skip(1) {
        let mut lines = part.lines().map(str::trim).filter(|line| !line.is_empty());
        let (name, key) = lines.next().unwrap().trim_end_matches(") {").split_once(" (").unwrap();
        let columns = lines.map_while(|line| line.trim_end_matches(',').split_once(" -> "));
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
        tables.insert(name.to_owned(), Table { key: key.split(", ").map(str::to_owned).collect(), columns });
    }
    tables
}

fn found(db: &mut SqliteConnection, table: &str) -> Table {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        r#type: String,
        #[diesel(sql_type = Integer)]
        not_null: i32,
        #[diesel(sql_type = Integer)]
        place: i32,
    }
    let query = "SELECT name, type, \"notnull\" AS not_null, pk AS place FROM pragma_table_info(?) ORDER BY cid";
    let rows: Vec<Row> = diesel::sql_query(query).bind::<Text, _>(table).load(db).unwrap();
    let mut key: Vec<(i32, String)> =
        rows.iter().filter(|row| row.place > 0).map(|row| (row.place, row.name.clone())).collect();
    key.sort();
    let kind = |row: &Row| {
        let kind = match row.r#type.as_str() {
            "BIGINT" => "BigInt",
            "INTEGER" => "Integer",
            text if text == "TEXT" || text.starts_with("VARCHAR(") => "Text",
            other => panic!("{table}.{}: {other} is not portable", row.name),
        };
        if row.not_null == 1 { kind.to_owned() } else { format!("Nullable<{kind}>") }
    };
    let columns = rows.iter().map(|row| (row.name.clone(), kind(row))).collect();
    Table { key: key.into_iter().map(|(_, name)| name).collect(), columns }
}

#[test]
fn schema_rs_says_what_the_migrations_make() {
    let described = described();
    let mut seen = BTreeSet::new();
    for (owner, migrations) in OWNERS {
        let (_folder, mut db) = migrated(owner, migrations);
        for (name, _) in dump(&mut db).into_iter().filter(|(_, sql)| sql.starts_with("CREATE TABLE")) {
            let told = described.get(&name).unwrap_or_else(|| panic!("{name} of {owner} is not in schema.rs"));
            assert_eq!(&found(&mut db, &name), told, "{owner}: {name}");
            seen.insert(name);
        }
    }
    assert_eq!(seen, described.into_keys().collect::<BTreeSet<_>>(), "schema.rs has a table nobody makes");
}

#[test]
fn every_constraint_and_index_is_named_after_its_table_and_columns() {
    for (owner, migrations) in OWNERS {
        let (_folder, mut db) = migrated(owner, migrations);
        let mut names = BTreeSet::new();
        for (name, sql) in dump(&mut db) {
            if let Some(rest) = sql.strip_prefix("CREATE INDEX ") {
                let (_, on) = rest.split_once(" ON ").unwrap();
                let (table, columns) = on.split_once(" (").unwrap();
                let columns = columns.trim_end_matches(')').replace(", ", "_");
                assert_eq!(name, format!("{table}_{columns}_idx"), "{owner}");
                continue;
            }
            for line in sql.lines().map(|line| line.trim().trim_end_matches(',')) {
                let kind = ["PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY", "REFERENCES"]
                    .into_iter()
                    .find(|kind| line.contains(kind));
                let Some(kind) = kind else { continue };
                let rest = line.strip_prefix("CONSTRAINT ");
                let (constraint, rule) = rest.and_then(|rest| rest.split_once(' ')).unwrap_or_else(|| {
                    panic!("{owner}: {name} has a constraint without a name: {line}");
                });
                if kind == "CHECK" {
                    assert!(constraint.starts_with(&format!("{name}_")) && constraint.ends_with("_check"), "{line}");
                } else {
                    let columns = rule.trim_start_matches(kind).trim_matches([' ', '(', ')']).replace(", ", "_");
                    assert_eq!(constraint, format!("{name}_{columns}_key"), "{owner}");
                }
                assert!(names.insert(constraint.to_owned()), "{owner}: {constraint} is there twice");
            }
        }
        assert!(!names.is_empty(), "{owner}");
    }
}
