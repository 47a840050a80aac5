//! Audits the chains: the links of each owner follow each other, kept heads are among them, and the ledgers have exactly
//! the rows that the chain recorded, unchanged.

mod added;
mod changes;
mod kept;
mod links;
mod rows;
mod table;

pub use kept::KeptHead;
pub use links::ChainHead;

use super::{Findings, OwnerStores};
use crate::db::ledger::chain::{self, Kind, LINKS_PER_PAGE, Link};
use crate::db::{self, Db, Store};
use crate::domain::clock::Timestamp;
use changes::Changes;
use links::Links;
use rows::{Recorded, Rows};

/// Expectations of the chains.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Whether the settings want them to be recorded.
    pub is_on: bool,
    /// Heads of earlier audits.
    pub kept: &'a [KeptHead],
}

/// Checks the chains of all owners and returns their heads.
pub fn check(stores: &OwnerStores, expected: Expected<'_>, findings: &mut Findings) -> db::Result<Vec<ChainHead>> {
    Ok(check_from(stores, expected, None, findings)?.0)
}

/// Checks the links that were made since some time, and the rows in them. Returns the heads, and what was changed.
pub fn check_since(
    stores: &OwnerStores,
    expected: Expected<'_>,
    since: Timestamp,
    findings: &mut Findings,
) -> db::Result<(Vec<ChainHead>, Changes)> {
    check_from(stores, expected, Some(since), findings)
}

fn check_from(
    stores: &OwnerStores,
    expected: Expected<'_>,
    since: Option<Timestamp>,
    findings: &mut Findings,
) -> db::Result<(Vec<ChainHead>, Changes)> {
    let owners: [(&'static str, &Store); 5] = [
        ("coupon", &stores.coupon),
        ("goods", &stores.goods),
        ("user", &stores.user),
        ("order", &stores.order),
        ("pay", &stores.pay),
    ];
    let mut heads = Vec::new();
    let mut changes = Changes::default();
    for (owner, store) in owners {
        let links = Links::new(owner, expected.kept);
        let mut walk = Walk { links, rows: Rows::new(owner), changes: since.map(|_| &mut changes) };
        if let Some(since) = since {
            walk.skip_until(&mut *store.reader()?, since)?;
        }
        walk.run(store)?;
        let Walk { links, rows, .. } = walk;
        heads.extend(links.finish(expected.is_on, rows.is_recording(), findings));
        rows.finish(findings);
    }
    Ok((heads, changes))
}

/// A walk along one chain, from its first link to the records that are not in a link yet.
struct Walk<'a> {
    links: Links<'a>,
    rows: Rows,
    /// Collects what the lines name; `None` if the whole chain is checked.
    changes: Option<&'a mut Changes>,
}

impl Walk<'_> {
    /// Skips the links that were made before `since`.
    fn skip_until(&mut self, db: &mut Db, since: Timestamp) -> db::Result<()> {
        if let Some(last) = chain::last_before(db, since)? {
            self.rows.begin_at(chain::state_at(db, last.link_number)?);
            self.links.begin_after(&last);
        }
        Ok(())
    }

    /// Reads the whole chain. The connection is given back after each page. The last links, the unsealed records and the
    /// number of rows are read in one transaction, so that they belong together while a server is writing.
    fn run(&mut self, store: &Store) -> db::Result<()> {
        while self.walk(&mut *store.reader()?)? == LINKS_PER_PAGE {}
        db::snapshot(&mut *store.reader()?, |db| {
            while self.walk(db)? > 0 {}
            let unsealed = chain::unsealed(db)?;
            let lines = unsealed.iter().flat_map(|text| text.lines()).map(|line| Recorded { link: None, line });
            self.compare(db, lines.collect())?;
            self.rows.finish_comparison(db)
        })
    }

    /// Reads the next page of links. Returns their number.
    fn walk(&mut self, db: &mut Db) -> db::Result<i64> {
        let page: Vec<Link> = chain::links(db, self.links.next())?;
        let mut lines = Vec::new();
        for link in &page {
            self.links.check(link);
            match link.kind {
                Kind::Rows => {
                    let link_of = Some((link.link_number, link.link_time));
                    lines.extend(link.entries.lines().map(|line| Recorded { link: link_of, line }));
                }
                Kind::Begin | Kind::Pause => {
                    lines.clear();
                    self.rows.begin(link);
                }
            }
        }
        self.compare(db, lines)?;
        Ok(i64::try_from(page.len()).unwrap_or(0))
    }

    fn compare(&mut self, db: &mut Db, lines: Vec<Recorded<'_>>) -> db::Result<()> {
        if let Some(changes) = &mut self.changes {
            lines.iter().for_each(|recorded| changes.add(recorded.line));
        }
        self.rows.compare(db, lines)
    }
}
