//! Planned faults in the answers of the stand-in for Alipay, as a shop sees them.

use std::time::Duration;

use serde_json::{Value, json};
use tradepost::domain::clock::Clock;

use crate::alipay::standin::request::{Shop, code_order};
use crate::platform::{Alipay, AnswerFault, BuyerAction, Op, PlannedFault};
use crate::support::RecordingServer;

const QUERY: &str = "alipay.trade.query";

/// Starts the stand-in with an open trade, and a shop that can query it.
async fn open_trade() -> (Alipay, Shop, Clock) {
    let (alipay, clock) = (Alipay::start().await, Clock::default());
    let shop = Shop::of(&alipay);
    let answer = shop.ask("alipay.trade.precreate", code_order("P1"), clock.now()).await;
    alipay.scan(answer.body["qr_code"].as_str().unwrap()).unwrap();
    (alipay, shop, clock)
}

/// Queries the trade. Returns the raw text of the answer.
async fn raw(shop: &Shop, clock: &Clock) -> Result<String, String> {
    let (query, body) = shop.signed(QUERY, &json!({"out_trade_no": "P1"}), clock.now());
    let bytes = shop.post(&query, body).await?;
    String::from_utf8(bytes).map_err(|_| "no text".to_owned())
}

#[actix_web::test]
async fn an_answer_can_be_missing_incomplete_slow_or_garbage() {
    let (alipay, mut shop, clock) = open_trade().await;
    for (how, expected) in [
        (AnswerFault::Breaks, Err("disconnect")),
        (AnswerFault::BreaksOff, Ok("half")),
        (AnswerFault::Slow(Duration::from_millis(20)), Ok("WAIT_BUYER_PAY")),
        (AnswerFault::Garbage, Err("no text")),
        (AnswerFault::Html, Ok("<h1>")),
    ] {
        alipay.plan_fault(PlannedFault::next(Op::Query, how));
        match (raw(&shop, &clock).await, expected) {
            (Ok(text), Ok("half")) => assert!(serde_json::from_str::<Value>(&text).is_err(), "{how:?}: {text}"),
            (Err(_), Ok("half") | Err("disconnect")) => {}
            (Ok(text), Ok(part)) => assert!(text.contains(part), "{how:?}: {text}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{how:?}: {error}"),
            (actual, _) => panic!("{how:?}: {actual:?}"),
        }
    }
    assert!(raw(&shop, &clock).await.unwrap().contains("WAIT_BUYER_PAY"), "only one answer is faulty");
    shop.client = awc::Client::builder().timeout(Duration::from_millis(100)).finish();
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Hangs));
    assert!(raw(&shop, &clock).await.unwrap_err().contains("imeout"));
    assert!(alipay.calls().iter().all(|call| call.took_effect));
}

#[actix_web::test]
async fn an_answer_can_have_a_bad_signature_or_none() {
    let (alipay, shop, clock) = open_trade().await;
    for how in [AnswerFault::BadSignature, AnswerFault::OtherKey, AnswerFault::Altered] {
        // Repeated, because the order of the members and the whitespace vary.
        for _ in 0..3 {
            alipay.plan_fault(PlannedFault::next(Op::Query, how));
            let text = raw(&shop, &clock).await.unwrap();
            assert!(!shop.is_signed(&text) && text.contains("\"sign\""), "{how:?}: {text}");
            assert_eq!(text.contains("TRADE_SUCCESS"), how == AnswerFault::Altered);
        }
    }
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Unsigned));
    let text = raw(&shop, &clock).await.unwrap();
    assert!(text.contains("WAIT_BUYER_PAY") && !text.contains("\"sign\""), "{text}");
    for (how, is_signed) in
        [(AnswerFault::Error("ACQ.SYSTEM_ERROR"), true), (AnswerFault::UnsignedError("ACQ.SYSTEM_ERROR"), false)]
    {
        alipay.plan_fault(PlannedFault::next(Op::Query, how));
        let answer = shop.read(&raw(&shop, &clock).await.unwrap());
        assert_eq!((answer.code(), answer.key.is_some()), ("ACQ.SYSTEM_ERROR", is_signed));
    }
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::UnsignedError("isp.unknow-error")));
    assert_eq!(shop.read(&raw(&shop, &clock).await.unwrap()).member, "error_response");
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Error("20000")));
    assert_eq!(shop.read(&raw(&shop, &clock).await.unwrap()).body["code"], "20000");
}

#[actix_web::test]
async fn an_answer_can_be_lost_with_or_without_the_effect_of_the_call() {
    let (alipay, shop, clock) = open_trade().await;
    alipay.pay("P1").await;
    let refund = |number: &str| {
        let biz = json!({"out_trade_no": "P1", "out_request_no": number, "refund_amount": "1.00"});
        shop.signed("alipay.trade.refund", &biz, clock.now())
    };
    alipay.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Breaks));
    alipay.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Breaks).without_effect());
    for number in ["R1", "R2"] {
        let (query, body) = refund(number);
        shop.post(&query, body).await.unwrap_err();
    }
    let trade = alipay.trade("P1");
    assert!(trade.refund("R1").is_some() && trade.refund("R2").is_none());
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Html).of("P2"));
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Unsigned).of("P1").times(2));
    for is_signed in [false, false, true] {
        assert_eq!(shop.is_signed(&raw(&shop, &clock).await.unwrap()), is_signed);
    }
    alipay.plan_fault(PlannedFault::next(Op::Query, AnswerFault::Unsigned).times(100));
    alipay.clear_faults();
    assert!(shop.is_signed(&raw(&shop, &clock).await.unwrap()));
}

#[actix_web::test]
async fn a_notice_can_arrive_before_the_answer_to_the_create_call() {
    let (alipay, clock, ear) = (Alipay::start().await, Clock::default(), RecordingServer::open().await);
    alipay.deliver_to(&ear.url);
    alipay.during(Op::Create, BuyerAction::PaysAndNotifies);
    let shop = Shop::of(&alipay);
    let answer = shop.ask("alipay.trade.precreate", code_order("P1"), clock.now()).await;
    assert_eq!((answer.code(), alipay.reply_statuses("P1")), ("10000", vec![200]));
    assert_eq!(alipay.status("P1"), "TRADE_SUCCESS");
    // If the action is not possible, the stand-in records a complaint.
    alipay.during(Op::Query, BuyerAction::Pays);
    shop.ask("alipay.trade.query", json!({"out_trade_no": "P1"}), clock.now()).await;
    assert!(alipay.complaints()[0].starts_with("it is paid already"));
}
