//! WeChat Pay's trade bill: CSV whose cells begin with a backtick, and two lines of sums at the end.

use crate::domain::money::Money;
use crate::gateway::statement::day::whole_days;
use crate::gateway::statement::table::{self, Columns, Line};
use crate::gateway::statement::{Entry, Statement, text};
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, TRADE_NO_LENGTH_MAX};

const TIME: &str = "交易时间";
const TRADE_NO: &str = "微信订单号";
const OUT_TRADE_NO: &str = "商户订单号";
const STATE: &str = "交易状态";
const REFUND_NO: &str = "商户退款单号";
const REFUND_STATE: &str = "退款状态";
const REQUIRED: [&str; 4] = [TIME, TRADE_NO, OUT_TRADE_NO, STATE];
/// The whole amount, with its sum. Coupons of WeChat Pay lower the other amounts of a line, which do not concern the shop.
/// Bills of older layouts only have the second.
const AMOUNTS: [(&str, &str); 2] = [("订单金额", "订单总金额"), ("应结订单金额", "应结订单总金额")];
/// The same of refunds. A bill of charges has neither.
const REFUNDED: [(&str, &str); 2] = [("申请退款金额", "申请退款总金额"), ("退款金额", "退款总金额")];
const COLUMNS: [&str; 10] = [
    TIME,
    TRADE_NO,
    OUT_TRADE_NO,
    STATE,
    REFUND_NO,
    REFUND_STATE,
    "订单金额",
    "应结订单金额",
    "申请退款金额",
    "退款金额",
];
const COUNT: &str = "总交易单数";
const SUMS: [&str; 5] = [COUNT, "订单总金额", "应结订单总金额", "申请退款总金额", "退款总金额"];
/// A column of the fund flow bill, whose lines do not name the payment.
const FUND_FLOW: &str = "资金流水单号";

/// Parses a trade bill (`bill_type` `ALL`, `SUCCESS` or `REFUND`).
///
/// # Errors
/// The first malformed line, or what the bill lacks.
pub fn read(bytes: &[u8]) -> Result<Statement, String> {
    let files = text::unpack(bytes)?;
    let [bill] = files.as_slice() else { return Err("the archive has several files: give one".to_owned()) };
    if bill.contains(FUND_FLOW) {
        return Err(
            "this is WeChat Pay's fund flow bill: compare it with --bill funds, or give the trade bill".to_owned()
        );
    }
    let lines = table::lines(bill, TRADE_NO)?;
    let mut rest = lines.iter();
    let head = rest.next().ok_or("the file is empty")?;
    let columns = Columns::of(head, &COLUMNS);
    if let Some(missing) = REQUIRED.iter().find(|name| !columns.has(name)) {
        return Err(format!("this is no trade bill of WeChat Pay: the column {missing} is missing"));
    }
    let amounts = Amounts {
        charged: find(&columns, AMOUNTS).ok_or("the column 订单金额 is missing")?,
        refunded: find(&columns, REFUNDED),
    };
    let table: Vec<&Line> = rest.by_ref().take_while(|line| line.first() != COUNT).collect();
    let sums =
        rest.next().ok_or_else(|| format!("the sums at the end ({COUNT}) are missing: the file is incomplete"))?;
    let entries: Result<Vec<Option<Entry>>, String> = table.iter().map(|line| entry(&columns, amounts, line)).collect();
    let heading = lines.iter().find(|line| line.first() == COUNT).cloned().unwrap_or_default();
    compare_sums(&columns, amounts, &table, &Columns::of(&heading, &SUMS), sums)?;
    let entries: Vec<Entry> = entries?.into_iter().flatten().collect();
    table::expect_unrounded(entries.iter().map(|entry| entry.out_trade_no.as_str()))?;
    let times: Result<Vec<_>, String> = table.iter().map(|line| columns.time(line, TIME)).collect();
    let (from, until) = whole_days(times?.into_iter()).ok_or("the bill has no lines")?;
    Ok(Statement { entries, from, until })
}

/// The columns of amounts, each with the name of its sum.
#[derive(Clone, Copy)]
struct Amounts {
    charged: (&'static str, &'static str),
    refunded: Option<(&'static str, &'static str)>,
}

/// The first of these columns that the table has.
fn find(columns: &Columns, names: [(&'static str, &'static str); 2]) -> Option<(&'static str, &'static str)> {
    names.into_iter().find(|(name, _)| columns.has(name))
}

/// A charge, or a refund that was made. `None` for what has moved no money: a refund in progress or one that failed, and
/// a payment that was revoked.
fn entry(columns: &Columns, amounts: Amounts, line: &Line) -> Result<Option<Entry>, String> {
    let (refund_no, amount) = match (columns.text(line, STATE), columns.text(line, REFUND_STATE)) {
        ("SUCCESS", _) => (None, columns.amount(line, amounts.charged.0)?),
        ("REFUND", "SUCCESS") => {
            let (name, _) = amounts.refunded.ok_or_else(|| line.error("the amount of the refund is missing"))?;
            (Some(columns.id(line, REFUND_NO, EVENT_ID_LENGTH_MAX)?), columns.amount(line, name)?)
        }
        ("REFUND", "PROCESSING" | "FAIL" | "CHANGE") | ("REVOKED", _) => return Ok(None),
        (state, refund) => {
            return Err(line.error(format!("{STATE} is {state:?} and {REFUND_STATE} {refund:?}: not known")));
        }
    };
    Ok(Some(Entry {
        out_trade_no: columns.id(line, OUT_TRADE_NO, EVENT_ID_LENGTH_MAX)?,
        trade_no: columns.id(line, TRADE_NO, TRADE_NO_LENGTH_MAX)?,
        refund_no,
        amount,
        time: columns.time(line, TIME)?,
    }))
}

/// Compares the lines with the sums at the end, which cover every line.
fn compare_sums(
    columns: &Columns,
    amounts: Amounts,
    lines: &[&Line],
    titles: &Columns,
    sums: &Line,
) -> Result<(), String> {
    let stated: Option<u64> = titles.text(sums, COUNT).split('.').next().and_then(|count| count.parse().ok());
    let is_count = stated.is_some_and(|stated| usize::try_from(stated) == Ok(lines.len()));
    let sum = |name: &str| -> Result<_, String> {
        let amounts: Result<Vec<_>, String> = lines.iter().map(|line| columns.amount(line, name)).collect();
        Ok(Money::checked_sum(amounts?))
    };
    let equals =
        |(name, title): (&str, &str)| -> Result<bool, String> { Ok(sum(name)? == Some(titles.amount(sums, title)?)) };
    if is_count && equals(amounts.charged)? && amounts.refunded.map_or(Ok(true), equals)? {
        return Ok(());
    }
    Err(sums.error("the sums are not those of the lines: the file is incomplete"))
}
