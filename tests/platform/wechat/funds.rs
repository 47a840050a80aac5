//! WeChat Pay's fund flow bill of the basic account: a line for each payment, its fee and each refund, and sums.

use std::fmt::Write as _;

use crate::platform::bill::{Row, fee, rows};
use crate::platform::book::Trade;
use crate::platform::china::{wall, yuan};

const HEAD: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),\
                    资金变更提交申请人,备注,业务凭证号";

/// The bill of a day; `None` if nothing happened.
pub fn table(trades: &[Trade], day: &str) -> Option<String> {
    let mut text = format!("\u{FEFF}{HEAD}\r\n");
    let mut totals = Totals::default();
    for row in rows(trades, day) {
        let trade_no = &row.trade.trade_no;
        match row.refund {
            Some((number, id, amount)) => {
                text += &line(&row, [id, trade_no, "退款", "支出"], -amount, "damaged", number, &mut totals);
            }
            None => {
                let (charged, number) = (row.trade.charged(), &row.trade.out_trade_no);
                text += &line(&row, [trade_no, trade_no, "交易", "收入"], charged, "", number, &mut totals);
                let kinds = [trade_no.as_str(), trade_no, "扣除交易手续费", "支出"];
                text += &line(&row, kinds, -fee(charged), "", number, &mut totals);
            }
        }
    }
    let Totals { income: [count_in, sum_in], expenses: [count_out, sum_out], .. } = totals;
    let (sum_in, sum_out) = (yuan(sum_in), yuan(sum_out));
    let count = count_in + count_out;
    text += "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n";
    write!(text, "`{count}.0,`{count_in}.0,`{sum_in},`{count_out}.0,`{sum_out}\r\n").unwrap();
    (count > 0).then_some(text)
}

/// The sums so far: number and amount of the income and of the expenses, and the balance.
#[derive(Default)]
struct Totals {
    income: [i64; 2],
    expenses: [i64; 2],
    balance: i64,
}

fn line(
    row: &Row<'_>,
    [trade_no, flow_no, kind, direction]: [&str; 4],
    amount: i64,
    remark: &str,
    number: &str,
    totals: &mut Totals,
) -> String {
    let side = if amount > 0 { &mut totals.income } else { &mut totals.expenses };
    *side = [side[0] + 1, side[1] + amount.abs()];
    totals.balance += amount;
    let (amount, balance) = (yuan(amount.abs()), yuan(totals.balance));
    let cells = [&wall(row.at), trade_no, flow_no, kind, kind, direction, &amount, &balance, "system", remark, number];
    format!("{}\r\n", cells.map(|cell| format!("`{cell}")).join(","))
}
