//! The ledgers: rows that are written once and never changed, such as the logs of stock, balance and points. What a
//! transaction writes to them is recorded as text, one line per row, and chained by hashes; see [`chain`].

pub mod chain;
mod table;

use super::Db;

pub use table::{Ledger, ledgers_of};

/// A row of a ledger.
pub trait Entry {
    /// Name of the ledger; see [`ledgers_of`].
    const LEDGER: &'static str;

    /// Writes the columns that must never change. The first is the id by which the row is found.
    fn write(&self, line: &mut Line<'_>);
}

/// Records that the open transaction has written `rows` to a ledger.
pub fn record<E: Entry>(db: &mut Db, rows: &[E]) {
    rows.iter().for_each(|row| db.recorder.add("+", row));
}

/// Records that the open transaction has changed a row of a ledger on purpose.
pub fn record_change<E: Entry>(db: &mut Db, row: &E) {
    db.recorder.add("=", row);
}

/// Records that the open transaction has changed a row in a way that no ledger has, such as that an order was confirmed.
/// `start` begins with the verb `!`. The line is sealed like the others, and there is no row to compare it with.
pub fn record_occurrence(db: &mut Db, start: &str, columns: &[i64]) {
    db.recorder.add_occurrence(start, columns);
}

/// The lines of the open transaction of a connection.
#[derive(Debug, Default)]
pub struct Recorder {
    lines: String,
    is_on: bool,
}

impl Recorder {
    fn add(&mut self, verb: &str, row: &impl Entry) {
        if self.is_on {
            self.lines.push_str(verb);
            Line::of(row, &mut self.lines);
            self.lines.push('\n');
        }
    }

    fn add_occurrence(&mut self, start: &str, columns: &[i64]) {
        if self.is_on {
            let mut line = Line::begin(start, &mut self.lines);
            for column in columns {
                line.integer(*column);
            }
            self.lines.push('\n');
        }
    }

    /// Begins to record, for a transaction that begins.
    fn start(&mut self) {
        self.lines.clear();
        self.is_on = true;
    }

    /// Ends the recording and returns the lines.
    fn stop(&mut self) -> String {
        self.is_on = false;
        // The lines of the next transaction tend to be as long.
        let next = String::with_capacity(self.lines.len());
        std::mem::replace(&mut self.lines, next)
    }

    /// The length of what was recorded so far; see [`Self::truncate`].
    pub(super) const fn len(&self) -> usize {
        self.lines.len()
    }

    /// Forgets what was recorded beyond `len`, because it was rolled back.
    pub(super) fn truncate(&mut self, len: usize) {
        self.lines.truncate(len);
    }
}

/// The text of a row: the name of its ledger and its columns, separated by spaces.
#[derive(Debug)]
pub struct Line<'a>(&'a mut String);

impl<'a> Line<'a> {
    /// Appends the text of `row` to `out`, after a space.
    fn of<E: Entry>(row: &E, out: &'a mut String) {
        out.push(' ');
        out.push_str(E::LEDGER);
        row.write(&mut Self(out));
    }

    /// A line of the ledger `name` that is written to `out`.
    pub fn begin(name: &str, out: &'a mut String) -> Self {
        out.push_str(name);
        Self(out)
    }

    /// A column with an integer.
    pub fn integer(&mut self, value: impl Into<i64>) -> &mut Self {
        self.0.push(' ');
        self.0.push_str(itoa::Buffer::new().format(value.into()));
        self
    }

    /// A column with an integer or NULL.
    pub fn optional(&mut self, value: Option<impl Into<i64>>) -> &mut Self {
        match value {
            Some(value) => self.integer(value),
            None => self.null(),
        }
    }

    /// A column with a text. The line has its digest: 32 hex digits, the first half of its SHA-256.
    pub fn text(&mut self, text: &str) -> &mut Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let mut digits = [0; 32];
        let (first_half, _) = digest.as_ref().split_at(digits.len() / 2);
        // The digits fit and are ASCII, so neither fails. `hex::encode` costs several times as much.
        let _ = hex::encode_to_slice(first_half, &mut digits);
        self.0.push(' ');
        self.0.push_str(std::str::from_utf8(&digits).unwrap_or_default());
        self
    }

    /// A column with a text or NULL.
    pub fn optional_text(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    fn null(&mut self) -> &mut Self {
        self.0.push_str(" -");
        self
    }
}
