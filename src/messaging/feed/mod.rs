//! Events for other systems, read from the chains of the owners' ledgers. Nothing is written for them a second time: a
//! chain has every row that an owner wrote to its ledgers, in the order in which the transactions became visible, and
//! lines that say what happened to an order between them.
//!
//! A reader holds a [`Position`] in each chain. Transactions of several nodes commit out of order, so ids and times cannot
//! serve as positions: a row with a smaller id may appear later. The links of a chain can, because they are numbered under
//! a lock after the commits, and a link is never changed. An event is visible when its line is in a link, about
//! `audit.seal_every` after the commit.

pub mod cloud_event;
pub mod cursor;
pub mod data;
pub mod event_type;
pub mod merge;
mod position;

use actix::Message;
use serde::Serialize;
use serde_json::Value;

use crate::actor::{Access, Owner, Reply, Task};
use crate::db::ledger::chain::{self, Kind, Link};
use crate::db::{self, Db};
use crate::domain::clock::Timestamp;
pub use event_type::EventType;
pub use position::Position;

/// Number of links that are read at a time.
const LINKS_PER_READ: i64 = 5;
/// How many times links are read for one page. A page of a rare type may be empty although events of it follow.
const READS_MAX: usize = 10;
/// Number of lines whose rows are read at a time.
const LINES_PER_LOOKUP: usize = 100;

/// An event for other systems.
#[derive(Debug)]
pub struct Published {
    /// The type.
    pub kind: &'static EventType,
    /// A text that no other event of the type has. It is made of ids of rows, so that it is the same whenever the event is
    /// read.
    pub key: String,
    /// Id of the order, goods or coupon.
    pub subject: String,
    /// Time of the event.
    pub at: Timestamp,
    /// The data: one of [`data`].
    pub data: Value,
}

impl Published {
    /// An event with `data`, which is that of the type.
    ///
    /// # Errors
    /// A bug if the data cannot be written as JSON.
    pub fn new(
        kind: &'static EventType,
        key: String,
        subject: impl ToString,
        at: Timestamp,
        data: &impl Serialize,
    ) -> db::Result<Self> {
        let data = serde_json::to_value(data).map_err(|error| db::Error::bug(error.to_string()))?;
        Ok(Self { kind, key, subject: subject.to_string(), at, data })
    }

    /// The id, which no other event of the shop has.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}-{}", self.kind.short_name(), self.key)
    }
}

/// A line of a chain that may be an event.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    place: Position,
    /// Verb and name, such as `+ orders`.
    pub start: &'a str,
    columns: &'a str,
}

impl<'a> Line<'a> {
    fn new(place: Position, text: &'a str) -> Option<Self> {
        let (end, _) = text.match_indices(' ').nth(1)?;
        let (start, columns) = text.split_at_checked(end)?;
        Some(Self { place, start, columns: columns.trim_start() })
    }

    /// The integer in a column, counted from 0; `None` if it is another column, or NULL.
    #[must_use]
    pub fn integer(&self, column: usize) -> Option<i64> {
        self.columns.split(' ').nth(column)?.parse().ok()
    }

    /// The time in a column; 0 if there is none.
    #[must_use]
    pub fn time(&self, column: usize) -> Timestamp {
        Timestamp(self.integer(column).unwrap_or_default())
    }
}

/// An owner whose chain has events.
pub trait Publisher: Owner {
    /// The events of `lines`, one for each; `None` for a line that is none. The rows of a line are committed.
    ///
    /// # Errors
    /// A database error.
    fn events(&self, lines: &[Line<'_>], db: &mut Db) -> db::Result<Vec<Option<Published>>>;
}

/// Reads the events of an owner from a position on, oldest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Result<Page, Refusal>>")]
pub struct ReadFeed {
    /// The first line to read; `None` for the end of the chain, where there is no event yet.
    pub from: Option<Position>,
    /// Filter: the type; `None` matches every event.
    pub kind: Option<&'static EventType>,
    /// Maximum number of events.
    pub limit: usize,
}

/// The events that a [`ReadFeed`] has found.
#[derive(Debug, Default)]
pub struct Page {
    /// The events, each with the position of its line.
    pub events: Vec<(Position, Published)>,
    /// The position to go on at.
    pub next: Position,
}

/// The reason why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing is recorded, because `audit.chain` is off.
    NotRecorded,
    /// The chain ends before the position: an older backup was restored.
    BeyondEnd,
}

impl<O: Publisher> Task<O> for ReadFeed {
    type Outcome = Result<Page, Refusal>;
    const ACCESS: Access = Access::Report;

    fn run(owner: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        batch.iter().map(|task| task.page(owner, db)).collect()
    }
}

impl ReadFeed {
    fn page<O: Publisher>(&self, owner: &O, db: &mut Db) -> db::Result<Result<Page, Refusal>> {
        if !owner.context().chain.is_recording() {
            return Ok(Err(Refusal::NotRecorded));
        }
        let from = self.from.map_or_else(|| end(db), Ok)?;
        let mut page = Page { next: from, ..Page::default() };
        for _ in 0..READS_MAX {
            let links = chain::links_from(db, page.next.link, LINKS_PER_READ)?;
            if is_beyond_end(db, page.next, &links)? {
                return Ok(Err(Refusal::BeyondEnd));
            }
            let is_last = links.len() < usize::try_from(LINKS_PER_READ).unwrap_or_default();
            self.read(owner, db, &links, &mut page)?;
            if is_last || page.events.len() >= self.limit {
                break;
            }
        }
        Ok(Ok(page))
    }

    /// Adds the events of `links`, until the page is full.
    fn read<O: Publisher>(&self, owner: &O, db: &mut Db, links: &[Link], page: &mut Page) -> db::Result<()> {
        let from = page.next;
        let is_wanted = |line: &Line<'_>| line.place >= from && self.has(O::NAME, line.start);
        let lines: Vec<Line<'_>> = links.iter().flat_map(lines_of).filter(is_wanted).collect();
        for lines in lines.chunks(LINES_PER_LOOKUP) {
            for (line, event) in lines.iter().zip(owner.events(lines, db)?) {
                let Some(event) = event.filter(|event| self.kind.is_none_or(|kind| kind == event.kind)) else {
                    continue;
                };
                if page.events.len() >= self.limit {
                    page.next = line.place;
                    return Ok(());
                }
                page.events.push((line.place, event));
            }
        }
        if let Some(last) = links.last() {
            page.next = Position { link: last.link_number.saturating_add(1), line: 0 };
        }
        Ok(())
    }

    /// Whether a line of the owner with this start may be an event that is wanted.
    fn has(&self, owner: &str, start: &str) -> bool {
        let is_wanted = |kind: &&&EventType| kind.owner == owner && self.kind.is_none_or(|wanted| wanted == **kind);
        event_type::ALL.iter().filter(is_wanted).any(|kind| kind.lines.contains(&start))
    }
}

/// The lines of a link.
fn lines_of(link: &Link) -> impl Iterator<Item = Line<'_>> {
    let texts = (link.kind == Kind::Rows).then(|| link.entries.lines()).into_iter().flatten();
    (0..).zip(texts).filter_map(|(line, text)| Line::new(Position { link: link.link_number, line }, text))
}

/// Whether the chain ends before `from`. `links` are those from there on.
fn is_beyond_end(db: &mut Db, from: Position, links: &[Link]) -> db::Result<bool> {
    match links.first() {
        Some(first) if first.link_number == from.link => {
            Ok(from.line > 0 && !first.entries.lines().count().try_into().is_ok_and(|lines: i64| from.line < lines))
        }
        Some(_) => Ok(false),
        None => Ok(from > end(db)?),
    }
}

/// The position after the last line.
fn end(db: &mut Db) -> db::Result<Position> {
    let link = chain::head(db)?.map_or(0, |head| head.number.saturating_add(1));
    Ok(Position { link, line: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_start_and_columns() {
        let line = Line::new(Position::default(), "+ orders 12 - 5f3a -7").unwrap();
        assert_eq!(line.start, "+ orders");
        assert_eq!([0, 1, 2, 3, 4].map(|column| line.integer(column)), [Some(12), None, None, Some(-7), None]);
        assert_eq!((line.time(0), line.time(1)), (Timestamp(12), Timestamp(0)));
        assert!(Line::new(Position::default(), "+ orders").is_none());
    }

    #[test]
    fn the_lines_of_a_type_are_read_from_the_chain_of_its_owner_only() {
        let read = |kind| ReadFeed { from: None, kind, limit: 1 };
        assert!(read(None).has("goods", "+ goods_adjustment") && !read(None).has("goods", "+ orders"));
        let paid = read(Some(&event_type::ORDER_PAID));
        assert!(paid.has("order", "! order_paid") && !paid.has("order", "+ order_act"));
    }
}
