//! WeChat Pay's fund flow bill: CSV whose cells begin with a backtick, and two lines of sums at the end. A fee has a line
//! of its own, or the amount of a payment is without its fee and the remark says both.

use crate::domain::money::Money;
use crate::gateway::statement::day::whole_days;
use crate::gateway::statement::funds::{Booked, Cause, FundStatement, Movement, collect};
use crate::gateway::statement::table::{self, Columns, Line};
use crate::gateway::statement::text;
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, TRADE_NO_LENGTH_MAX};

const TIME: &str = "记账时间";
const TRADE_NO: &str = "微信支付业务单号";
const FLOW_NO: &str = "资金流水单号";
const KIND: &str = "业务类型";
const DIRECTION: &str = "收支类型";
const AMOUNT: &str = "收支金额";
const REMARK: &str = "备注";
const NUMBER: &str = "业务凭证号";
const COLUMNS: [&str; 8] = [TIME, TRADE_NO, FLOW_NO, KIND, DIRECTION, AMOUNT, REMARK, NUMBER];
const COUNT: &str = "资金流水总笔数";
/// Number and sum of the income, then of the expenses.
const SUMS: [(&str, &str); 2] = [("收入笔数", "收入金额"), ("支出笔数", "支出金额")];

/// Parses a fund flow bill of the basic account.
///
/// # Errors
/// The first malformed line, or what the bill lacks.
pub fn read(bytes: &[u8]) -> Result<FundStatement, String> {
    let files = text::unpack(bytes)?;
    let [bill] = files.as_slice() else { return Err("the archive has several files: give one".to_owned()) };
    let lines = table::lines(bill, FLOW_NO)?;
    let mut rest = lines.iter();
    let head = rest.next().ok_or("the file is empty")?;
    let columns = Columns::of(head, &COLUMNS);
    if let Some(missing) = COLUMNS.iter().find(|name| !columns.has(name)) {
        return Err(format!("this is no fund flow bill of WeChat Pay: the column {missing} is missing"));
    }
    let table: Vec<&Line> = rest.by_ref().take_while(|line| line.first() != COUNT).collect();
    let sums =
        rest.next().ok_or_else(|| format!("the sums at the end ({COUNT}) are missing: the file is incomplete"))?;
    let heading = lines.iter().find(|line| line.first() == COUNT).cloned().unwrap_or_default();
    compare_sums(&columns, &table, &heading, sums)?;
    let booked: Result<Vec<Booked>, String> = table.iter().map(|line| booked(&columns, line)).collect();
    let booked = booked?;
    table::expect_unrounded(table.iter().map(|line| columns.text(line, NUMBER)))?;
    let times: Result<Vec<_>, String> = table.iter().map(|line| columns.time(line, TIME)).collect();
    collect(booked, whole_days(times?.into_iter()).ok_or("the bill has no lines")?)
}

fn booked(columns: &Columns, line: &Line) -> Result<Booked, String> {
    let amount = columns.amount(line, AMOUNT)?;
    let is_income = is_income(columns, line)?;
    let signed = |is_positive: bool| if is_positive { Ok(amount) } else { negative(line, amount) };
    let cause = match (columns.text(line, KIND), is_income) {
        ("交易", true) => Cause::Charge,
        ("退款", false) => Cause::Refund(Some(columns.id(line, NUMBER, EVENT_ID_LENGTH_MAX)?)),
        (kind, _) if kind.contains("手续费") => return Ok(Booked::Fee(signed(!is_income)?)),
        _ => return Ok(Booked::Other(signed(is_income)?)),
    };
    let out_trade_no = match cause {
        Cause::Charge => Some(columns.id(line, NUMBER, EVENT_ID_LENGTH_MAX)?),
        Cause::Refund(_) => None,
    };
    let (gross, fee) = with_fee(columns.text(line, REMARK), amount).unwrap_or((amount, Money::ZERO));
    let fee = if is_income { fee } else { negative(line, fee)? };
    let trade_no = columns.id(line, TRADE_NO, TRADE_NO_LENGTH_MAX)?;
    let time = columns.time(line, TIME)?;
    Ok(Booked::Movement(Movement { cause, out_trade_no, trade_no, amount: gross, time }, fee))
}

fn is_income(columns: &Columns, line: &Line) -> Result<bool, String> {
    match columns.text(line, DIRECTION) {
        "收入" => Ok(true),
        "支出" => Ok(false),
        other => Err(line.error(format!("{DIRECTION} must be 收入 or 支出, and is {other:?}"))),
    }
}

fn negative(line: &Line, amount: Money) -> Result<Money, String> {
    Money::ZERO.checked_sub(amount).ok_or_else(|| line.error("the amount is too large"))
}

/// The whole amount and the fee, of a remark such as `结算总金额1.00元;含手续费0.01元` beside the amount 0.99. `None` if the
/// remark says something else.
fn with_fee(remark: &str, amount: Money) -> Option<(Money, Money)> {
    let after = |title: &str| {
        let (_, rest) = remark.split_once(title)?;
        table::amount(rest.split_once('元')?.0.trim())
    };
    let (gross, fee) = (after("总金额")?, after("含手续费")?);
    (gross.checked_sub(fee) == Some(amount)).then_some((gross, fee))
}

/// Compares the lines with the sums at the end, which cover every line.
fn compare_sums(columns: &Columns, lines: &[&Line], heading: &Line, sums: &Line) -> Result<(), String> {
    let titles = Columns::of(heading, &[COUNT, SUMS[0].0, SUMS[0].1, SUMS[1].0, SUMS[1].1]);
    let count = |title: &str| -> Option<usize> { titles.text(sums, title).split('.').next()?.parse().ok() };
    let mut equals = count(COUNT) == Some(lines.len());
    for ((count_title, sum_title), wants_income) in SUMS.into_iter().zip([true, false]) {
        let (mut number, mut amounts) = (0, Vec::new());
        for line in lines {
            if is_income(columns, line)? == wants_income {
                number += 1;
                amounts.push(columns.amount(line, AMOUNT)?);
            }
        }
        let is_sum = Money::checked_sum(amounts) == Some(titles.amount(sums, sum_title)?);
        equals = equals && is_sum && count(count_title) == Some(number);
    }
    if equals { Ok(()) } else { Err(sums.error("the sums are not those of the lines: the file is incomplete")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),\
                        资金变更提交申请人,备注,业务凭证号\n";

    fn bill(lines: &[&str], sums: &str) -> String {
        format!("{HEAD}{}\n资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n{sums}\n", lines.join("\n"))
    }

    #[test]
    fn a_fee_is_a_line_or_part_of_an_amount() {
        let bill = bill(
            &[
                "`2025-10-09 10:00:00,`420001,`420001,`交易,`交易,`收入,`10.00,`10.00,`system,`,`77",
                "`2025-10-09 10:00:00,`420001,`420001,`交易,`扣除交易手续费,`支出,`0.06,`9.94,`system,`,`77",
                "`2025-10-09 10:01:00,`420002,`420002,`交易,`交易,`收入,`0.99,`10.93,`system,`结算总金额1.00元;含手续费0.01元,`78",
                "`2025-10-09 10:02:00,`503001,`420001,`退款,`退款,`支出,`1.98,`8.95,`API,`退款总金额2.00元;含手续费0.02元,`99",
                "`2025-10-09 10:03:00,`503002,`420002,`退款,`退款,`支出,`0.50,`8.45,`API,`damaged,`98",
                "`2025-10-09 11:00:00,`1,`2,`提现,`提现,`支出,`8.00,`0.45,`system,`,`W1",
            ],
            "`6.0,`2.0,`10.99,`4.0,`10.54",
        );
        let statement = read(bill.as_bytes()).unwrap();
        let amounts: Vec<i64> = statement.movements.iter().map(|movement| movement.amount.minor()).collect();
        assert_eq!((amounts, statement.fees.minor(), statement.other.minor()), (vec![1_000, 100, 200, 50], 5, -800));
        assert_eq!(statement.movements[0].out_trade_no.as_deref(), Some("77"));
        assert_eq!(statement.movements[2].cause, Cause::Refund(Some("99".to_owned())));
    }

    #[test]
    fn a_bill_that_was_cut_or_is_another_is_refused() {
        let line = "`2025-10-09 10:00:00,`420001,`420001,`交易,`交易,`收入,`10.00,`10.00,`system,`,`77";
        for (bill, why) in [
            (bill(&[line], "`2,`2,`20.00,`0,`0.00"), "incomplete"),
            (bill(&[line], "`1,`1,`10.01,`0,`0.00"), "incomplete"),
            (format!("{HEAD}{line}\n"), "incomplete"),
            (bill(&[&line.replace("收入", "?")], "`1,`1,`10.00,`0,`0.00"), "收支类型"),
            ("交易时间,微信订单号\n`1,`2\n".to_owned(), "no fund flow bill"),
        ] {
            let error = read(bill.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
