//! Alipay's account bill (`signcustomer`): CSV in GBK inside a zip archive, beside a summary. Lines that begin with `#`
//! frame the table. It names the payment of a refund, but not the refund, and each fee has a line of its own.

use super::bill::{numbers, period};
use crate::domain::money::Money;
use crate::gateway::statement::funds::{Booked, Cause, FundStatement, Movement, collect};
use crate::gateway::statement::table::{self, Columns, Line};
use crate::gateway::statement::text;
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, TRADE_NO_LENGTH_MAX};

const FLOW_NO: &str = "账务流水号";
const TRADE_NO: &str = "业务流水号";
const OUT_TRADE_NO: &str = "商户订单号";
const TIME: &str = "发生时间";
const INCOME: &str = "收入金额";
const EXPENSE: &str = "支出金额";
const KIND: &str = "业务类型";
const COLUMNS: [&str; 7] = [FLOW_NO, TRADE_NO, OUT_TRADE_NO, TIME, INCOME, EXPENSE, KIND];
/// The sums at the end, each with whether it is that of the income.
const SUMS: [(&str, bool); 2] = [("#支出合计", false), ("#收入合计", true)];

/// Parses an account bill, as the archive or the file in it.
///
/// # Errors
/// The first malformed line, or what the bill lacks.
pub fn read(bytes: &[u8]) -> Result<FundStatement, String> {
    let files = text::unpack(bytes)?;
    let mut bills = files.iter().filter(|file| file.contains(FLOW_NO) && file.contains(KIND));
    match (bills.next(), bills.next()) {
        (Some(bill), None) => parse(bill),
        (None, _) => Err(format!("this is no account bill of Alipay: it has no columns {FLOW_NO} and {KIND}")),
        (Some(_), Some(_)) => Err("the archive has several account bills: give one".to_owned()),
    }
}

fn parse(bill: &str) -> Result<FundStatement, String> {
    let lines = table::lines(bill, FLOW_NO)?;
    let head = lines.iter().position(|line| Columns::of(line, &COLUMNS).has(FLOW_NO));
    let head = head.ok_or_else(|| format!("the heading with {FLOW_NO} is missing"))?;
    let (before, rest) = lines.split_at_checked(head).unwrap_or_default();
    let (first, rest) = rest.split_first().ok_or("the file is empty")?;
    let columns = Columns::of(first, &COLUMNS);
    if let Some(missing) = COLUMNS.iter().find(|name| !columns.has(name)) {
        return Err(format!("the column {missing} is missing"));
    }
    let table: Vec<&Line> = rest.iter().take_while(|line| !line.first().starts_with('#')).collect();
    compare_sums(&columns, rest, &table)?;
    let booked: Result<Vec<Booked>, String> = table.iter().map(|line| booked(&columns, line)).collect();
    let booked = booked?;
    table::expect_unrounded(table.iter().map(|line| columns.text(line, OUT_TRADE_NO)))?;
    let times: Result<Vec<_>, String> = table.iter().map(|line| columns.time(line, TIME)).collect();
    let period = period(before, times?.into_iter()).ok_or("the bill has neither a period nor lines")?;
    collect(booked, period)
}

/// A payment, a refund or a fee of the shop; another line has no number of the shop, or another type.
fn booked(columns: &Columns, line: &Line) -> Result<Booked, String> {
    let (income, expense) = (amount(columns, line, INCOME)?, amount(columns, line, EXPENSE)?);
    let net = income.checked_sub(expense).ok_or_else(|| line.error("the amount is too large"))?;
    let has_number = !columns.text(line, OUT_TRADE_NO).is_empty();
    let (cause, amount) = match columns.text(line, KIND) {
        "在线支付" | "交易付款" if has_number && income > Money::ZERO => (Cause::Charge, income),
        "交易退款" | "退款" if has_number && expense > Money::ZERO => (Cause::Refund(None), expense),
        "收费" | "退费" => {
            return Ok(Booked::Fee(Money::ZERO.checked_sub(net).ok_or_else(|| line.error("the fee is too large"))?));
        }
        _ => return Ok(Booked::Other(net)),
    };
    let movement = Movement {
        cause,
        out_trade_no: Some(columns.id(line, OUT_TRADE_NO, EVENT_ID_LENGTH_MAX)?),
        trade_no: columns.id(line, TRADE_NO, TRADE_NO_LENGTH_MAX)?,
        amount,
        time: columns.time(line, TIME)?,
    };
    Ok(Booked::Movement(movement, Money::ZERO))
}

/// An amount without its sign; a cell that is empty is zero.
fn amount(columns: &Columns, line: &Line, name: &str) -> Result<Money, String> {
    if columns.text(line, name).is_empty() { Ok(Money::ZERO) } else { columns.amount(line, name) }
}

/// Compares the lines with the sums at the end: `#支出合计：1笔，共-1.00元` and `#收入合计：2笔，共2.00元`.
fn compare_sums(columns: &Columns, rest: &[Line], lines: &[&Line]) -> Result<(), String> {
    for (title, is_income) in SUMS {
        let name = if is_income { INCOME } else { EXPENSE };
        let amounts: Result<Vec<Money>, String> = lines.iter().map(|line| amount(columns, line, name)).collect();
        let amounts = amounts?;
        let count = amounts.iter().filter(|amount| **amount > Money::ZERO).count();
        let stated = rest.iter().find(|line| line.first().starts_with(title));
        let stated =
            stated.ok_or_else(|| format!("the sums at the end ({title}) are missing: the file is incomplete"))?;
        let numbers = numbers(stated.first());
        let [stated_count, stated_sum, ..] = numbers.as_slice() else {
            return Err(stated.error("must have a number of lines and a sum"));
        };
        if stated_count.parse() != Ok(count) || table::amount(stated_sum) != Money::checked_sum(amounts) {
            return Err(stated.error("the sums are not those of the lines: the file is incomplete"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bill(lines: &[&str], sums: &str) -> String {
        format!(
            "#支付宝账务明细查询\n#账号：[20880]\n#起始日期：[2025年10月09日 00:00:00]   终止日期：[2025年10月10日 00:00:00]\n\
             #-----账务明细列表----\n账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,\
             账户余额（元）,交易渠道,业务类型,备注\n{}\n#-----账务明细列表结束----\n{sums}\n",
            lines.join("\n")
        )
    }

    #[test]
    fn payments_refunds_and_fees_are_recognised() {
        let bill = bill(
            &[
                "1\t,2025a\t,77\t,x,2025-10-09 10:00:00,a,10.00,0.00,10.00,支付宝,在线支付, ",
                "2\t,2025a\t,77\t,x,2025-10-09 10:00:00,a,0.00,-0.06,9.94,支付宝,收费,服务费",
                "3\t,2025a\t,77\t,x,2025-10-09 11:00:00,a,0.00,-4.00,5.94,支付宝,交易退款,售后退款",
                "4\t,2025a\t,77\t,x,2025-10-09 11:00:00,a,0.02, ,5.96,支付宝,退费,服务费",
                "5\t,w1\t,,x,2025-10-09 12:00:00,a, ,-5.00,0.96,支付宝,提现, ",
            ],
            "#支出合计：3笔，共-9.06元\n#收入合计：2笔，共10.02元",
        );
        let statement = read(bill.as_bytes()).unwrap();
        let amounts: Vec<i64> = statement.movements.iter().map(|movement| movement.amount.minor()).collect();
        assert_eq!((amounts, statement.fees.minor(), statement.other.minor()), (vec![1_000, 400], 4, -500));
        assert_eq!((statement.from.0, statement.until.0), (1_759_939_200_000, 1_760_025_599_999));
    }

    #[test]
    fn a_bill_that_was_cut_or_is_another_is_refused() {
        let line = "1\t,2025a\t,77\t,x,2025-10-09 10:00:00,a,10.00,0.00,10.00,支付宝,在线支付, ";
        for (bill, why) in [
            (bill(&[line], "#支出合计：0笔，共0.00元\n#收入合计：2笔，共20.00元"), "incomplete"),
            (bill(&[line], "#收入合计：1笔，共10.00元"), "incomplete"),
            (bill(&[], "#支出合计：0笔，共0.00元\n#收入合计：1笔，共10.00元"), "incomplete"),
            ("支付宝交易号,商户订单号,业务类型\n".to_owned(), "no account bill"),
        ] {
            let error = read(bill.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
