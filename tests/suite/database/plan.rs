//! Plans of the server's statements on SQLite: none reads the whole of a table that grows with the shop.
//!
//! The script of the contract calls every route, and each statement that the stores run meanwhile is explained twice: by
//! tables without statistics, which is how SQLite plans for a shop, and by statistics of a large one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use parking_lot::Mutex;

use crate::contract::life;
use crate::contract::script::Script;
use crate::server::place::Place;
use crate::server::{Engine, engine};

/// Tables with a row for each thing that is open, signed in or running, and no past.
const BOUNDED: [&str; 9] = [
    "store_meta",
    "node",
    "pay_open",
    "pay_ask",
    "ledger_record",
    "sign_in",
    "ended_session",
    "api_key",
    "__diesel_schema_migrations",
];

/// Columns with few values.
const FEW_VALUES: [&str; 8] =
    ["msg_status", "on_sale", "kind", "by_whom", "verdict", "status", "is_paid", "score_log_type"];

/// Beginnings of statements that read a whole table on purpose: a line each, after a line with the reason.
const PERMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/database/whole_tables.txt");

/// The folder whose stores are watched, and the statements of each store.
type Watched = (String, BTreeMap<String, BTreeSet<String>>);

static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);

/// Records the statements of a connection.
#[derive(Default)]
struct Recorder {
    /// The file of a watched store.
    file: Option<String>,
}

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                let watched = WATCHED.lock();
                self.file = watched.as_ref().filter(|(folder, _)| url.contains(folder)).map(|_| url.to_owned());
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                let Some(file) = &self.file else { return };
                let text = query.to_string();
                let statement = text.split(" -- binds:").next().unwrap().trim().to_owned();
                if let Some((_, statements)) = &mut *WATCHED.lock() {
                    statements.entry(file.clone()).or_default().insert(statement);
                }
            }
            _ => {}
        }
    }
}

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

/// The tables that a statement reads from beginning to end.
fn whole_tables(db: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let plan: Result<Vec<Detail>, _> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(db);
    let plan = plan.unwrap_or_else(|error| panic!("{error}: {statement}"));
    let scanned = |detail: &Detail| Some(detail.detail.strip_prefix("SCAN ")?.split(' ').next()?.to_owned());
    let is_table = "SELECT name AS detail FROM sqlite_master WHERE type = 'table'";
    let tables: Vec<Detail> = diesel::sql_query(is_table).load(db).unwrap();
    let is_growing =
        |name: &String| tables.iter().any(|table| table.detail == *name) && !BOUNDED.contains(&name.as_str());
    plan.iter().filter_map(scanned).filter(is_growing).collect()
}

/// Whether a statement reads the first rows of a table, of which it wants any or the newest.
fn reads_first_rows(statement: &str) -> bool {
    let is_of_all = ["WHERE", "GROUP BY", "JOIN"].iter().any(|clause| statement.contains(clause));
    statement.contains(" LIMIT ") && !is_of_all
}

/// Whether a statement reads rows of the stores' own tables, by conditions or all of them.
fn reads_rows(statement: &str) -> bool {
    ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb))
        && !["sqlite_", "pragma_", "PRAGMA"].iter().any(|name| statement.contains(name))
        && !statement.contains(';')
        && !reads_first_rows(statement)
}

#[actix_web::test]
async fn no_statement_of_a_route_reads_the_whole_of_a_table_that_grows() {
    if engine() != Engine::Sqlite {
        return println!("only SQLite's plans are stable enough to be tested");
    }
    let place = Place::new();
    let folder = place.folder();
    *WATCHED.lock() = Some((folder.to_string_lossy().into_owned(), BTreeMap::new()));
    set_default_instrumentation(|| Some(Box::new(Recorder::default()))).unwrap();
    let mut script = Script::at(place, life::SETTINGS).await;
    life::play(&mut script).await;
    let (_, recorded) = WATCHED.lock().take().unwrap();
    assert_eq!(recorded.len(), 6, "{:?}", recorded.keys());
    let permitted = std::fs::read_to_string(PERMITTED).unwrap();
    let is_permitted = |statement: &String| {
        permitted.lines().any(|line| !line.starts_with('#') && !line.is_empty() && statement.starts_with(line))
    };
    let (mut explained, mut wrong) = (0, BTreeSet::new());
    for (file, statements) in &recorded {
        for mut db in [SqliteConnection::establish(file).unwrap(), grown(file, &folder)] {
            for statement in statements.iter().filter(|text| reads_rows(text) && !is_permitted(text)) {
                explained += 1;
                let tables = whole_tables(&mut db, statement);
                wrong.extend(tables.into_iter().map(|table| format!("{table}: {statement}")));
            }
        }
    }
    assert!(explained > 300, "only {explained} statements were recorded");
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "these statements read a whole table:\n{}", wrong.join("\n"));
    script.app.finish().await;
}
