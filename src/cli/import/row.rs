//! The rows of a file with goods: CSV as `GET /admin/goods` writes it and as spreadsheets save it.

use csv::{ReaderBuilder, StringRecord};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::id::GoodsId;
use crate::domain::line_number::LineNumbers;
use crate::domain::money::Money;
use crate::domain::quantity::{Stock, StockDelta};
use crate::domain::text::{GoodsDesc, GoodsName, Reason};
use crate::http::extract::field;

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongRow {
    /// Number of its line in the file, counted from 1.
    pub line: u64,
    /// The fields that are wrong, and what would be right. One line.
    pub detail: String,
}

/// The values of a row. An empty cell is `None`, and keeps the value of goods that exist.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// Id of goods that exist.
    pub goods_id: Option<GoodsId>,
    /// Name of the goods, which also finds goods that exist.
    pub goods_name: Option<GoodsName>,
    /// Opening stock of new goods.
    pub goods_number: Option<Stock>,
    /// Price of one unit.
    pub goods_price: Option<Money>,
    /// Description of the goods.
    pub goods_desc: Option<GoodsDesc>,
    /// Whether the goods are on sale.
    pub on_sale: Option<bool>,
    /// Units to add to the stock, once for each `stock_reason`.
    pub stock_delta: Option<StockDelta>,
    /// Name of the delivery, and reason of the adjustment.
    pub stock_reason: Option<Reason>,
}

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Number of its line in the file, counted from 1.
    pub line: u64,
    /// Its values.
    pub values: Values,
}

const COLUMNS: [&str; 8] =
    ["goods_id", "goods_name", "goods_number", "goods_price", "goods_desc", "on_sale", "stock_delta", "stock_reason"];

/// A column of the list of goods that nothing is imported from.
const IGNORED: &str = "add_time";

/// Reads a file: its rows, and the rows that are wrong. A byte order mark, any line ends, and semicolons or tabs between
/// the cells are accepted.
///
/// # Errors
/// The file is not UTF-8, or has no header that names columns of goods.
pub fn read(bytes: &[u8]) -> anyhow::Result<(Vec<Row>, Vec<WrongRow>)> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        anyhow::anyhow!("line {line} is not UTF-8: save the file as CSV in UTF-8")
    })?;
    let mut reader = ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).from_reader(text.as_bytes());
    let header = header(reader.headers()?)?;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let mut lines = LineNumbers::of(text);
    for record in reader.records() {
        let record = record?;
        let line = lines.number(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match values(&header, &record) {
            Ok(values) => rows.push(Row { line, values }),
            Err(detail) => wrong.push(WrongRow { line, detail }),
        }
    }
    Ok((rows, wrong))
}

/// The separator of most cells of the first line.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    let count = |separator: &u8| head.bytes().filter(|byte| byte == separator).count();
    // The last of several maxima is taken, so a comma wins.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

fn header(record: &StringRecord) -> anyhow::Result<Vec<String>> {
    let names: Vec<String> = record.iter().map(|name| name.trim().to_lowercase()).collect();
    let known = COLUMNS.join(", ");
    for (at, name) in names.iter().enumerate() {
        anyhow::ensure!(
            COLUMNS.contains(&name.as_str()) || name == IGNORED,
            "line 1: there is no column {name:?}; the first line must name columns of these: {known}"
        );
        let is_repeated = names.iter().take(at).any(|other| other == name);
        anyhow::ensure!(!is_repeated, "line 1: the column {name} is given twice; leave one out");
    }
    anyhow::ensure!(
        names.iter().any(|name| name == "goods_id" || name == "goods_name"),
        "line 1: there is neither a column goods_id nor goods_name, so the goods are not known"
    );
    Ok(names)
}

/// The values of a row, or the fields that are wrong.
fn values(header: &[String], record: &StringRecord) -> Result<Values, String> {
    if record.len() != header.len() {
        let (cells, columns) = (record.len(), header.len());
        return Err(format!("has {cells} cells instead of {columns}; put texts that contain separators in quotes"));
    }
    let cells = header.iter().zip(record).map(|(name, cell)| (name.as_str(), without_mark(cell.trim())));
    let cells: Vec<(&str, &str)> = cells.filter(|(name, cell)| *name != IGNORED && !cell.is_empty()).collect();
    let object: Map<String, Value> = cells.iter().map(|(name, cell)| ((*name).to_owned(), json(name, cell))).collect();
    // The same rules and texts as for the body of a request.
    field::from_json(Value::Object(object).to_string().as_bytes()).map_err(|problem| {
        let cell = |field: &str| cells.iter().find(|(name, _)| *name == field).map_or("", |(_, cell)| cell);
        let errors = problem.errors().iter().map(|error| {
            let shown: String = cell(&error.field).chars().take(40).collect();
            format!("{} {shown:?} {}", error.field, error.detail)
        });
        errors.collect::<Vec<_>>().join("; ")
    })
}

/// The text without the apostrophe that keeps spreadsheets from taking it for a formula.
fn without_mark(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) => rest,
        _ => cell,
    }
}

/// The cell as the value of its field. One of the wrong type stays a text, which is refused with the rule of the field.
fn json(name: &str, cell: &str) -> Value {
    let parsed = match name {
        "goods_number" | "stock_delta" => cell.parse::<i64>().ok().map(Value::from),
        "on_sale" => cell.to_lowercase().parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> (Vec<Row>, Vec<WrongRow>) {
        read(text.as_bytes()).unwrap()
    }

    fn names(text: &str) -> Vec<(u64, String)> {
        let (rows, wrong) = rows(text);
        assert!(wrong.is_empty(), "{wrong:?}");
        rows.into_iter().map(|row| (row.line, row.values.goods_name.unwrap().into_inner())).collect()
    }

    #[test]
    fn files_of_spreadsheets_are_read() {
        let expected = [(2, "Tea".to_owned()), (3, "Cup, blue".to_owned())];
        for text in [
            "goods_name,goods_price\nTea,1\n\"Cup, blue\",2\n",
            "\u{feff}goods_name,goods_price\r\nTea,1\r\n\"Cup, blue\",2",
            "goods_name;goods_price\r\nTea;1\r\nCup, blue;2\r\n",
            " Goods_Name \tgoods_price\nTea\t1\nCup, blue\t2\n\t\n",
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn a_wrong_row_has_its_line_its_fields_and_what_would_be_right() {
        let text = "goods_name,goods_number,goods_price,on_sale\n\
                    Tea,ten,1.005,TRUE\n\
                    \"two\nlines\",1,1,FALSE\n\
                    Cup,1,1\n\
                    Pot,1,1,yes\n\
                    Can,1,1,\n";
        let (rows, wrong) = rows(text);
        assert_eq!((rows.len(), rows[0].line), (1, 7));
        let lines: Vec<u64> = wrong.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 3, 5, 6]);
        for (row, parts) in wrong.iter().zip([
            &["goods_number \"ten\" must be an integer", "goods_price \"1.005\" must "][..],
            &["goods_name \"two\\nlines\" must not contain control characters"],
            &["has 3 cells instead of 4"],
            &["on_sale \"yes\" must be a boolean"],
        ]) {
            assert!(parts.iter().all(|part| row.detail.contains(part)), "{row:?}");
            assert!(!row.detail.contains('\n'));
        }
    }

    #[test]
    fn lines_are_counted_with_every_line_end_and_inside_quotes() {
        for end in ["\n", "\r\n", "\r"] {
            let lines = ["goods_name,goods_desc", "", "Tea,\"two", "lines\"", "Cup,", "", "", "Pot"];
            let (rows, wrong) = rows(&lines.join(end));
            let numbers: Vec<u64> = rows.iter().map(|row| row.line).collect();
            assert_eq!((numbers, wrong[0].line), (vec![3, 5], 8), "{end:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_table_of_goods_is_refused_as_a_whole() {
        for (bytes, part) in [
            (&b"goods_name\nT\xE4e\n"[..], "line 2 is not UTF-8"),
            (b"", "neither a column"),
            (b"name,price\nTea,1\n", "there is no column \"name\""),
            (b"goods_price\n1\n", "neither a column goods_id nor goods_name"),
            (b"goods_name,goods_name\n1,2\n", "is given twice"),
        ] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_mark_against_formulas_is_removed_and_add_time_is_ignored() {
        let text = "goods_name,add_time\n'=1+1,2026-01-01T00:00:00.000Z\n'quoted',x\n";
        assert_eq!(names(text), [(2, "=1+1".to_owned()), (3, "'quoted'".to_owned())]);
    }
}
