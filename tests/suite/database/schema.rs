//! The migrations: each can be reverted and run again, all engines end with the schema in `src/db/schema/`, and
//! every constraint has a name.

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

pub type MigrationsOf = fn() -> Migrations;

pub const OWNERS: [(&str, MigrationsOf); 6] = [
    ("coupon", || migrate::COUPON),
    ("goods", || migrate::GOODS),
    ("user", || migrate::USER),
    ("order", || migrate::ORDER),
    ("pay", || migrate::PAY),
    ("sandbox", || migrate::SANDBOX),
];

/// Creates a database and runs all migrations of `owner`.
fn migrated(owner: &str, migrations: MigrationsOf) -> (Place, Db) {
    let place = Place::new();
    let store = Store::new(&place.url(), owner, LIMITS).unwrap();
    assert!(!migrate::run(&store, migrations()).unwrap().is_empty());
    assert!(migrate::run(&store, migrations()).unwrap().is_empty(), "a second run has nothing to do");
    let db = store.migrator().unwrap();
    (place, db)
}

/// Reads the catalog with sorted columns, because a dropped column comes back as the last one of its table.
fn unordered(db: &mut Db) -> Catalog {
    let mut catalog = Catalog::of(db);
    catalog.tables.values_mut().for_each(|columns| columns.sort());
    catalog
}

#[test]
fn every_migration_can_be_reverted_and_run_again() {
    for (owner, migrations) in OWNERS {
        let (_place, mut connection) = migrated(owner, migrations);
        let db = &mut connection;
        let mut steps = vec![unordered(db)];
        while with_conn!(db, db.revert_last_migration(migrations()).is_ok()) {
            steps.push(unordered(db));
        }
        assert_eq!(
            steps.last(),
            Some(&Catalog::default()),
            "{owner}: objects are left after all migrations are reverted"
        );
        for expected in steps.iter().rev().skip(1) {
            with_conn!(db, db.run_next_migration(migrations()).map(drop)).unwrap();
            assert_eq!(&unordered(db), expected, "{owner}");
        }
        assert!(!with_conn!(db, db.has_pending_migration(migrations())).unwrap(), "{owner}");
    }
}

/// Parses the files in `src/db/schema/`: for each table its primary key and its columns.
fn schema_tables() -> BTreeMap<String, (String, Vec<Column>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/db/schema");
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let text = files.collect::<Vec<_>>().concat();
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

/// Parses the constraints and indexes in the migration files of `owner`.
fn migration_rules(owner: &str) -> BTreeSet<Rule> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations").join(owner);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("up.sql"));
    let texts: Vec<String> = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    let code =
        texts.iter().map(|text| text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n"));
    code.flat_map(|text| text.split(';').flat_map(of_statement).collect::<Vec<_>>()).collect()
}

#[test]
fn the_database_matches_the_schema_and_the_migration_files() {
    let expected = schema_tables();
    let mut seen = BTreeSet::new();
    for (owner, migrations) in OWNERS {
        let (_place, mut db) = migrated(owner, migrations);
        let found = Catalog::of(&mut db);
        for (name, columns) in &found.tables {
            let table = expected.get(name).unwrap_or_else(|| panic!("{name} of {owner} is not in src/db/schema"));
            let is_key = |rule: &&Rule| &rule.table == name && rule.kind == "PRIMARY KEY";
            let key = found.rules.iter().find(is_key).map(|rule| rule.columns.clone());
            assert_eq!(&(key.unwrap_or_default(), columns.clone()), table, "{owner}: {name}");
            seen.insert(name.clone());
        }
        let mut rules = migration_rules(owner);
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
    assert_eq!(seen, expected.into_keys().collect::<BTreeSet<_>>(), "the schema has a table that no migration creates");
}

#[test]
fn every_constraint_and_index_is_named_after_its_table_and_columns() {
    for (owner, _) in OWNERS {
        let mut names = BTreeSet::new();
        for Rule { table, kind, name, columns } in migration_rules(owner) {
            let columns = columns.replace(", ", "_");
            match kind.as_str() {
                "CHECK" => assert!(name.starts_with(&format!("{table}_")) && name.ends_with("_check"), "{name}"),
                "INDEX" => assert_eq!(name, format!("{table}_{columns}_idx"), "{owner}"),
                _ => assert_eq!(name, format!("{table}_{columns}_key"), "{owner}"),
            }
            // PostgreSQL truncates longer names.
            assert!(name.len() <= 63, "{name}");
            assert!(names.insert(name.clone()), "{owner}: {name} is used twice");
        }
        assert!(!names.is_empty(), "{owner}");
    }
}
