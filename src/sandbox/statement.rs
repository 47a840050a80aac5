//! The platform's statement: one CSV line per charge and per refund, written by the platform and parsed by the shop.
//!
//! ```text
//! out_trade_no,trade_no,type,out_request_no,amount,time
//! 77,sb1,payment,,880.00,2026-01-02T03:04:05Z
//! 77,sb1,refund,78,20.00,2026-01-03T03:04:05Z
//! ```

use super::message::Charged;
use crate::domain::clock::Timestamp;
use crate::gateway::statement::{table, text};
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, TRADE_NO_LENGTH_MAX, is_printable_ascii};
use crate::gateway::{Entry, Statement};

/// The header line.
pub const HEAD: &str = "out_trade_no,trade_no,type,out_request_no,amount,time\n";

/// Number of trades in one page of the statement.
pub const PAGE_SIZE: i64 = 500;

/// Formats the lines of a charged trade: the charge, then its refunds.
#[must_use]
pub fn lines(trade: &Charged) -> String {
    let Charged { out_trade_no, trade_no, amount, at, refunds } = trade;
    let charge = format!("{out_trade_no},{trade_no},payment,,{amount},{at}\n");
    refunds.iter().fold(charge, |lines, (number, amount, at)| {
        format!("{lines}{out_trade_no},{trade_no},refund,{number},{amount},{at}\n")
    })
}

/// Parses a statement, as the platform sends it or as a spreadsheet saves it.
///
/// # Errors
/// The first malformed line, with its number and the reason; or that there are no lines.
pub fn read(bytes: &[u8]) -> Result<Statement, String> {
    let files = text::unpack(bytes)?;
    let [file] = files.as_slice() else { return Err("the archive has several files: give one".to_owned()) };
    let lines = table::lines(file, "out_trade_no")?;
    let heading: Vec<&str> = HEAD.trim_end().split(',').collect();
    let (head, lines) = lines.split_first().ok_or("line 1: the file is empty")?;
    if head.cells() != heading {
        return Err(head.error(format!("must be {}", HEAD.trim_end())));
    }
    let entries: Result<Vec<Entry>, String> =
        lines.iter().map(|line| entry(&line.cells()).map_err(|why| line.error(why))).collect();
    let entries = entries?;
    // The platform lists everything since its beginning.
    let until = entries.iter().map(|entry| entry.time).max().ok_or("the statement has no lines")?;
    Ok(Statement { entries, from: Timestamp(0), until })
}

fn entry(fields: &[&str]) -> Result<Entry, String> {
    let &[out_trade_no, trade_no, kind, refund_no, amount, time] = fields else {
        return Err(format!("has {} fields instead of 6", fields.len()));
    };
    let refund_no = match (kind, refund_no) {
        ("payment", "") => None,
        ("refund", number) if is_printable_ascii(number, EVENT_ID_LENGTH_MAX) => Some(number.to_owned()),
        _ => return Err("type must be payment, or refund with its out_request_no".to_owned()),
    };
    if !is_printable_ascii(out_trade_no, EVENT_ID_LENGTH_MAX) || !is_printable_ascii(trade_no, TRADE_NO_LENGTH_MAX) {
        return Err("out_trade_no and trade_no must be printable and not empty or long".to_owned());
    }
    let amount = table::stored_amount(amount).ok_or("amount must be money such as 880.00")?;
    let time = time.parse().map_err(|_| "time must be such as 2026-01-02T03:04:05Z".to_owned())?;
    Ok(Entry { out_trade_no: out_trade_no.to_owned(), trade_no: trade_no.to_owned(), refund_no, amount, time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;

    fn trade() -> Charged {
        Charged {
            out_trade_no: "77".to_owned(),
            trade_no: "sb1".to_owned(),
            amount: Money::from_minor(88_000),
            at: Timestamp(1_760_000_000_000),
            refunds: vec![("78".to_owned(), Money::from_minor(2_000), Timestamp(1_760_000_001_000))],
        }
    }

    #[test]
    fn a_written_statement_parses_back() {
        let statement = read(format!("{HEAD}{}", lines(&trade())).as_bytes()).unwrap();
        let of = |refund_no: Option<&str>, amount, time| Entry {
            out_trade_no: "77".to_owned(),
            trade_no: "sb1".to_owned(),
            refund_no: refund_no.map(str::to_owned),
            amount: Money::from_minor(amount),
            time: Timestamp(time),
        };
        let expected = [of(None, 88_000, 1_760_000_000_000), of(Some("78"), 2_000, 1_760_000_001_000)];
        assert_eq!((statement.entries.as_slice(), statement.until), (&expected[..], Timestamp(1_760_000_001_000)));
    }

    #[test]
    fn a_statement_that_a_spreadsheet_has_saved_is_read_the_same() {
        let text = format!("{HEAD}{}", lines(&trade()));
        let statement = read(text.as_bytes()).unwrap();
        let quoted = |line: &str| line.split(',').map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",");
        let quoted = text.lines().map(quoted).collect::<Vec<_>>().join("\r\n");
        for saved in [
            text.replace('\n', "\r\n"),
            format!("\u{FEFF}{text}"),
            format!("\u{FEFF}{}\r\n", text.replace('\n', "\r\n")),
            format!("{text}\n\n,,,,,\n"),
            text.trim_end().to_owned(),
            text.replace(',', ";"),
            text.replace(',', "\t"),
            quoted,
        ] {
            assert_eq!(read(saved.as_bytes()).as_ref(), Ok(&statement), "{saved}");
        }
        assert_eq!(read(HEAD.as_bytes()), Err("the statement has no lines".to_owned()));
    }

    #[test]
    fn the_error_names_the_malformed_line() {
        let good = lines(&trade());
        for (from, to, expected) in [
            ("payment,,", "payment,5,", "line 2: type"),
            ("refund,78", "refund,", "line 3: type"),
            ("refund", "gift", "line 3: type"),
            ("880.00", "880,00", "line 2: has 7 fields"),
            ("880.00", "-880.00", "line 2: amount"),
            ("880.00", "much", "line 2: amount"),
            ("77,sb1,payment", ",sb1,payment", "line 2: out_trade_no"),
            ("2025-10-09T", "yesterday", "line 2: time"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            let error = read(format!("{HEAD}{bad}").as_bytes()).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(read(b"").unwrap_err().starts_with("line 1"));
        assert!(read(good.as_bytes()).unwrap_err().starts_with("line 1"));
    }
}
