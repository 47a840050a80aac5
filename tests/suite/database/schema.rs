//! The migrations: each can be undone and done again, they make the same on every engine, which is what `schema.rs` says,
//! and every constraint has its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use diesel_migrations::MigrationHarness;
use tradepost::db::migrate::{self, Migrations};
use tradepost::db::{Db, Store, with_conn};

use crate::database::catalog::{Catalog, Column, Rule, of_statement};
use crate::server::place::Place;
use crate::server::{Engine, engine};
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

fn migrated(owner: &str, migrations: Make) -> (Place, Db) {
    let place = Place::new();
    let store = Store::new(&place.url(), owner, LIMITS).unwrap();
    assert!(!migrate::run(&store, migrations()).unwrap().is_empty());
    assert!(migrate::run(&store, migrations()).unwrap().is_empty(), "a second run has nothing to do");
    let db = store.migrator().unwrap();
    (place, db)
}

/// What is there; a column that was dropped comes back as the last of its table, and nobody minds.
fn unordered(db: &mut Db) -> Catalog {
    let mut catalog = Catalog::of(db);
    catalog.tables.values_mut().for_each(|columns| columns.sort());
    catalog
}

#[test]
fn every_migration_can_be_undone_and_done_again() {
    for (owner, migrations) in OWNERS {
        let (_place, mut connection) = migrated(owner, migrations);
        let db = &mut connection;
        let mut steps = vec![unordered(db)];
        while with_conn!(db, db.revert_last_migration(migrations()).is_ok()) {
            steps.push(unordered(db));
        }
        assert_eq!(steps.last(), Some(&Catalog::default()), "{owner}: something is left when all is undone");
        for expected in steps.iter().rev().skip(1) {
            with_conn!(db, db.run_next_migration(migrations()).map(drop)).unwrap();
            assert_eq!(&unordered(db), expected, "{owner}");
        }
        assert!(!with_conn!(db, db.has_pending_migration(migrations())).unwrap(), "{owner}");
    }
}

/// What `schema.rs` says of a table: its key and its columns.
fn described() -> BTreeMap<String, (String, Vec<Column>)> {
    let text = include_str!("../../../src/db/schema.rs");
    let mut tables = BTreeMap::new();
    for part in text.split("diesel::table! {").skip(1) {
        let mut lines = part.lines().map(str::trim).filter(|line| !line.is_empty());
        let (name, key) = lines.next().unwrap().trim_end_matches(") {").split_once(" (").unwrap();
        let columns = lines.map_while(|line| line.trim_end_matches(',').split_once(" -> "));
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
        tables.insert(name.to_owned(), (key.to_owned(), columns));
    }
    tables
}

/// The constraints and indices that the files of an owner's migrations name.
fn written(owner: &str) -> BTreeSet<Rule> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations").join(owner);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("up.sql"));
    let texts: Vec<String> = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    let code =
        texts.iter().map(|text| text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n"));
    code.flat_map(|text| text.split(';').flat_map(of_statement).collect::<Vec<_>>()).collect()
}

#[test]
fn the_engine_has_what_schema_rs_and_the_migrations_say() {
    let described = described();
    let mut seen = BTreeSet::new();
    for (owner, migrations) in OWNERS {
        let (_place, mut db) = migrated(owner, migrations);
        let found = Catalog::of(&mut db);
        for (name, columns) in &found.tables {
            let told = described.get(name).unwrap_or_else(|| panic!("{name} of {owner} is not in schema.rs"));
            let is_key = |rule: &&Rule| &rule.table == name && rule.kind == "PRIMARY KEY";
            let key = found.rules.iter().find(is_key).map(|rule| rule.columns.clone());
            assert_eq!(&(key.unwrap_or_default(), columns.clone()), told, "{owner}: {name}");
            seen.insert(name.clone());
        }
        let mut rules = written(owner);
        if engine() == Engine::Mysql {
            let renamed = |mut rule: Rule| {
                if rule.kind == "PRIMARY KEY" {
                    "PRIMARY".clone_into(&mut rule.name);
                }
                rule
            };
            rules = rules.into_iter().map(renamed).collect();
        }
        assert_eq!(found.rules, rules, "{owner}");
    }
    assert_eq!(seen, described.into_keys().collect::<BTreeSet<_>>(), "schema.rs has a table nobody makes");
}

#[test]
fn every_constraint_and_index_is_named_after_its_table_and_columns() {
    for (owner, _) in OWNERS {
        let mut names = BTreeSet::new();
        for Rule { table, kind, name, columns } in written(owner) {
            let columns = columns.replace(", ", "_");
            match kind.as_str() {
                "CHECK" => assert!(name.starts_with(&format!("{table}_")) && name.ends_with("_check"), "{name}"),
                "INDEX" => assert_eq!(name, format!("{table}_{columns}_idx"), "{owner}"),
                _ => assert_eq!(name, format!("{table}_{columns}_key"), "{owner}"),
            }
            // PostgreSQL cuts what is longer.
            assert!(name.len() <= 63, "{name}");
            assert!(names.insert(name.clone()), "{owner}: {name} is there twice");
        }
        assert!(!names.is_empty(), "{owner}");
    }
}
