//! The rows of one owner's ledgers, compared with what the chain has recorded of them.

use std::collections::{BTreeMap, HashMap};

use super::added;
use super::table::{Table, table_of};
use crate::audit::Findings;
use crate::db::ledger::chain::{self, Kind, Link};
use crate::db::ledger::{Ledger, ledgers_of};
use crate::db::{self, Db};
use crate::domain::clock::Timestamp;

const NAME: &str = "ledger_chained";

/// Number and time of a link; `None` for a record that is in no link yet.
type InLink = Option<(i64, Timestamp)>;

/// A line of the chain, with its link.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    pub link: InLink,
    /// The verb and the row.
    pub line: &'a str,
}

/// A row that differs from what the chain has recorded.
struct Suspect {
    table: &'static Table,
    link: InLink,
    /// The row as it was recorded.
    recorded: String,
    /// The row as it is; `None` if it is gone.
    now: Option<String>,
    /// Whether the chain has it as a row that was added.
    is_added: bool,
}

/// The comparison of one owner's ledgers up to some point of the chain.
pub struct Rows {
    owner: &'static str,
    /// Whether rows that are written at this point of the chain are recorded.
    is_recording: bool,
    /// Whether the chain was not read from where the recording began.
    is_partial: bool,
    /// The number of rows that each ledger had when the recording began.
    uncovered: HashMap<String, i64>,
    /// The number of rows that were added to each ledger since.
    added: HashMap<&'static str, i64>,
    /// By ledger and key.
    suspects: BTreeMap<String, Suspect>,
    checked: u64,
    problems: Vec<String>,
}

impl Rows {
    pub fn new(owner: &'static str) -> Self {
        Self {
            owner,
            is_recording: false,
            is_partial: false,
            uncovered: HashMap::new(),
            added: HashMap::new(),
            suspects: BTreeMap::new(),
            checked: 0,
            problems: Vec::new(),
        }
    }

    pub const fn is_recording(&self) -> bool {
        self.is_recording
    }

    /// Begins the comparison at a point of the chain where `state` holds. The number of rows is not compared then.
    pub fn begin_at(&mut self, state: Option<Kind>) {
        (self.is_recording, self.is_partial) = (state == Some(Kind::Begin), true);
    }

    /// Begins or ends the comparison at `link`. What was recorded before an interruption cannot be compared any more.
    pub fn begin(&mut self, link: &Link) {
        let rows =
            |line: &str| line.split_once(' ').and_then(|(name, rows)| Some((name.to_owned(), rows.parse().ok()?)));
        let uncovered = link.entries.lines().filter_map(rows).collect();
        *self =
            Self { is_recording: link.kind == Kind::Begin, uncovered, checked: self.checked, ..Self::new(self.owner) };
    }

    /// Compares lines of the chain with the rows as they are. A row that differs may have been changed on purpose, which
    /// a later line then says.
    pub fn compare<'a>(&mut self, db: &mut Db, lines: impl IntoIterator<Item = Recorded<'a>>) -> db::Result<()> {
        if !self.is_recording {
            return Ok(());
        }
        let mut by_ledger: BTreeMap<&str, Vec<(InLink, bool, &str)>> = BTreeMap::new();
        for Recorded { link, line } in lines.into_iter().filter(|recorded| !chain::is_occurrence(recorded.line)) {
            let Some((verb, row)) = line.split_once(' ') else { continue };
            let name = row.split(' ').next().unwrap_or_default();
            by_ledger.entry(name).or_default().push((link, verb == "+", row));
        }
        for (name, rows) in by_ledger {
            match table_of(name) {
                Some(table) => self.compare_rows(db, table, rows)?,
                None => self.problems.push(format!("the chain has rows of {name:?}, which this release does not know")),
            }
        }
        Ok(())
    }

    fn compare_rows(&mut self, db: &mut Db, table: &'static Table, rows: Vec<(InLink, bool, &str)>) -> db::Result<()> {
        let now = table.rows_now(db, rows.iter().map(|(.., row)| *row))?;
        for (link, is_added, row) in rows {
            self.checked += 1;
            *self.added.entry(table.name).or_default() += i64::from(is_added);
            let key = table.key(row);
            let is_added = is_added || self.suspects.get(key).is_some_and(|suspect| suspect.is_added);
            match now.get(key) {
                Some(now) if now == row => drop(self.suspects.remove(key)),
                now => {
                    let suspect = Suspect { table, link, recorded: row.to_owned(), now: now.cloned(), is_added };
                    self.suspects.insert(key.to_owned(), suspect);
                }
            }
        }
        Ok(())
    }

    /// Ends the comparison in the transaction that has read the end of the chain: reads the rows that differ again, and
    /// compares the number of rows.
    pub fn finish_comparison(&mut self, db: &mut Db) -> db::Result<()> {
        if !self.is_recording {
            return Ok(());
        }
        for ledger in ledgers_of(self.owner) {
            let Some(table) = table_of(ledger.name) else { continue };
            let suspects = || self.suspects.values().filter(|suspect| suspect.table.name == ledger.name);
            let now = table.rows_now(db, suspects().map(|suspect| suspect.recorded.as_str()))?;
            self.suspects.retain(|key, suspect| {
                if suspect.table.name == ledger.name {
                    suspect.now = now.get(key).cloned();
                }
                suspect.now.as_ref() != Some(&suspect.recorded)
            });
            if !self.is_partial {
                self.compare_number(db, ledger, table)?;
            }
        }
        Ok(())
    }

    /// Compares the number of rows of a ledger with what the chain says. Rows that are gone are suspects already.
    fn compare_number(&mut self, db: &mut Db, ledger: &Ledger, table: &Table) -> db::Result<()> {
        let name = ledger.name;
        let is_gone = |suspect: &&Suspect| suspect.table.name == name && suspect.is_added && suspect.now.is_none();
        let gone = i64::try_from(self.suspects.values().filter(is_gone).count()).unwrap_or(0);
        let uncovered = self.uncovered.get(name).copied().unwrap_or(0);
        let expected = uncovered + self.added.get(name).copied().unwrap_or(0) - gone;
        let rows = chain::count(db, ledger)?;
        if rows == expected {
            return Ok(());
        }
        let added = if uncovered == 0 && rows > expected { added::find(db, ledger, table)? } else { Vec::new() };
        if added.is_empty() {
            let covered = if uncovered == 0 { "" } else { "; some are older than the chain" };
            self.problems.push(format!("{name} has {rows} rows, and the chain knows of {expected}{covered}"));
        }
        self.problems.extend(added.into_iter().map(|row| format!("{row} was added beside the application")));
        Ok(())
    }

    /// Reports the results.
    pub fn finish(self, findings: &mut Findings) {
        findings.add_valid(NAME, self.checked.saturating_sub(u64::try_from(self.suspects.len()).unwrap_or(0)));
        let problems = self.problems.into_iter().chain(self.suspects.into_iter().map(|(key, row)| row.problem(&key)));
        for problem in problems {
            findings.check(NAME, Some(format!("{}: {problem}", self.owner)));
        }
    }
}

impl Suspect {
    /// The violation, with the columns that differ. A text is named without its value, because the chain has its digest.
    fn problem(&self, key: &str) -> String {
        let place = self
            .link
            .map_or_else(|| "a record in no link yet".to_owned(), |(number, at)| format!("link {number} of {at}"));
        let Some(now) = &self.now else { return format!("{key} is gone, {place} has it") };
        let columns = self.table.columns.iter().zip(self.recorded.split(' ').skip(1).zip(now.split(' ').skip(1)));
        let differs = columns.filter(|(_, (recorded, now))| recorded != now);
        let differs = differs.map(|(column, (recorded, now))| match recorded.len().max(now.len()) {
            32 => format!("another {column}"),
            _ => format!("{column} {now} instead of {recorded}"),
        });
        format!("{key} has {}, according to {place}", differs.collect::<Vec<_>>().join(", "))
    }
}
