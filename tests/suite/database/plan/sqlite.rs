//! Plans on SQLite: by tables without statistics, which is how SQLite plans for a shop, and by statistics of a large one.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{FEW_VALUES, WholeTables};

#[derive(QueryableByName)]
struct Detail {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    columns: String,
    #[diesel(sql_type = BigInt)]
    is_unique: i64,
}

const INDEXES: &str = "SELECT t.name AS table_name, i.name AS name, i.\"unique\" AS is_unique,
        (SELECT group_concat(c.name, ' ' ORDER BY c.seqno) FROM pragma_index_info(i.name) AS c) AS columns
    FROM sqlite_master AS t JOIN pragma_index_list(t.name) AS i WHERE t.type = 'table'";

/// A copy of a store with the statistics of a shop that has a million rows in each table.
fn grown(file: &str, folder: &Path) -> SqliteConnection {
    let copy = folder.join(format!("grown-{}", Path::new(file).file_name().unwrap().display()));
    let mut db = SqliteConnection::establish(file).unwrap();
    db.batch_execute(&format!("VACUUM INTO '{}'", copy.display())).unwrap();
    let mut db = SqliteConnection::establish(&copy.to_string_lossy()).unwrap();
    db.batch_execute("ANALYZE; DELETE FROM sqlite_stat1;").unwrap();
    let indexes: Vec<Index> = diesel::sql_query(INDEXES).load(&mut db).unwrap();
    for Index { table_name, name, columns, is_unique } in indexes {
        let columns: Vec<&str> = columns.split(' ').collect();
        let mut rows_per_value = 1_000_000;
        let numbers = columns.iter().enumerate().map(|(place, column)| {
            let values = if FEW_VALUES.contains(column) { 3 } else { 100_000 };
            let is_key = is_unique == 1 && place + 1 == columns.len();
            rows_per_value = if is_key { 1 } else { (rows_per_value / values).max(1) };
            rows_per_value.to_string()
        });
        let numbers = numbers.collect::<Vec<_>>().join(" ");
        let row = format!("INSERT INTO sqlite_stat1 VALUES ('{table_name}', '{name}', '1000000 {numbers}')");
        db.batch_execute(&row).unwrap();
    }
    // Statistics are read when a connection is opened.
    SqliteConnection::establish(&copy.to_string_lossy()).unwrap()
}

/// The tables that each statement reads from beginning to end, by one of the plans.
pub fn whole_tables(file: &str, folder: &Path, statements: &[&str]) -> Vec<WholeTables> {
    let mut new = SqliteConnection::establish(file).unwrap();
    let mut grown = grown(file, folder);
    let by_both = |statement: &&str| [scanned(&mut new, statement), scanned(&mut grown, statement)].concat();
    statements.iter().map(by_both).collect()
}

/// The tables that a statement scans. A result of a subquery is no table.
fn scanned(db: &mut SqliteConnection, statement: &str) -> WholeTables {
    let plan: Result<Vec<Detail>, _> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(db);
    let plan = plan.unwrap_or_else(|error| panic!("{error}: {statement}"));
    let is_table = "SELECT name AS detail FROM sqlite_master WHERE type = 'table'";
    let tables: Vec<Detail> = diesel::sql_query(is_table).load(db).unwrap();
    let name = |detail: &Detail| Some(detail.detail.strip_prefix("SCAN ")?.split(' ').next()?.to_owned());
    let is_table = |name: &String| tables.iter().any(|table| table.detail == *name);
    plan.iter().filter_map(name).filter(is_table).collect()
}
