//! WeChat Pay's callback with a valid signature and any body or any encrypted content. The first line is the event
//! type, the second one the type of the resource.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use tradepost::gateway::{Notification, Reject};
use tradepost_fuzz::{flipped, inputs, parts, read_wechat, seed, wechat_notice, wechat_signature};

fn seeds() -> Vec<String> {
    let paid = json!({"mchid": "1900000001", "appid": "wx0123456789abcdef", "out_trade_no": "77",
        "transaction_id": "4200000001", "trade_state": "SUCCESS", "amount": {"total": 8888, "currency": "CNY"}});
    let refund = |status: &str| {
        json!({"mchid": "1900000001", "out_trade_no": "77", "transaction_id": "4200000001", "out_refund_no": "78",
            "refund_status": status, "amount": {"total": 8888, "refund": 8888}})
    };
    let mut seeds = inputs("wechat_notify", |input| input["body"].as_str().map(str::to_owned));
    seeds.push(format!("TRANSACTION.SUCCESS\ntransaction\n{paid}"));
    for status in ["SUCCESS", "CLOSED", "ABNORMAL"] {
        seeds.push(format!("REFUND.{status}\nrefund\n{}", refund(status)));
    }
    seeds
}

fn check(body: &[u8]) {
    match read_wechat(wechat_signature(body), body) {
        Ok(Some(Notification { event_id, trade_no, amount, .. })) => {
            assert!(amount.minor() >= 0 && !event_id.is_empty() && event_id.len() <= 64);
            assert!(!trade_no.is_empty() && trade_no.len() <= 64);
        }
        Ok(None) => {}
        Err(reject) => assert!(!reject.is_unsigned(), "a valid signature was refused: {reject}"),
    }
}

fuzz_target!(init: seed(seeds()), |input: &[u8]| {
    check(input);
    let [event_type, original_type, content] = parts(input);
    let body = wechat_notice(&String::from_utf8_lossy(event_type), &String::from_utf8_lossy(original_type), content);
    check(body.as_bytes());
    let [serial, timestamp, nonce, signature] = wechat_signature(body.as_bytes());
    let with_flipped_bit = [serial, timestamp, nonce, flipped(&signature, input.len())];
    assert_eq!(read_wechat(with_flipped_bit, body.as_bytes()), Err(Reject::Signature));
});
