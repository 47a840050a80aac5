//! Alipay's business bill (`trade`): CSV in GBK inside a zip archive, beside a summary. Lines that begin with `#` frame
//! the table; those after it have its sums.

use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::gateway::statement::day::{read_time, whole_days};
use crate::gateway::statement::table::{self, Columns, Line};
use crate::gateway::statement::{Entry, Statement, text, totals};
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, TRADE_NO_LENGTH_MAX};

const TRADE_NO: &str = "支付宝交易号";
const OUT_TRADE_NO: &str = "商户订单号";
const KIND: &str = "业务类型";
const AMOUNT: &str = "订单金额";
const RECEIVED: &str = "商家实收";
const REFUND_NO: &str = "退款批次号/请求号";
const TIME: &str = "完成时间";
const COLUMNS: [&str; 7] = [TRADE_NO, OUT_TRADE_NO, KIND, AMOUNT, RECEIVED, REFUND_NO, TIME];
/// A column of the account bill (`signcustomer`), whose lines do not name the refund.
const ACCOUNT_BILL: &str = "账务流水号";

/// Parses a business bill, as the archive or the file in it.
///
/// # Errors
/// The first malformed line, or what the bill lacks.
pub fn read(bytes: &[u8]) -> Result<Statement, String> {
    let files = text::unpack(bytes)?;
    if files.iter().any(|file| file.contains(ACCOUNT_BILL)) {
        return Err("this is Alipay's account bill: compare it with --bill funds, or give the business bill".to_owned());
    }
    let is_bill = |file: &&String| file.contains(TRADE_NO) && file.contains(KIND);
    let mut bills = files.iter().filter(is_bill);
    match (bills.next(), bills.next()) {
        (Some(bill), None) => parse(bill),
        (None, _) => Err(format!("this is no business bill of Alipay: it has no columns {TRADE_NO} and {KIND}")),
        (Some(_), Some(_)) => Err("the archive has several business bills: give one".to_owned()),
    }
}

fn parse(bill: &str) -> Result<Statement, String> {
    let lines = table::lines(bill, TRADE_NO)?;
    let head = lines.iter().position(|line| Columns::of(line, &COLUMNS).has(TRADE_NO));
    let head = head.ok_or_else(|| format!("the heading with {TRADE_NO} is missing"))?;
    let (before, rest) = lines.split_at_checked(head).unwrap_or_default();
    let (columns, rest) = match rest.split_first() {
        Some((head, rest)) => (Columns::of(head, &COLUMNS), rest),
        None => (Columns::of(&Line::default(), &COLUMNS), rest),
    };
    if let Some(missing) = COLUMNS.iter().find(|name| !columns.has(name)) {
        return Err(format!("the column {missing} is missing"));
    }
    let is_frame = |line: &&Line| line.first().starts_with('#');
    let entries: Result<Vec<Entry>, String> =
        rest.iter().take_while(|line| !is_frame(line)).map(|line| entry(&columns, line)).collect();
    let entries = entries?;
    table::expect_unrounded(entries.iter().map(|entry| entry.out_trade_no.as_str()))?;
    compare_sums(&columns, rest, &entries)?;
    let (from, until) =
        period(before, entries.iter().map(|entry| entry.time)).ok_or("the bill has neither a period nor lines")?;
    Ok(Statement { entries, from, until })
}

fn entry(columns: &Columns, line: &Line) -> Result<Entry, String> {
    let refund_no = match columns.text(line, KIND) {
        "交易" => None,
        "退款" => Some(columns.id(line, REFUND_NO, EVENT_ID_LENGTH_MAX)?),
        other => return Err(line.error(format!("{KIND} must be 交易 or 退款, and is {other:?}"))),
    };
    Ok(Entry {
        out_trade_no: columns.id(line, OUT_TRADE_NO, EVENT_ID_LENGTH_MAX)?,
        trade_no: columns.id(line, TRADE_NO, TRADE_NO_LENGTH_MAX)?,
        refund_no,
        amount: columns.amount(line, AMOUNT)?,
        time: columns.time(line, TIME)?,
    })
}

/// Compares the lines with the sums at the end: `#交易合计：2笔，商家实收共1.00元，…`. They are those of what the shop has
/// received, so they are compared with that column.
fn compare_sums(columns: &Columns, rest: &[Line], entries: &[Entry]) -> Result<(), String> {
    let received: Result<Vec<Money>, String> =
        rest.iter().take(entries.len()).map(|line| columns.amount(line, RECEIVED)).collect();
    let received = received?;
    let with_received = entries.iter().zip(received).map(|(entry, amount)| Entry { amount, ..entry.clone() });
    let found = totals(&with_received.collect::<Vec<_>>());
    for (title, (count, sum)) in ["#交易合计", "#退款合计"].into_iter().zip(found) {
        let line = rest.iter().find(|line| line.first().starts_with(title));
        let line = line.ok_or_else(|| format!("the sums at the end ({title}) are missing: the file is incomplete"))?;
        let numbers = numbers(line.first());
        let [stated_count, stated_sum, ..] = numbers.as_slice() else {
            return Err(line.error("must have a number of trades and a sum"));
        };
        if stated_count.parse() != Ok(count) || table::amount(stated_sum) != sum {
            let sum = sum.unwrap_or_default();
            return Err(line.error(format!(
                "says {stated_count} and {stated_sum}, and the lines are {count} and {sum}: the file is incomplete"
            )));
        }
    }
    Ok(())
}

/// The numbers in a text, such as `2` and `-1.00`.
pub fn numbers(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | ','))
        .map(|part| part.trim_matches(','))
        .filter(|part| part.bytes().any(|byte| byte.is_ascii_digit()))
        .collect()
}

/// The period that the frame states, `#起始日期：[2026年11月25日 00:00:00]   终止日期：[2026年11月26日 00:00:00]`; otherwise the
/// days of the lines.
pub fn period(before: &[Line], times: impl Iterator<Item = Timestamp> + Clone) -> Option<(Timestamp, Timestamp)> {
    let line = before.iter().map(Line::first).find(|first| first.contains("起始日期")).unwrap_or_default();
    let moments: Vec<Timestamp> = line.split(['[', ']']).filter_map(stated_time).collect();
    match moments.as_slice() {
        [from, end] if from < end => Some((*from, Timestamp(end.0.checked_sub(1)?))),
        _ => whole_days(times),
    }
}

/// Reads `2026年11月25日 00:00:00`.
fn stated_time(text: &str) -> Option<Timestamp> {
    read_time(&text.replace(['年', '月'], "-").replace('日', ""))
}
