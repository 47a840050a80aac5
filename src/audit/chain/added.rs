//! Finds rows of a ledger that the chain does not have.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::table::Table;
use crate::db::ledger::Ledger;
use crate::db::ledger::chain::{self, Kind, is_new_row};
use crate::db::{self, Db, with_conn};

/// Maximum number of rows that are named.
const NAMED_MAX: usize = 10;
/// Number of ids that are read at a time.
const IDS_PER_PAGE: usize = 1_000;

#[derive(QueryableByName)]
struct RowId {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The keys of the first rows that no line of the chain has added. Only for a ledger that the chain covers from its first
/// row on.
pub fn find(db: &mut Db, ledger: &Ledger, table: &Table) -> db::Result<Vec<String>> {
    let known = known(db, table)?;
    let (mut added, mut after) = (Vec::new(), i64::MIN);
    loop {
        // The query is built from constants and integers only, so it cannot be injected into.
        let query = format!(
            "SELECT DISTINCT id FROM (SELECT {id} AS id FROM {rows}) AS ids WHERE id > {after} ORDER BY id LIMIT {limit}",
            id = table.id_column(),
            rows = ledger.rows,
            limit = IDS_PER_PAGE
        );
        let ids: Vec<RowId> = with_conn!(db, diesel::sql_query(query).load(db))?;
        let ids: Vec<i64> = ids.into_iter().map(|row| row.id).collect();
        let Some(last) = ids.last() else { return Ok(added) };
        after = *last;
        let rows = (table.read)(db, &ids)?;
        added.extend(rows.iter().map(|row| table.key(row)).filter(|key| !known.contains(*key)).map(str::to_owned));
        if added.len() >= NAMED_MAX {
            added.truncate(NAMED_MAX);
            return Ok(added);
        }
    }
}

/// The keys of all rows that the chain has added since it began to record.
fn known(db: &mut Db, table: &Table) -> db::Result<HashSet<String>> {
    let (mut known, mut next) = (HashSet::new(), 0);
    let add = |known: &mut HashSet<String>, text: &str| {
        let rows = text.lines().filter(|line| is_new_row(line, table.name)).filter_map(|line| line.split_once(' '));
        known.extend(rows.map(|(_, row)| table.key(row).to_owned()));
    };
    loop {
        let page = chain::links(db, next)?;
        let Some(last) = page.last() else { break };
        next = last.link_number.saturating_add(1);
        for link in &page {
            if link.kind == Kind::Rows {
                add(&mut known, &link.entries);
            } else {
                known.clear();
            }
        }
    }
    for text in chain::unsealed(db)? {
        add(&mut known, &text);
    }
    Ok(known)
}
