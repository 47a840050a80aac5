//! Payments and refunds in WeChat Pay's format, for answers and notices.

use serde_json::{Value, json};

use super::Account;
use crate::platform::book::{Refund, RefundState, Stage, Trade};
use crate::platform::china::rfc3339;

/// The state of a payment. It is `REFUND` as soon as there is any refund, even a partial or unfinished one.
pub fn state(trade: &Trade) -> &'static str {
    match trade.stage {
        Stage::Unscanned | Stage::Waiting => "NOTPAY",
        Stage::Closed => "CLOSED",
        Stage::Paid | Stage::Finished if trade.refunds.is_empty() => "SUCCESS",
        Stage::Paid | Stage::Finished => "REFUND",
    }
}

/// The state of a refund.
pub fn refund_state(refund: &Refund) -> &'static str {
    match refund.state {
        RefundState::Processing => "PROCESSING",
        RefundState::Success => "SUCCESS",
        RefundState::Abnormal => "ABNORMAL",
        RefundState::Closed => "CLOSED",
    }
}

pub fn payment(account: &Account, trade: &Trade, state: &str) -> Value {
    let description = match state {
        "NOTPAY" => "订单未支付",
        "CLOSED" => "订单已关闭",
        "REFUND" => "订单发生过退款，退款详情请查询退款单",
        _ => "支付成功",
    };
    let mut payment = json!({
        "mchid": account.mchid, "appid": account.appid, "out_trade_no": trade.out_trade_no, "trade_state": state,
        "trade_state_desc": description, "amount": {"total": trade.total, "currency": "CNY"},
    });
    if let Some(attach) = trade.parameters.get("attach") {
        payment["attach"] = attach.clone();
    }
    let Some(paid) = trade.paid else { return payment };
    let payer_total = paid.charged - paid.coupon;
    payment["transaction_id"] = json!(trade.trade_no);
    payment["trade_type"] = trade.parameters["trade_type"].clone();
    payment["bank_type"] = json!("OTHERS");
    payment["success_time"] = json!(rfc3339(paid.at));
    payment["payer"] =
        json!({"openid": trade.parameters["payer"]["openid"].as_str().unwrap_or("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")});
    payment["amount"] = json!({
        "total": paid.charged, "payer_total": payer_total, "currency": "CNY", "payer_currency": "CNY",
    });
    if paid.coupon > 0 {
        let coupon = json!({"coupon_id": "109519", "amount": paid.coupon, "scope": "GLOBAL", "currency": "CNY"});
        payment["promotion_detail"] = json!([coupon]);
    }
    payment
}

/// A refund in an answer.
pub fn refund(trade: &Trade, refund: &Refund) -> Value {
    let mut answer = common(trade, refund);
    answer["status"] = json!(refund_state(refund));
    answer["channel"] = json!("ORIGINAL");
    answer["create_time"] = json!(rfc3339(refund.started_at));
    answer["funds_account"] = json!("UNSETTLED");
    answer["amount"]["currency"] = json!("CNY");
    answer["amount"]["settlement_refund"] = json!(refund.amount);
    answer["amount"]["settlement_total"] = json!(trade.charged());
    answer
}

/// A refund in a notice. It names no application and has its state in another field.
pub fn refund_notice(account: &Account, trade: &Trade, refund: &Refund) -> Value {
    let mut notice = common(trade, refund);
    notice["mchid"] = json!(account.mchid);
    notice["refund_status"] = json!(refund_state(refund));
    notice
}

fn common(trade: &Trade, refund: &Refund) -> Value {
    let (charged, coupon) = trade.paid.map_or((0, 0), |paid| (paid.charged, paid.coupon));
    let payer_total = charged - coupon;
    let mut common = json!({
        "transaction_id": trade.trade_no, "out_trade_no": trade.out_trade_no, "refund_id": refund.id,
        "out_refund_no": refund.number, "user_received_account": "支付用户零钱",
        "amount": {
            "total": charged, "refund": refund.amount, "payer_total": payer_total,
            "payer_refund": refund.amount * payer_total / charged.max(1),
        },
    });
    if let Some(done_at) = refund.done_at {
        common["success_time"] = json!(rfc3339(done_at));
    }
    common
}
