//! The chain of an owner's ledgers. Each transaction leaves a *record* of the lines that it wrote. About once a second,
//! the new records become the next *link*, whose hash covers its lines and the hash of the link before it. Who keeps
//! the hash of the last link, the *head*, can prove later that nothing before it was changed.
//!
//! Transactions do not wait for each other, because only [`seal`] reads the head. All nodes share the chain of an owner,
//! and any of them seals the records of all.

use aws_lc_rs::digest::{Context, SHA256};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Ledger, ledgers_of};
use crate::db::schema::{ledger_link, ledger_record};
use crate::db::{self, Class, Db, any_of, for_update, insert_all, skip_locked, transaction, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::EntryId;
use crate::stored_as_integer;

/// Maximum number of bytes of a record or a link. A TEXT of MySQL has 65,535.
const BYTES_MAX: usize = 60_000;
/// Maximum number of records that are sealed at a time. Sealing shares its batch with other work, which must not wait.
const RECORDS_MAX: i64 = 200;

/// Number of links that are read at a time. A link has up to 60,000 bytes.
pub const LINKS_PER_PAGE: i64 = 50;

/// The meaning of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Integer)]
pub enum Kind {
    /// Rows that were written to the ledgers: lines of a verb (`+` for a new row, `=` for a changed one) and the row. Lines
    /// with the verb `!` say what happened to rows of other tables.
    Rows,
    /// Recording begins. Each line has the name of a ledger and the number of rows that are not in the chain.
    Begin,
    /// Recording ends: `audit.chain` is off.
    Pause,
}

stored_as_integer! { Kind { Rows = 0, Begin = 1, Pause = 2 } }

/// A link, a row of `ledger_link`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = ledger_link, treat_none_as_default_value = false)]
pub struct Link {
    /// Its number, from 0.
    pub link_number: i64,
    /// The meaning of the lines.
    pub kind: Kind,
    /// When it was made.
    pub link_time: Timestamp,
    /// Its hash, see [`Link::expected_hash`].
    pub hash: String,
    /// Its lines.
    pub entries: String,
}

impl Link {
    fn new(previous: Option<&Head>, kind: Kind, link_time: Timestamp, entries: String) -> Self {
        let link_number = previous.map_or(0, |head| head.number.saturating_add(1));
        let mut link = Self { link_number, kind, link_time, hash: String::new(), entries };
        link.hash = link.expected_hash(previous.map_or("", |head| head.hash.as_str()));
        link
    }

    /// The SHA-256 of the hash of the previous link, a line with number, kind and time of this link, and its lines.
    #[must_use]
    pub fn expected_hash(&self, previous: &str) -> String {
        let mut context = Context::new(&SHA256);
        let about = format!("{previous}\n{} {} {}\n", self.link_number, self.kind.number(), self.link_time.0);
        context.update(about.as_bytes());
        context.update(self.entries.as_bytes());
        hex::encode(context.finish())
    }
}

/// Number and hash of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the link.
    pub number: i64,
    /// Hash of the link.
    pub hash: String,
}

/// A record, a row of `ledger_record`.
#[derive(Queryable, Insertable)]
#[diesel(table_name = ledger_record, treat_none_as_default_value = false)]
struct Record {
    record_id: EntryId,
    entries: String,
}

/// Runs `work` in the open transaction and, if `is_on`, leaves a record of what it wrote to the ledgers. `next_id` makes
/// the ids of records. Returns also whether there was something to record.
///
/// # Errors
/// The error of `work`, or a database error.
pub fn recorded<T>(
    db: &mut Db,
    is_on: bool,
    mut next_id: impl FnMut() -> EntryId,
    work: impl FnOnce(&mut Db) -> db::Result<T>,
) -> db::Result<(T, bool)> {
    if !is_on {
        return Ok((work(db)?, false));
    }
    db.recorder.start();
    let result = work(db);
    let lines = db.recorder.stop();
    let value = result?;
    let records: Vec<Record> =
        chunks(&lines).map(|entries| Record { record_id: next_id(), entries: entries.to_owned() }).collect();
    insert_all!(db, ledger_record::table, &records)?;
    Ok((value, !records.is_empty()))
}

/// Splits `lines` between two of them, into pieces of at most [`BYTES_MAX`].
fn chunks(lines: &str) -> impl Iterator<Item = &str> {
    let mut rest = lines;
    std::iter::from_fn(move || {
        let end = match rest.len() {
            0 => return None,
            len if len <= BYTES_MAX => len,
            _ => {
                rest.as_bytes().iter().take(BYTES_MAX).rposition(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1)
            }
        };
        let (chunk, later) = rest.split_at_checked(end)?;
        rest = later;
        Some(chunk)
    })
}

/// Makes links of the oldest records, in the open transaction. Does nothing if another node is doing so, or before
/// [`begin`]. Returns whether more may be left.
///
/// # Errors
/// A database error.
pub fn seal(db: &mut Db, now: Timestamp) -> db::Result<bool> {
    let first = ledger_link::table.filter(ledger_link::link_number.eq(0)).select(ledger_link::link_number);
    let locked: Option<i64> = with_conn!(db, skip_locked(first).get_result(db)).optional()?;
    if locked.is_none() {
        return Ok(false);
    }
    let oldest = ledger_record::table.order(ledger_record::record_id).limit(RECORDS_MAX);
    let records: Vec<Record> = with_conn!(db, oldest.load(db))?;
    let ids: Vec<EntryId> = records.iter().map(|record| record.record_id).collect();
    let mut texts: Vec<String> = Vec::new();
    for Record { entries, .. } in records {
        match texts.last_mut().filter(|text| text.len() + entries.len() <= BYTES_MAX) {
            Some(text) => text.push_str(&entries),
            None => texts.push(entries),
        }
    }
    for text in texts {
        append(db, Kind::Rows, now, text)?;
    }
    if !ids.is_empty() {
        with_conn!(
            db,
            diesel::delete(ledger_record::table.filter(any_of(ledger_record::record_id, &ids))).execute(db)
        )?;
    }
    Ok(i64::try_from(ids.len()).is_ok_and(|sealed| sealed == RECORDS_MAX))
}

/// Appends a link. The caller has locked the first link.
fn append(db: &mut Db, kind: Kind, now: Timestamp, entries: String) -> db::Result<()> {
    let link = Link::new(head(db)?.as_ref(), kind, now, entries);
    with_conn!(db, diesel::insert_into(ledger_link::table).values(&link).execute(db))?;
    Ok(())
}

/// The last link of the chain; `None` before [`begin`].
///
/// # Errors
/// A database error.
pub fn head(db: &mut Db) -> db::Result<Option<Head>> {
    let last = ledger_link::table.order(ledger_link::link_number.desc());
    let last = last.select((ledger_link::link_number, ledger_link::hash));
    let last: Option<(i64, String)> = with_conn!(db, last.first(db)).optional()?;
    Ok(last.map(|(number, hash)| Head { number, hash }))
}

/// Up to [`LINKS_PER_PAGE`] links from `number` on.
///
/// # Errors
/// A database error.
pub fn links(db: &mut Db, number: i64) -> db::Result<Vec<Link>> {
    links_from(db, number, LINKS_PER_PAGE)
}

/// Up to `limit` links from `number` on.
///
/// # Errors
/// A database error.
pub fn links_from(db: &mut Db, number: i64, limit: i64) -> db::Result<Vec<Link>> {
    let page = ledger_link::table.filter(ledger_link::link_number.ge(number));
    let page = page.order(ledger_link::link_number).limit(limit);
    Ok(with_conn!(db, page.load(db))?)
}

/// Whether a line says what happened to a row that is in no ledger.
#[must_use]
pub fn is_occurrence(line: &str) -> bool {
    line.starts_with("! ")
}

/// The last link that was made before `time`.
///
/// # Errors
/// A database error.
pub fn last_before(db: &mut Db, time: Timestamp) -> db::Result<Option<Link>> {
    // From the end, so that only the links since then are read.
    let before = ledger_link::table.filter(ledger_link::link_time.lt(time)).order(ledger_link::link_number.desc());
    Ok(with_conn!(db, before.first(db)).optional()?)
}

/// Whether the rows that were written at the link `number` were recorded: the kind of the last link that says so.
///
/// # Errors
/// A database error.
pub fn state_at(db: &mut Db, number: i64) -> db::Result<Option<Kind>> {
    let changes =
        ledger_link::table.filter(ledger_link::kind.ne(Kind::Rows)).filter(ledger_link::link_number.le(number));
    let last = changes.order(ledger_link::link_number.desc()).select(ledger_link::kind);
    Ok(with_conn!(db, last.first(db)).optional()?)
}

/// The lines of all records that are not in a link yet.
///
/// # Errors
/// A database error.
pub fn unsealed(db: &mut Db) -> db::Result<Vec<String>> {
    let records = ledger_record::table.order(ledger_record::record_id).select(ledger_record::entries);
    Ok(with_conn!(db, records.load(db))?)
}

/// Begins or pauses the chain of `owner` as `is_on` says, before the owner's actor starts. The rows that exist when the
/// chain begins are counted in its link; their contents are not covered. Then seals the records of earlier processes.
///
/// # Errors
/// A database error.
pub fn begin(db: &mut Db, owner: &str, is_on: bool, now: Timestamp) -> db::Result<()> {
    // Without a lock: a node that was stopped while it made a link would hold up the start.
    if change(is_on, state_at(db, i64::MAX)?).is_some() {
        let begun = transaction(db, |db| begin_or_pause(db, ledgers_of(owner), is_on, now));
        // Another node that starts at the same time was faster.
        begun.or_else(|error| if error.class == Class::Constraint { Ok(()) } else { Err(error) })?;
    }
    seal_all(db, now)
}

/// Makes links of all records.
///
/// # Errors
/// A database error.
pub fn seal_all(db: &mut Db, now: Timestamp) -> db::Result<()> {
    let is_left = |db: &mut Db| -> db::Result<bool> {
        let record = ledger_record::table.select(ledger_record::record_id);
        let record: Option<i64> = with_conn!(db, record.first(db)).optional()?;
        Ok(record.is_some())
    };
    while is_left(db)? && transaction(db, |db| seal(db, now))? {}
    Ok(())
}

/// The kind of the link that a chain in state `state` needs to be on or off; `None` if it already is.
const fn change(is_on: bool, state: Option<Kind>) -> Option<Kind> {
    match (is_on, state) {
        (true, None | Some(Kind::Pause)) => Some(Kind::Begin),
        (false, Some(Kind::Begin)) => Some(Kind::Pause),
        _ => None,
    }
}

fn begin_or_pause(db: &mut Db, ledgers: &[Ledger], is_on: bool, now: Timestamp) -> db::Result<()> {
    let first = ledger_link::table.filter(ledger_link::link_number.eq(0)).select(ledger_link::link_number);
    let _: Option<i64> = with_conn!(db, for_update(first).get_result(db)).optional()?;
    match change(is_on, state_at(db, i64::MAX)?) {
        Some(Kind::Begin) => {
            let unsealed = unsealed(db)?;
            let mut entries = String::new();
            for ledger in ledgers {
                let recorded =
                    unsealed.iter().flat_map(|text| text.lines()).filter(|line| is_new_row(line, ledger.name));
                let recorded = i64::try_from(recorded.count()).unwrap_or(0);
                super::Line::begin(ledger.name, &mut entries).integer(count(db, ledger)? - recorded);
                entries.push('\n');
            }
            append(db, Kind::Begin, now, entries)
        }
        Some(kind) => append(db, kind, now, String::new()),
        None => Ok(()),
    }
}

/// Whether a line says that a row was added to the ledger `name`.
#[must_use]
pub fn is_new_row(line: &str, name: &str) -> bool {
    let mut words = line.split(' ');
    words.next() == Some("+") && words.next() == Some(name)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// The number of rows of a ledger.
///
/// # Errors
/// A database error.
pub fn count(db: &mut Db, ledger: &Ledger) -> db::Result<i64> {
    // The query is built from constants only, so it cannot be injected into.
    let query = format!("SELECT count(*) AS total FROM {}", ledger.rows);
    let count: Count = with_conn!(db, diesel::sql_query(query).get_result(db))?;
    Ok(count.total)
}
