//! Plans on PostgreSQL, which depend on the size of a table: with sequential scans off, one is left where no index serves.

use super::WholeTables;
use crate::server::{Engine, Server};

/// As writers have them, which may not read or keep a whole table.
const PLANNER: &str =
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET enable_material = off;
    SET plan_cache_mode = force_generic_plan; SET jit = off";

/// The schema that the first statement of a connection sets.
pub fn schema_set_by(statement: &str) -> Option<&str> {
    statement.split_once("SET search_path = \"")?.1.split('"').next()
}

/// The tables that each statement scans, or whose index it reads from beginning to end without a limit.
pub fn whole_tables(schema: &str, url: &str, statements: &[&str]) -> Vec<WholeTables> {
    let database = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    let plan = |statement: &&str| {
        let parameters = (1..).take_while(|n| statement.contains(&format!("${n}"))).count();
        let values = vec!["NULL"; parameters].join(", ");
        let execute = if values.is_empty() { "EXECUTE it".to_owned() } else { format!("EXECUTE it({values})") };
        let explain = format!(
            "SET search_path = \"{schema}\"; {PLANNER}; PREPARE it AS {statement}; EXPLAIN (COSTS OFF) {execute}"
        );
        let plan = Server::shared(Engine::Postgres).sql(database, &explain);
        scanned(&plan, statement.contains(" LIMIT "))
    };
    statements.iter().map(plan).collect()
}

/// The kinds of nodes that read a table by an index. Of a bitmap, this is the node that reads the table.
const BY_INDEX: [&str; 3] = ["Index Scan ", "Index Only Scan ", "Bitmap Heap Scan "];

/// Reads a plan. A node is a line with an arrow, except the first; its conditions follow it.
fn scanned(plan: &str, is_limited: bool) -> WholeTables {
    let is_node = |line: &str| line.trim_start().starts_with("->");
    let lines: Vec<&str> = plan.lines().collect();
    let mut tables = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let node = line.trim_start().trim_start_matches("->").trim_start();
        let is_found = || {
            let mut conditions = lines.iter().skip(place + 1).take_while(|line| !is_node(line));
            is_limited || conditions.any(|line| ["Index Cond", "Recheck Cond"].iter().any(|kind| line.contains(kind)))
        };
        let is_by_index = BY_INDEX.iter().any(|kind| node.starts_with(kind));
        if node.starts_with("Seq Scan ") || is_by_index && !is_found() {
            let table = node.split(' ').skip_while(|word| *word != "on").nth(1).unwrap_or(node);
            tables.push(table.trim_matches('"').to_owned());
        }
    }
    tables
}
