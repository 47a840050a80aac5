//! Reads the tables, columns, constraints and indexes of a database into a form that is the same on every engine.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;
use tradepost::db::{Db, with_conn};

use crate::server::{Engine, engine};

/// Name and type of a column, written as in `src/db/schema/`.
pub type Column = (String, String);

/// A constraint or an index of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    pub table: String,
    /// `PRIMARY KEY`, `UNIQUE`, `CHECK`, or `INDEX`.
    pub kind: String,
    /// Name of the constraint. MySQL names every primary key `PRIMARY`.
    pub name: String,
    /// Column names, separated by `, `. Empty for a check.
    pub columns: String,
}

/// All tables and rules of a database, without the tables that record the migrations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    pub tables: BTreeMap<String, Vec<Column>>,
    pub rules: BTreeSet<Rule>,
}

/// A row of four texts. Each query below says what they mean.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    a: String,
    #[diesel(sql_type = Text)]
    b: String,
    #[diesel(sql_type = Text)]
    c: String,
    #[diesel(sql_type = Text)]
    d: String,
}

fn rows(db: &mut Db, query: &str) -> Vec<Row> {
    let rows: Vec<Row> = with_conn!(db, diesel::sql_query(query).load(db)).unwrap();
    rows.into_iter().filter(|row| !row.a.starts_with("__")).collect()
}

/// Columns of the row: table, column, type, nullable (`YES` or `NO`).
/// A key of the type INTEGER has 64 bits on SQLite, and the tests compare it with BIGINT.
const COLUMNS_SQLITE: &str = "SELECT m.name AS a, c.name AS b,
           CASE WHEN c.pk = 1 AND (SELECT max(pk) FROM pragma_table_info(m.name)) = 1 AND c.type = 'INTEGER'
               AND m.name <> 'node' THEN 'BIGINT' ELSE c.type END AS c,
           CASE \"notnull\" WHEN 1 THEN 'NO' ELSE 'YES' END AS d
    FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
    WHERE m.type = 'table' ORDER BY m.name, c.cid";
const COLUMNS_POSTGRES: &str = "SELECT table_name::text AS a, column_name::text AS b, data_type::text AS c,
           is_nullable::text AS d
    FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position";
const COLUMNS_MYSQL: &str = "SELECT table_name AS a, column_name AS b, data_type AS c, is_nullable AS d
    FROM information_schema.columns WHERE table_schema = database() ORDER BY table_name, ordinal_position";

/// Columns of the row: table, kind, name, columns. On SQLite the last one is the statement that creates the object.
const RULES_SQLITE: &str = "SELECT tbl_name AS a, type AS b, name AS c, sql AS d FROM sqlite_master
    WHERE sql IS NOT NULL";
const RULES_POSTGRES: &str = "SELECT t.relname::text AS a,
           CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'CHECK' END AS b,
           k.conname::text AS c,
           CASE k.contype WHEN 'c' THEN '' ELSE (SELECT string_agg(attname, ', ' ORDER BY n)
               FROM unnest(k.conkey) WITH ORDINALITY AS of (attnum, n)
               JOIN pg_attribute AS f ON f.attrelid = t.oid AND f.attnum = of.attnum) END AS d
    FROM pg_constraint AS k JOIN pg_class AS t ON t.oid = k.conrelid
    WHERE t.relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT t.relname::text, CASE WHEN x.indisunique THEN 'UNIQUE' ELSE 'INDEX' END, i.relname::text, (SELECT string_agg(attname, ', ' ORDER BY n)
               FROM unnest(x.indkey) WITH ORDINALITY AS of (attnum, n)
               JOIN pg_attribute AS f ON f.attrelid = t.oid AND f.attnum = of.attnum)
    FROM pg_index AS x JOIN pg_class AS t ON t.oid = x.indrelid JOIN pg_class AS i ON i.oid = x.indexrelid
    WHERE t.relnamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = x.indexrelid)";
const RULES_MYSQL: &str = "SELECT table_name AS a,
           CASE WHEN index_name = 'PRIMARY' THEN 'PRIMARY KEY' WHEN non_unique = 0 THEN 'UNIQUE' ELSE 'INDEX' END AS b,
           index_name AS c, group_concat(column_name ORDER BY seq_in_index SEPARATOR ', ') AS d
    FROM information_schema.statistics WHERE table_schema = database() GROUP BY 1, 2, 3
    UNION ALL
    SELECT table_name, 'CHECK', constraint_name, '' FROM information_schema.table_constraints
    WHERE table_schema = database() AND constraint_type = 'CHECK'";

impl Catalog {
    /// Reads the catalog of a database.
    pub fn of(db: &mut Db) -> Self {
        let (columns, rules) = match engine() {
            Engine::Sqlite => (COLUMNS_SQLITE, RULES_SQLITE),
            Engine::Postgres => (COLUMNS_POSTGRES, RULES_POSTGRES),
            Engine::Mysql => (COLUMNS_MYSQL, RULES_MYSQL),
        };
        let mut catalog = Self::default();
        for Row { a: table, b: name, c: kind, d: nullable } in rows(db, columns) {
            let kind = match kind.to_ascii_lowercase().as_str() {
                "bigint" => "BigInt",
                "integer" | "int" => "Integer",
                text if text == "text" || text.starts_with("varchar") || text == "character varying" => "Text",
                other => panic!("{table}.{name}: {other} is not portable"),
            };
            let kind = if nullable == "NO" { kind.to_owned() } else { format!("Nullable<{kind}>") };
            catalog.tables.entry(table).or_default().push((name, kind));
        }
        for Row { a: table, b: kind, c: name, d: columns } in rows(db, rules) {
            if engine() == Engine::Sqlite {
                catalog.rules.extend(of_statement(&columns));
            } else {
                catalog.rules.insert(Rule { table, kind, name, columns });
            }
        }
        catalog
    }
}

/// Parses the constraints of a `CREATE TABLE` statement, or the index of a `CREATE INDEX` statement. Expects the style
/// of the migrations, with one constraint per line. Other statements have no rules.
pub fn of_statement(sql: &str) -> Vec<Rule> {
    let inner = |text: &str| text.trim().trim_end_matches(';').trim_matches(['(', ')']).to_owned();
    let indexes = [("CREATE INDEX ", "INDEX"), ("CREATE UNIQUE INDEX ", "UNIQUE")];
    let index = indexes.iter().find_map(|(start, kind)| Some((sql.trim_start().strip_prefix(start)?, *kind)));
    if let Some((rest, kind)) = index {
        let (name, on) = rest.split_once(" ON ").unwrap();
        let (table, columns) = on.split_once(' ').unwrap();
        let (name, table) = (name.to_owned(), table.to_owned());
        return vec![Rule { table, kind: kind.to_owned(), name, columns: inner(columns) }];
    }
    let Some(rest) = sql.trim_start().strip_prefix("CREATE TABLE ") else { return Vec::new() };
    let table = rest.split_once(' ').unwrap().0;
    let mut rules = Vec::new();
    for line in sql.lines().map(|line| line.trim().trim_end_matches(',')) {
        let kinds = ["PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY", "REFERENCES"];
        let Some(kind) = kinds.into_iter().find(|kind| line.contains(kind)) else { continue };
        let named = line.strip_prefix("CONSTRAINT ").and_then(|rest| rest.split_once(' '));
        let (name, rule) = named.unwrap_or_else(|| panic!("{table} has a constraint without a name: {line}"));
        let columns = if kind == "CHECK" { String::new() } else { inner(rule.trim_start_matches(kind)) };
        rules.push(Rule { table: table.to_owned(), kind: kind.to_owned(), name: name.to_owned(), columns });
    }
    rules
}
