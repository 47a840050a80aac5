//! Alipay's business bill: a table in GBK between lines that begin with `#`, in a zip archive beside its summary.

use std::io::{Cursor, Write};

use encoding_rs::GBK;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Front;
use crate::platform::bill::{Row, rows};
use crate::platform::book::Trade;
use crate::platform::china::{wall, yuan};

const HEAD: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,\
                    订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,\
                    券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";

/// The archive of a day.
pub fn archive(front: &Front, trades: &[Trade], day: &str) -> Vec<u8> {
    let account = &front.account.seller_id;
    let name = format!("{account}0156_{}_业务明细", day.replace('-', ""));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        (format!("{name}.csv"), table(front, trades, day)),
        (format!("{name}(汇总).csv"), format!("#支付宝业务汇总查询\r\n#账号：[{account}0156]\r\n")),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&GBK.encode(&text).0).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The text of a day's bill.
pub fn table(front: &Front, trades: &[Trade], day: &str) -> String {
    let rows = rows(trades, day);
    let (refunds, charges): (Vec<&Row<'_>>, Vec<&Row<'_>>) = rows.iter().partition(|row| row.refund.is_some());
    let sum = |rows: &[&Row<'_>]| yuan(rows.iter().map(|row| amounts(row).1).sum());
    let chinese = |day: &str| {
        let parts: Vec<&str> = day.split('-').collect();
        format!("[{}年{}月{}日 00:00:00]", parts[0], parts[1], parts[2])
    };
    let next: jiff::civil::Date = day.parse::<jiff::civil::Date>().unwrap().tomorrow().unwrap();
    let mut text = format!(
        "#支付宝业务明细查询\r\n#账号：[{}0156]\r\n#起始日期：{}   终止日期：{}\r\n\
         #-----------------------------------------业务明细列表----------------------------------------\r\n{HEAD}\r\n",
        front.account.seller_id,
        chinese(day),
        chinese(&next.to_string()),
    );
    text.extend(rows.iter().map(line));
    text += "#-----------------------------------------业务明细列表结束------------------------------------\r\n";
    text += &format!("#交易合计：{}笔，商家实收共{}元，商家优惠共0.00元\r\n", charges.len(), sum(&charges));
    text += &format!("#退款合计：{}笔，商家实收退款共{}元，商家优惠退款共0.00元\r\n", refunds.len(), sum(&refunds));
    text + &format!("#导出时间：[{}日 06:00:00]\r\n", chinese(&next.to_string()).trim_matches(['[', ']']))
}

/// The amount of the order and what the shop receives: a coupon of Alipay's lowers neither. Refunds are negative.
fn amounts(row: &Row<'_>) -> (i64, i64) {
    match row.refund {
        Some((_, _, amount)) => (-amount, -amount),
        None => (row.trade.charged(), row.trade.charged()),
    }
}

fn line(row: &Row<'_>) -> String {
    let (trade, (amount, received)) = (row.trade, amounts(row));
    let (kind, number) = row.refund.map_or(("交易", ""), |(number, ..)| ("退款", number));
    let (created, done) = (wall(trade.created_at), wall(row.at));
    format!(
        "{}\t,{}\t,{kind},测试商品 A,{created},{done},,,,,own***@example.com,{},{},0.00,0.00,0.00,0.00,0.00,,0.00,0.00,\
         {number}\t,0.00,0.00,\r\n",
        trade.trade_no,
        trade.out_trade_no,
        yuan(amount),
        yuan(received),
    )
}
