//! The body of an order request.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::domain::order::OrderRequest;
use tradepost::http::extract::field::from_json;
use tradepost::http::shop::order::NewOrder;
use tradepost_fuzz::seed;

const SEEDS: [&str; 4] = [
    r#"{"goods":[{"goods_id":"345959443973935104","goods_number":1}],"address":"1 Main Street","consignee":"zs"}"#,
    r#"{"goods":[{"goods_id":"1","goods_number":9999,"goods_price":"880.00"},{"goods_id":"2","goods_number":1}],
"coupon_id":"345988230098857984","money_paid":"100.00","shipping_fee":"0","order_amount":"19.9",
"address":"\u6d4b\u8bd5","consignee":"\ud83d\ude00"}"#,
    r#"{"goods":[],"coupon_id":null,"address":"","consignee":""}"#,
    r#"{"goods":[[1,2,3]],"address":1,"consignee":1e400}"#,
];

fuzz_target!(init: seed(SEEDS), |input: &[u8]| {
    let order = match from_json::<NewOrder>(input) {
        Ok(order) => order,
        Err(problem) => {
            let _ = problem.to_string();
            return;
        }
    };
    let written = serde_json::to_vec(&order).unwrap();
    let again = from_json::<NewOrder>(&written).unwrap();
    assert_eq!(serde_json::to_vec(&again).unwrap(), written, "the written order is read differently");
    if let Ok(request) = OrderRequest::try_from(order) {
        assert!((1..=100).contains(&request.lines.len()) && request.money_paid.minor() >= 0);
    }
});
