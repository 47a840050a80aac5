//! Lists as CSV (RFC 4180), for spreadsheets.

use csv::{Terminator, WriterBuilder};
use serde_json::Value;

/// The items as CSV: a header with the `columns`, and a row for each item. A value that is an object or an array is
/// written as JSON, and one that is absent or `null` as an empty cell.
///
/// # Errors
/// A failure of the writer, which is a bug: it writes to memory.
pub fn write(columns: &[String], items: &[Value]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns)?;
    for item in items {
        writer.write_record(columns.iter().map(|column| cell(item.get(column))))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => without_formula(text),
        Some(other) => other.to_string(),
    }
}

/// The text, with an apostrophe in front if a spreadsheet would take it for a formula. What customers and platforms write
/// must not be computed on the machine of an operator. A plain number, also a negative one, is none.
fn without_formula(text: &str) -> String {
    let is_formula = text.starts_with(FORMULA_STARTS) && !is_number(text);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

/// The first characters of formulas, also in full width, and those that spreadsheets skip before them.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(items: &[Value]) -> String {
        let columns: Vec<String> = ["a", "b"].map(str::to_owned).to_vec();
        String::from_utf8(write(&columns, items).unwrap()).unwrap()
    }

    #[test]
    fn cells_are_quoted_as_in_the_rfc_and_lines_end_with_cr_lf() {
        assert_eq!(written(&[]), "a,b\r\n");
        let items = [
            json!({"b": "two, \"three\"", "a": "one\nline", "c": "left out"}),
            json!({"a": null}),
            json!({"a": 7, "b": [{"c": true}]}),
        ];
        let expected = "a,b\r\n\"one\nline\",\"two, \"\"three\"\"\"\r\n,\r\n7,\"[{\"\"c\"\":true}]\"\r\n";
        assert_eq!(written(&items), expected);
    }

    #[test]
    fn a_text_that_a_spreadsheet_would_compute_is_marked_as_text() {
        for text in ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "-", "-1.", "--1", "=cmd|' /C calc'!A0"]
        {
            assert_eq!(without_formula(text), format!("'{text}"));
        }
        for text in ["", "-1.00", "-7", "0", "tea", "1+1", "'=1", "345959443973935104"] {
            assert_eq!(without_formula(text), text);
        }
    }
}
