//! Plans of the server's statements: none reads the whole of a table that grows with the shop.
//!
//! The script of the contract calls every route, and each statement that the stores run meanwhile is explained, by the
//! plan for a shop that has grown.

mod postgres;
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use parking_lot::Mutex;

use crate::contract::life;
use crate::contract::script::Script;
use crate::server::place::Place;
use crate::server::{Engine, engine};

/// Tables with a row for each thing that is open, signed in or running, and no past.
const BOUNDED: [&str; 10] = [
    "store_meta",
    "node",
    "pay_open",
    "pay_ask",
    "ledger_record",
    "sign_in",
    "ended_session",
    "api_key",
    "webhook",
    "__diesel_schema_migrations",
];

/// Columns with few values.
const FEW_VALUES: [&str; 8] =
    ["msg_status", "on_sale", "kind", "by_whom", "verdict", "status", "is_paid", "score_log_type"];

/// Beginnings of statements that read a whole table on purpose: a line each, after a line with the reason.
const PERMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/database/whole_tables.txt");

/// A part of the URLs of the stores that are watched, and the statements of each store.
type Watched = (String, BTreeMap<String, BTreeSet<String>>);

static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);

/// Records the statements of a connection.
#[derive(Default)]
struct Recorder {
    /// The URL of a watched store; on PostgreSQL, where owners share a URL, the owner's schema once it is known.
    store: Option<String>,
}

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                let watched = WATCHED.lock();
                self.store = watched.as_ref().filter(|(part, _)| url.contains(part)).map(|_| url.to_owned());
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                let Some(store) = &self.store else { return };
                let text = query.to_string();
                if let Some(schema) = postgres::schema_set_by(&text) {
                    self.store = Some(schema.to_owned());
                    return;
                }
                let statement = text.split(" -- binds:").next().unwrap().trim().to_owned();
                if let Some((_, statements)) = &mut *WATCHED.lock() {
                    statements.entry(store.clone()).or_default().insert(statement);
                }
            }
            _ => {}
        }
    }
}

/// Whether a statement reads the first rows of a table, of which it wants any or the newest.
fn reads_first_rows(statement: &str) -> bool {
    let is_of_all = ["WHERE", "GROUP BY", "JOIN"].iter().any(|clause| statement.contains(clause));
    statement.contains(" LIMIT ") && !is_of_all
}

/// Whether a statement reads rows of the stores' own tables, by conditions or all of them.
fn reads_rows(statement: &str) -> bool {
    ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb))
        && !["sqlite_", "pragma_", "PRAGMA", "information_schema"].iter().any(|name| statement.contains(name))
        && !statement.contains(';')
        && !reads_first_rows(statement)
}

/// A part of the URLs of this place's stores, and of no others.
fn watched(place: &Place) -> String {
    match engine() {
        Engine::Sqlite => place.folder().to_string_lossy().into_owned(),
        Engine::Postgres => place.url() + "?",
        Engine::Mysql => place.url() + "_",
    }
}

/// The statement with the quotes and the parameters of SQLite and MySQL.
fn in_one_dialect(statement: &str) -> String {
    let mut parts = statement.split('$');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| format!("?{}", part.trim_start_matches(|c: char| c.is_ascii_digit())));
    (first + &rest.collect::<String>()).replace('"', "`")
}

/// The tables that grow among those that a statement reads from beginning to end.
type WholeTables = Vec<String>;

/// Explains the statements of a store; what each of them reads as a whole, in the same order.
fn explain(store: &str, place: &Place, statements: &[&str]) -> Vec<WholeTables> {
    let tables = match engine() {
        Engine::Sqlite => sqlite::whole_tables(store, &place.folder(), statements),
        Engine::Postgres => postgres::whole_tables(store, &place.url(), statements),
        Engine::Mysql => unreachable!("its plans are not tested"),
    };
    let growing = |tables: WholeTables| tables.into_iter().filter(|table| !BOUNDED.contains(&table.as_str())).collect();
    tables.into_iter().map(growing).collect()
}

#[actix_web::test]
async fn no_statement_of_a_route_reads_the_whole_of_a_table_that_grows() {
    if engine() == Engine::Mysql {
        return println!("MySQL plans each time anew, by the size of the tables, which are small here");
    }
    let place = Place::new();
    *WATCHED.lock() = Some((watched(&place), BTreeMap::new()));
    set_default_instrumentation(|| Some(Box::new(Recorder::default()))).unwrap();
    let mut script = Script::at(place, life::SETTINGS).await;
    life::play(&mut script).await;
    let (_, recorded) = WATCHED.lock().take().unwrap();
    assert_eq!(recorded.len(), 6, "{:?}", recorded.keys());
    let permitted = std::fs::read_to_string(PERMITTED).unwrap();
    let is_permitted = |statement: &str| {
        let statement = in_one_dialect(statement);
        permitted.lines().any(|line| !line.starts_with('#') && !line.is_empty() && statement.starts_with(line))
    };
    let (mut explained, mut wrong) = (0, BTreeSet::new());
    for (store, statements) in &recorded {
        let statements: Vec<&str> =
            statements.iter().map(String::as_str).filter(|text| reads_rows(text) && !is_permitted(text)).collect();
        explained += statements.len();
        for (statement, tables) in statements.iter().zip(explain(store, script.app.place(), &statements)) {
            wrong.extend(tables.into_iter().map(|table| format!("{table}: {statement}")));
        }
    }
    assert!(explained > 150, "only {explained} statements were recorded");
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "these statements read a whole table:\n{}", wrong.join("\n"));
    script.app.finish().await;
}
