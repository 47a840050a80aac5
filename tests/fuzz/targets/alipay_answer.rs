//! Alipay's answers: the envelope, and its content with and without a signature.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::domain::id::{PayId, RefundId};
use tradepost::gateway::alipay::trade::{self, Content};
use tradepost_fuzz::{ALIPAY, PAY_ID, inputs, seed, text};

const METHOD: &str = "alipay.trade.query";
const CONTENTS: [&str; 8] = [
    r#"{"code":"10000","out_trade_no":"77","trade_no":"2025","trade_status":"TRADE_SUCCESS","total_amount":"88.88"}"#,
    r#"{"code":"10000","out_trade_no":"77","trade_status":"TRADE_CLOSED","send_pay_date":"2025-10-09 16:53:19"}"#,
    r#"{"code":"10000","out_trade_no":"77","trade_status":"WAIT_BUYER_PAY"}"#,
    r#"{"code":"10000","out_trade_no":"77","qr_code":"https://qr.example.com/1"}"#,
    r#"{"code":"10000","out_trade_no":"77","fund_change":"Y"}"#,
    r#"{"code":"10000","out_trade_no":"77","out_request_no":"78","refund_status":"REFUND_SUCCESS"}"#,
    r#"{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}"#,
    r#"{"code":"40004","sub_code":"ACQ.TRADE_HAS_SUCCESS"}"#,
];

fn seeds() -> Vec<String> {
    let bodies = ["alipay_response_verify", "alipay_response_extract"];
    let bodies = bodies.into_iter().flat_map(|kind| inputs(kind, |input| text(input, "body")));
    bodies.chain(CONTENTS.map(str::to_owned)).collect()
}

fuzz_target!(init: seed(seeds()), |input: &[u8]| {
    let _ = trade::queried(ALIPAY.read(METHOD, input), PayId::new(PAY_ID));
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (pay_id, refund_id) = (PayId::new(PAY_ID), RefundId::new(78));
    let answer = |is_signed| Content::read(METHOD, text, is_signed);
    let _ = trade::created(answer(true), pay_id);
    let _ = trade::queried(answer(true), pay_id);
    let _ = trade::closed(answer(true), pay_id);
    let _ = trade::refunded(answer(true), pay_id);
    let _ = trade::refund_queried(answer(true), pay_id, refund_id);
    assert!(answer(false).is_err(), "an unsigned answer was accepted");
});
