//! Alipay's account bill: a line for each payment, its fee and each refund, in GBK, in a zip archive beside its summary.

use std::io::{Cursor, Write};

use encoding_rs::GBK;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Front;
use crate::platform::bill::{Row, fee, rows};
use crate::platform::book::Trade;
use crate::platform::china::{wall, yuan};

const HEAD: &str = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,\
                    账户余额（元）,交易渠道,业务类型,备注";

/// The archive of a day.
pub fn archive(front: &Front, trades: &[Trade], day: &str) -> Vec<u8> {
    let account = &front.account.seller_id;
    let name = format!("{account}0156_{}_账务明细", day.replace('-', ""));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        (format!("{name}.csv"), table(front, trades, day)),
        (format!("{name}(汇总).csv"), format!("#支付宝账务汇总查询\r\n#账号：[{account}0156]\r\n")),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&GBK.encode(&text).0).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn table(front: &Front, trades: &[Trade], day: &str) -> String {
    let mut lines = Lines::default();
    for row in rows(trades, day) {
        match row.refund {
            Some((_, _, amount)) => lines.add(&row, -amount, "交易退款"),
            None => {
                lines.add(&row, row.trade.charged(), "在线支付");
                lines.add(&row, -fee(row.trade.charged()), "收费");
            }
        }
    }
    let chinese = |day: &str| {
        let parts: Vec<&str> = day.split('-').collect();
        format!("[{}年{}月{}日 00:00:00]", parts[0], parts[1], parts[2])
    };
    let next = day.parse::<jiff::civil::Date>().unwrap().tomorrow().unwrap().to_string();
    let Lines { text, income: [count_in, sum_in], expenses: [count_out, sum_out], .. } = lines;
    format!(
        "#支付宝账务明细查询\r\n#账号：[{}0156]\r\n#起始日期：{}   终止日期：{}\r\n#-----账务明细列表----\r\n{HEAD}\r\n{text}\
         #-----账务明细列表结束----\r\n#支出合计：{count_out}笔，共-{}元\r\n#收入合计：{count_in}笔，共{}元\r\n",
        front.account.seller_id,
        chinese(day),
        chinese(&next),
        yuan(sum_out),
        yuan(sum_in),
    )
}

/// The lines so far, with number and amount of the income and of the expenses.
#[derive(Default)]
struct Lines {
    text: String,
    income: [i64; 2],
    expenses: [i64; 2],
    balance: i64,
}

impl Lines {
    fn add(&mut self, row: &Row<'_>, amount: i64, kind: &str) {
        let side = if amount > 0 { &mut self.income } else { &mut self.expenses };
        *side = [side[0] + 1, side[1] + amount.abs()];
        self.balance += amount;
        let number = 2026_0000 + self.income[0] + self.expenses[0];
        let (income, expense) = (yuan(amount.max(0)), yuan(amount.min(0)));
        self.text += &format!(
            "{number}\t,{}\t,{}\t,测试商品 A,{},own***@example.com,{income},{expense},{},支付宝,{kind}, \r\n",
            row.trade.trade_no,
            row.trade.out_trade_no,
            wall(row.at),
            yuan(self.balance),
        );
    }
}
