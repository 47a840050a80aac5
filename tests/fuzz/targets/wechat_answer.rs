//! WeChat Pay's answers, unsigned and signed: the first line is the status, the rest is the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use tradepost::domain::id::{PayId, RefundId};
use tradepost::gateway::wechat::answer::{self, Response};
use tradepost::gateway::wechat::{refund, trade};
use tradepost_fuzz::{NOW, PAY_ID, WECHAT, headers, inputs, parts, seed, wechat_signature};

fn seeds() -> Vec<String> {
    let trade = |state: &str| {
        json!({"mchid": "1900000001", "appid": "wx0123456789abcdef", "out_trade_no": "77", "trade_state": state,
            "transaction_id": "4200000001", "amount": {"total": 8888, "currency": "CNY"}})
    };
    let refund = |status: &str| json!({"out_trade_no": "77", "out_refund_no": "78", "status": status, "amount": {"total": 1, "refund": 1}});
    let answer = |input: &serde_json::Value| Some(format!("{}\n{}", input["status"], input["body"].as_str()?));
    let mut seeds = inputs("wechat_response_verify", answer);
    seeds.extend(["SUCCESS", "REFUND", "NOTPAY", "CLOSED"].map(|state| format!("200\n{}", trade(state))));
    seeds.extend(["SUCCESS", "PROCESSING", "ABNORMAL"].map(|status| format!("200\n{}", refund(status))));
    seeds.extend(["ORDER_NOT_EXIST", "ORDERPAID", "NOT_ENOUGH"].map(|code| format!("404\n{{\"code\":\"{code}\"}}")));
    seeds
}

fuzz_target!(init: seed(seeds()), |input: &[u8]| {
    let [status, body] = parts(input);
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok()).unwrap_or(200);
    let unsigned = answer::read(&WECHAT.keys, status, &|_| None, body, NOW);
    assert!(!matches!(unsigned, Ok(Response::Done(..))), "an unsigned answer was accepted");
    let signed = headers(wechat_signature(body));
    if let Ok(Response::Done(_, body)) = answer::read(&WECHAT.keys, status, &signed, body, NOW) {
        if let Ok(trade) = serde_json::from_slice::<trade::Trade>(&body) {
            let _ = trade.payment_status(&WECHAT, PayId::new(PAY_ID));
        }
        if let Ok(refund) = serde_json::from_slice::<refund::RefundResponse>(&body) {
            let _ = refund.status_by_id(PayId::new(PAY_ID), RefundId::new(78));
        }
    }
});
