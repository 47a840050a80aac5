//! Numbers of the lines of a text, for reports on a CSV file.

/// Counts the lines of a text. The count of the `csv` crate is one too low if lines end with CR LF.
#[derive(Debug)]
pub struct LineNumbers<'a> {
    text: &'a str,
    /// Number of the line in which the rest of the text begins.
    line: u64,
    /// Number of bytes before the rest.
    counted: usize,
}

impl<'a> LineNumbers<'a> {
    /// Starts at line 1 of `text`.
    #[must_use]
    pub const fn of(text: &'a str) -> Self {
        Self { text, line: 1, counted: 0 }
    }

    /// The number of the line of the row that begins at `byte`, or after line ends there. Rows are asked for in order.
    pub fn number(&mut self, byte: u64) -> u64 {
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let bytes = self.text.as_bytes();
        let mut start = usize::try_from(byte).unwrap_or(bytes.len());
        start += bytes.iter().skip(start).take_while(|byte| is_line_end(byte)).count();
        let mut previous = None;
        for byte in bytes.iter().take(start).skip(self.counted) {
            let is_second = *byte == b'\n' && previous == Some(b'\r');
            self.line += u64::from(is_line_end(byte) && !is_second);
            previous = Some(*byte);
        }
        self.counted = start;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        for text in ["a\n\nb\nc", "a\r\n\r\nb\r\nc", "a\r\rb\rc"] {
            let mut lines = LineNumbers::of(text);
            let numbers = ["a", "b", "c"].map(|row| lines.number(u64::try_from(text.find(row).unwrap()).unwrap()));
            assert_eq!(numbers, [1, 3, 4], "{text:?}");
        }
        let mut lines = LineNumbers::of("a\r\n\r\nb");
        assert_eq!(lines.number(2), 3, "a row that is said to begin in front of line ends");
    }
}
