//! The table of a statement: CSV as the platforms write it, and as spreadsheets save it. Each line keeps its number, and
//! the cells are freed of what protects them from spreadsheets.

use csv::ReaderBuilder;

use super::day::read_time;
use crate::domain::clock::Timestamp;
use crate::domain::line_number::LineNumbers;
use crate::domain::money::Money;
use crate::gateway::text::is_printable_ascii;

/// The digits that a spreadsheet keeps of a number.
const KEPT_DIGITS: usize = 15;

/// A line of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The number of the line in its file, counted from 1.
    pub number: u64,
    cells: Vec<String>,
}

/// Splits a text into lines and cells. Lines without any content are left out. The separator is that of the line with
/// the name `known`: a comma, or what spreadsheets use instead, a tab or a semicolon.
///
/// # Errors
/// The first line that is no CSV.
pub fn lines(text: &str, known: &str) -> Result<Vec<Line>, String> {
    let head = text.lines().find(|line| line.contains(known)).unwrap_or_default();
    let separator = [b',', b'\t', b';'].into_iter().max_by_key(|separator| count(head, *separator)).unwrap_or(b',');
    let mut reader = ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    let mut numbers = LineNumbers::of(text);
    for record in reader.records() {
        let record = record.map_err(|error| format!("the file is no CSV: {error}"))?;
        let number = numbers.number(record.position().map_or(0, csv::Position::byte));
        let cells: Vec<String> = record.iter().map(clean).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            lines.push(Line { number, cells });
        }
    }
    Ok(lines)
}

fn count(line: &str, separator: u8) -> usize {
    line.bytes().filter(|byte| *byte == separator).count()
}

/// A cell without the marks that make spreadsheets take a number for a text: `` `77``, `'77`, `="77"`, tabs and blanks.
fn clean(cell: &str) -> String {
    let cell = cell.trim().trim_matches('\u{FEFF}');
    let cell = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell);
    cell.trim_start_matches(['`', '\'']).trim().to_owned()
}

impl Line {
    /// The first cell; empty if there is none.
    #[must_use]
    pub fn first(&self) -> &str {
        self.cells.first().map_or("", String::as_str)
    }

    /// All cells.
    #[must_use]
    pub fn cells(&self) -> Vec<&str> {
        self.cells.iter().map(String::as_str).collect()
    }

    /// The error that this line has, for the reason `why`.
    pub fn error(&self, why: impl std::fmt::Display) -> String {
        format!("line {}: {why}", self.number)
    }
}

/// The columns that a reader needs, by their names in the heading of a table.
pub struct Columns(Vec<(&'static str, usize)>);

impl Columns {
    /// The places of the columns `names` in the heading `line`, without the units in brackets. Columns that are missing
    /// are not in the result.
    #[must_use]
    pub fn of(line: &Line, names: &[&'static str]) -> Self {
        let heading: Vec<&str> = line.cells.iter().map(|cell| name(cell)).collect();
        let find = |wanted: &&'static str| Some((*wanted, heading.iter().position(|found| found == wanted)?));
        Self(names.iter().filter_map(find).collect())
    }

    /// Whether the heading has this column.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }

    /// The cell of `line` in a column; empty if there is none.
    #[must_use]
    pub fn text<'a>(&self, line: &'a Line, name: &str) -> &'a str {
        let place = self.0.iter().find(|(known, _)| *known == name).map(|(_, place)| *place);
        place.and_then(|place| line.cells.get(place)).map_or("", String::as_str)
    }

    /// An id of a payment or refund.
    ///
    /// # Errors
    /// If the cell is empty or too long, or if a spreadsheet has made a rounded number of it.
    pub fn id(&self, line: &Line, name: &str, length_max: usize) -> Result<String, String> {
        let id = self.text(line, name);
        if is_scientific(id) {
            return Err(line.error(format!(
                "{name} is {id}: a spreadsheet has changed the number. Use the file as the platform made it"
            )));
        }
        if is_printable_ascii(id, length_max) {
            return Ok(id.to_owned());
        }
        Err(line.error(format!("{name} must have 1 to {length_max} letters, digits or signs")))
    }

    /// An amount, without its sign.
    ///
    /// # Errors
    /// If the cell is no amount.
    pub fn amount(&self, line: &Line, name: &str) -> Result<Money, String> {
        let text = self.text(line, name);
        let invalid = || line.error(format!("{name} must be money such as 880.00, and is {text:?}"));
        amount(text).ok_or_else(invalid)
    }

    /// A time.
    ///
    /// # Errors
    /// If the cell is no time.
    pub fn time(&self, line: &Line, name: &str) -> Result<Timestamp, String> {
        let text = self.text(line, name);
        read_time(text).ok_or_else(|| line.error(format!("{name} must be a time such as 2026-01-02 03:04:05")))
    }
}

/// The name of a column without its unit: `订单金额（元）` is `订单金额`.
fn name(heading: &str) -> &str {
    heading.split(['（', '(']).next().unwrap_or_default().trim()
}

/// Reads an amount, without its sign and the separators of its thousands.
#[must_use]
pub fn amount(text: &str) -> Option<Money> {
    let digits: String = text.trim_start_matches(['-', '+', '¥', '￥']).chars().filter(|c| *c != ',').collect();
    digits.parse().ok()
}

/// Reads an amount that is not negative, over the whole range of stored amounts.
#[must_use]
pub fn stored_amount(text: &str) -> Option<Money> {
    let amount = text.parse().or_else(|_| Money::parse_stored(text)).ok();
    amount.filter(|amount| *amount >= Money::ZERO)
}

/// Whether a text is a number as a spreadsheet shows large ones: `4.2E+27`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let is_number = |part: &str| part.bytes().any(|b| b.is_ascii_digit());
    is_number(mantissa)
        && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
        && is_number(exponent)
        && exponent.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit())
}

/// Refuses ids that a spreadsheet has rounded: it keeps 15 digits and fills up with zeros.
///
/// # Errors
/// If all long numbers among `ids` end that way, and there are enough of them to exclude chance.
pub fn expect_unrounded<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let is_digits = |id: &&str| id.bytes().all(|b| b.is_ascii_digit());
    let long: Vec<&str> = ids.filter(is_digits).filter(|id| id.len() > KEPT_DIGITS).collect();
    let zeros = |id: &&str| id.bytes().skip(KEPT_DIGITS).take_while(|b| *b == b'0').count();
    let is_rounded = |id: &&str| zeros(id) == id.len() - KEPT_DIGITS;
    if long.iter().all(is_rounded) && long.iter().map(zeros).sum::<usize>() >= 6 {
        return Err("a spreadsheet has rounded the numbers: use the file as the platform made it".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> (Columns, Vec<Line>) {
        let mut lines = lines(text, "商户订单号").unwrap();
        let head = lines.remove(0);
        (Columns::of(&head, &["商户订单号", "订单金额"]), lines)
    }

    #[test]
    fn a_cell_is_freed_of_its_protection_whatever_the_separator() {
        for text in [
            "商户订单号,订单金额（元）\n`77,`1234.50\n",
            "商户订单号,订单金额(元)\r\n\"77\t\",\"1,234.50\"\r\n\r\n,,\r\n",
            "商户订单号;订单金额\n=\"77\";1234.5\n",
            "商户订单号\t订单金额\n'77\t-1234.50\n",
            "\u{FEFF}\"商户订单号\",\"订单金额\"\n\"77\",\"￥1234.50\"\n",
        ] {
            let (columns, lines) = columns(text);
            assert_eq!(lines.len(), 1, "{text}");
            assert_eq!(columns.id(&lines[0], "商户订单号", 64).unwrap(), "77", "{text}");
            assert_eq!(columns.amount(&lines[0], "订单金额").unwrap(), Money::from_minor(123_450), "{text}");
        }
    }

    #[test]
    fn a_wrong_line_is_named_by_its_number_whatever_ends_the_lines() {
        for end in ["\n", "\r\n"] {
            let (columns, lines) = columns(&["商户订单号;订单金额", "1;1", "", "4E27;1"].join(end));
            assert!(columns.id(&lines[1], "商户订单号", 64).unwrap_err().starts_with("line 4: "), "{end:?}");
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_has_changed_is_refused() {
        for changed in ["4.20E+27", "3,84E+17", "4E27", "1.5e-3"] {
            let (columns, lines) = columns(&format!("商户订单号;订单金额\n{changed};{changed}\n"));
            let why = columns.id(&lines[0], "商户订单号", 64).unwrap_err();
            assert!(why.starts_with("line 2: ") && why.contains("spreadsheet"), "{why}");
            assert!(columns.amount(&lines[0], "订单金额").is_err());
        }
        let (columns, lines) = columns("商户订单号,订单金额\nE77,1\nsb7e5,1\n");
        assert_eq!(columns.id(&lines[0], "商户订单号", 64).unwrap(), "E77");
        assert_eq!(columns.id(&lines[1], "商户订单号", 64).unwrap(), "sb7e5");
        expect_unrounded(["384448393272885248", "384448443931689000"].into_iter()).unwrap();
        expect_unrounded(["384448443931689000", "77"].into_iter()).unwrap();
        expect_unrounded(["384448393272885000", "384448443931689000"].into_iter()).unwrap_err();
    }
}
