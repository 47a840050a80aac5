//! The table of results, in Markdown for the README.

use std::fmt;

/// A row of the table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    what: String,
    value: String,
    ratio: String,
    goal: String,
}

impl Row {
    pub fn new(what: impl Into<String>, value: impl Into<String>) -> Self {
        Self { what: what.into(), value: value.into(), ..Self::default() }
    }

    pub fn ratio(self, ratio: impl Into<String>) -> Self {
        Self { ratio: ratio.into(), ..self }
    }

    pub fn goal(self, goal: impl Into<String>) -> Self {
        Self { goal: goal.into(), ..self }
    }
}

/// The table.
#[derive(Debug, Default)]
pub struct Table(Vec<Row>);

impl Table {
    /// Adds a row, and prints it at once because a run takes long.
    pub fn add(&mut self, row: Row) {
        println!("{}: {}", row.what, row.value);
        self.0.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | value | ratio | goal |")?;
        write!(f, "| --- | --- | --- | --- |")?;
        for Row { what, value, ratio, goal } in &self.0 {
            write!(f, "\n| {what} | {value} | {ratio} | {goal} |")?;
        }
        Ok(())
    }
}
