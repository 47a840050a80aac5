//! WeChat Pay's trade bill: cells begin with a backtick, and the sums follow the lines.

use std::fmt::Write as _;

use super::Front;
use crate::platform::bill::{Row, rows};
use crate::platform::book::Trade;
use crate::platform::china::{wall, yuan};

const HEAD: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
                    货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,\
                    商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUMS: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// The bill of a day; `None` if nothing happened.
pub fn table(front: &Front, trades: &[Trade], day: &str) -> Option<String> {
    let rows = rows(trades, day);
    let (mut settled, mut charged, mut refunded) = (0, 0, 0);
    let mut text = format!("\u{FEFF}{HEAD}\r\n");
    for row in &rows {
        text += &line(front, row);
        match row.refund {
            Some((_, _, amount)) => refunded += amount,
            None => {
                charged += row.trade.charged();
                settled += row.trade.charged() - row.trade.paid.unwrap().coupon;
            }
        }
    }
    let (settled, charged, refunded) = (yuan(settled), yuan(charged), yuan(refunded));
    write!(text, "{SUMS}\r\n`{},`{settled},`{refunded},`0.00,`0.00000,`{charged},`{refunded}\r\n", rows.len()).unwrap();
    (!rows.is_empty()).then_some(text)
}

fn line(front: &Front, row: &Row<'_>) -> String {
    let (account, trade) = (&front.account, row.trade);
    let (charged, coupon) = (trade.charged(), trade.paid.map_or(0, |paid| paid.coupon));
    let ([number, id, kind, state], amounts) = match row.refund {
        Some((number, id, amount)) => ([number, id, "ORIGINAL", "SUCCESS"], [0, 0, amount, 0, amount]),
        None => (["0", "0", "", ""], [charged - coupon, coupon, 0, charged, 0]),
    };
    let [settled, coupon, refunded, total, asked] = amounts.map(yuan);
    let trade_state = if row.refund.is_some() { "REFUND" } else { "SUCCESS" };
    let cells = [
        &wall(row.at),
        &account.appid,
        &account.mchid,
        "0",
        "",
        &trade.trade_no,
        &trade.out_trade_no,
        "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "NATIVE",
        trade_state,
        "OTHERS",
        "CNY",
        &settled,
        &coupon,
        id,
        number,
        &refunded,
        "0.00",
        kind,
        state,
        "测试商品 A",
        "",
        "0.00000",
        "0.60%",
        &total,
        &asked,
        "",
    ];
    format!("{}\r\n", cells.map(|cell| format!("`{cell}")).join(","))
}
