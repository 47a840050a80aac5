//! The platform's statement: one CSV line per charge and per refund, written by the platform and parsed by the shop.
//!
//! ```text
//! out_trade_no,trade_no,type,out_request_no,amount,time
//! 77,sb1,payment,,880.00,2026-01-02T03:04:05Z
//! 77,sb1,refund,78,20.00,2026-01-03T03:04:05Z
//! ```

use super::message::Charged;
use crate::gateway::Entry;

/// The header line.
pub const HEAD: &str = "out_trade_no,trade_no,type,out_request_no,amount,time\n";

/// Formats the lines of a charged trade: the charge, then its refunds.
#[must_use]
pub fn lines(trade: &Charged) -> String {
    let Charged { out_trade_no, trade_no, amount, at, refunds } = trade;
    let charge = format!("{out_trade_no},{trade_no},payment,,{amount},{at}\n");
    refunds.iter().fold(charge, |lines, (number, amount, at)| {
        format!("{lines}{out_trade_no},{trade_no},refund,{number},{amount},{at}\n")
    })
}

/// Parses a statement. Fields are never quoted, so each line is split at its commas.
///
/// # Errors
/// The first malformed line, with its number and the reason.
pub fn read(text: &str) -> Result<Vec<Entry>, String> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    if lines.next().map(|(_, line)| line) != Some(HEAD.trim_end()) {
        return Err(format!("line 1: must be {}", HEAD.trim_end()));
    }
    lines.map(|(at, line)| entry(line).map_err(|why| format!("line {at}: {why}"))).collect()
}

fn entry(line: &str) -> Result<Entry, String> {
    let fields: Vec<&str> = line.split(',').collect();
    let &[out_trade_no, trade_no, kind, refund_no, amount, time] = fields.as_slice() else {
        return Err(format!("has {} fields instead of 6", fields.len()));
    };
    let refund_no = match (kind, refund_no) {
        ("payment", "") => None,
        ("refund", number) if !number.is_empty() => Some(number.to_owned()),
        _ => return Err("type must be payment, or refund with its out_request_no".to_owned()),
    };
    if out_trade_no.is_empty() || trade_no.is_empty() {
        return Err("out_trade_no and trade_no must not be empty".to_owned());
    }
    let amount = amount.parse().map_err(|_| "amount must be money such as 880.00".to_owned())?;
    let time = time.parse().map_err(|_| "time must be such as 2026-01-02T03:04:05Z".to_owned())?;
    Ok(Entry { out_trade_no: out_trade_no.to_owned(), trade_no: trade_no.to_owned(), refund_no, amount, time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
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
        let entries = read(&format!("{HEAD}{}", lines(&trade()))).unwrap();
        let of = |refund_no: Option<&str>, amount, time| Entry {
            out_trade_no: "77".to_owned(),
            trade_no: "sb1".to_owned(),
            refund_no: refund_no.map(str::to_owned),
            amount: Money::from_minor(amount),
            time: Timestamp(time),
        };
        assert_eq!(entries, [of(None, 88_000, 1_760_000_000_000), of(Some("78"), 2_000, 1_760_000_001_000)]);
        assert_eq!(read(HEAD), Ok(Vec::new()));
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
            let error = read(&format!("{HEAD}{bad}")).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(read("").unwrap_err().starts_with("line 1"));
        assert!(read(&good).unwrap_err().starts_with("line 1"));
    }
}
