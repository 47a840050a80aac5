//! The description of a bulk update; see [`bulk`](super::bulk).

/// A bulk update. Each is a type of its own, by which a connection finds the prepared statement without its text.
pub trait Change: Sized + 'static {
    /// The description of the update.
    const UPDATE: Update;
}

/// Type of a field of the given rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer.
    Integer,
    /// Text. Only for assignments, not for comparisons, because collations differ.
    Text,
}

/// An UPDATE of `table` joined with rows that are passed as a parameter. SQL fragments refer to these rows as `given`.
#[derive(Debug, Clone, Copy)]
pub struct Update {
    /// Name of the table.
    pub table: &'static str,
    /// Names and types of the fields of the given rows. No name may equal a column of the table.
    pub given: &'static [(&'static str, Kind)],
    /// SQL condition that joins a row of the table with its given row and guards the update. The comparison of the key comes
    /// first.
    pub condition: &'static str,
    /// SQL assignments.
    pub set: &'static str,
}
