//! Trades of the stand-in for Alipay: when they exist, and when they can be paid, closed and refunded.

use std::time::Duration;

use serde_json::{Value, json};
use tradepost::domain::clock::Clock;

use crate::alipay::standin::request::{Answer, Shop, code_order, page_order};
use crate::platform::{Alipay, BuyerAction, Course, Op, Payment, RefundState, Stage};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A platform, a shop that sends handwritten requests, and their clock.
struct Setup {
    alipay: Alipay,
    shop: Shop,
    clock: Clock,
}

impl Setup {
    async fn open() -> Self {
        let (alipay, clock) = (Alipay::start().await, Clock::default());
        alipay.follow(&clock);
        Self { shop: Shop::of(&alipay), alipay, clock }
    }

    async fn ask(&self, method: &str, biz: Value) -> Answer {
        self.shop.ask(&format!("alipay.trade.{method}"), biz, self.clock.now()).await
    }

    async fn code(&self, method: &str, biz: Value) -> String {
        self.ask(method, biz).await.code().to_owned()
    }

    /// Creates a trade with this number and pays it.
    async fn paid(&self, number: &str) {
        assert_eq!(self.code("precreate", code_order(number)).await, "10000");
        self.alipay.pay(number).await;
    }

    async fn refund(&self, number: &str, request: &str, amount: &str) -> Answer {
        let biz = json!({"out_trade_no": number, "out_request_no": request, "refund_amount": amount});
        self.ask("refund", biz).await
    }

    async fn status(&self, number: &str) -> String {
        let answer = self.ask("query", json!({"out_trade_no": number})).await;
        answer.body["trade_status"].as_str().unwrap_or(answer.code()).to_owned()
    }
}

#[actix_web::test]
async fn a_code_is_no_trade_until_it_is_scanned_and_can_be_paid_although_it_was_closed() {
    let setup = Setup::open().await;
    let answer = setup.ask("precreate", code_order("P1")).await;
    let code = answer.body["qr_code"].as_str().unwrap();
    assert_eq!((answer.code(), &answer.body["out_trade_no"]), ("10000", &json!("P1")));
    for method in ["query", "close"] {
        assert_eq!(setup.code(method, json!({"out_trade_no": "P1"})).await, "ACQ.TRADE_NOT_EXIST");
    }
    assert_eq!(setup.alipay.scan(code), Ok("P1".to_owned()));
    assert_eq!(setup.status("P1").await, "WAIT_BUYER_PAY");
    setup.alipay.pay("P1").await;
    assert_eq!(setup.status("P1").await, "TRADE_SUCCESS");
    // A close call has no effect before the code is scanned.
    setup.ask("precreate", code_order("P2")).await;
    setup.code("close", json!({"out_trade_no": "P2"})).await;
    setup.alipay.pay("P2").await;
    assert_eq!(setup.alipay.status("P2"), "TRADE_SUCCESS");
    assert!(setup.alipay.complaints().is_empty());
}

#[actix_web::test]
async fn a_code_is_valid_for_two_hours_at_most_and_ends_with_the_trade() {
    let setup = Setup::open().await;
    setup.ask("precreate", code_order("P1")).await;
    let mut short = code_order("P2");
    short["timeout_express"] = json!("30m");
    let answer = setup.ask("precreate", short).await;
    let code = answer.body["qr_code"].as_str().unwrap();
    assert!(setup.alipay.scan(code).is_ok());
    setup.clock.advance(HOUR / 2);
    assert_eq!(setup.alipay.try_pay("P2").await, Err("it is closed"));
    assert_eq!(setup.status("P2").await, "TRADE_CLOSED");
    assert_eq!(setup.alipay.scan(code), Err("the code is too old"));
    setup.clock.advance(HOUR / 2 * 3);
    assert_eq!(setup.alipay.try_pay("P1").await, Err("the code is too old"));
    assert_eq!(setup.status("P1").await, "ACQ.TRADE_NOT_EXIST");
}

#[actix_web::test]
async fn the_expiry_of_a_trade_is_absolute_or_relative_and_in_the_future() {
    let setup = Setup::open().await;
    for (field, value) in [
        ("timeout_express", "0m"),
        ("timeout_express", "16d"),
        ("timeout_express", "2c"),
        ("timeout_express", "30"),
        ("timeout_express", "m"),
        ("time_expire", "2025-10-09 16:53:20"),
        ("time_expire", "2099-10-09T16:53:20"),
    ] {
        let mut biz = code_order("P1");
        biz[field] = json!(value);
        assert_eq!(setup.code("precreate", biz).await, "ACQ.INVALID_PARAMETER", "{value}");
    }
    for (number, value) in [("P1", "1m"), ("P2", "15d"), ("P3", "1c"), ("P4", "3h")] {
        let mut biz = code_order(number);
        biz["timeout_express"] = json!(value);
        assert_eq!(setup.code("precreate", biz).await, "10000", "{value}");
    }
    let ends_in = |number: &str| setup.alipay.trade(number).closes_at.since(setup.clock.now());
    assert!(ends_in("P3") < HOUR * 24 && ends_in("P4") > HOUR * 2 && ends_in("P2") > HOUR * 24 * 14);
}

#[actix_web::test]
async fn a_repeated_number_is_the_same_trade_and_is_refused_with_another_content() {
    let setup = Setup::open().await;
    let first = setup.ask("precreate", code_order("P1")).await.body;
    assert_eq!(setup.ask("precreate", code_order("P1")).await.body["qr_code"], first["qr_code"]);
    let mut other = code_order("P1");
    other["total_amount"] = json!("88.89");
    assert_eq!(setup.code("precreate", other).await, "ACQ.CONTEXT_INCONSISTENT");
    let mut code = code_order("P2");
    code["product_code"] = json!("QR_CODE_OFFLINE");
    assert_eq!(setup.code("precreate", code.clone()).await, "10000");
    assert_eq!(setup.code("precreate", code).await, "ACQ.APPLY_PC_MERCHANT_CODE_ERROR");
    setup.alipay.pay("P1").await;
    assert_eq!(setup.code("precreate", code_order("P1")).await, "ACQ.TRADE_HAS_SUCCESS");
    setup.alipay.expire("P2").await;
    assert_eq!(setup.alipay.complaints().len(), 1);
}

#[actix_web::test]
async fn each_field_of_an_order_is_validated() {
    let setup = Setup::open().await;
    for (field, value) in [
        ("out_trade_no", json!("")),
        ("out_trade_no", json!("P-1")),
        ("out_trade_no", json!("x".repeat(65))),
        ("out_trade_no", json!(1)),
        ("total_amount", json!("0.00")),
        ("total_amount", json!("88.888")),
        ("total_amount", json!(88.88)),
        ("total_amount", json!("+1")),
        ("total_amount", json!("088.88")),
        ("total_amount", json!("100000000.01")),
        ("subject", json!("A&B")),
        ("subject", json!("A=B")),
        ("subject", json!("A/B")),
        ("subject", json!("x".repeat(257))),
        ("product_code", json!("FAST_INSTANT_TRADE_PAY")),
        ("passback_params", json!("x".repeat(513))),
        ("outTradeNo", json!("P1")),
    ] {
        let mut biz = code_order("P1");
        biz[field] = value;
        assert_eq!(setup.code("precreate", biz.clone()).await, "ACQ.INVALID_PARAMETER", "{biz}");
    }
    for missing in ["out_trade_no", "total_amount", "subject"] {
        let mut biz = code_order("P1");
        biz.as_object_mut().unwrap().remove(missing);
        assert_eq!(setup.code("precreate", biz).await, "ACQ.INVALID_PARAMETER", "{missing}");
    }
    assert_eq!(setup.code("query", json!({})).await, "ACQ.INVALID_PARAMETER");
    assert!(setup.alipay.trades("P1").is_empty());
}

#[actix_web::test]
async fn a_page_creates_the_trade_when_the_buyer_opens_it_and_shows_errors_only_to_the_buyer() {
    let setup = Setup::open().await;
    let url = setup.shop.page(&page_order("P1"), setup.clock.now());
    assert_eq!(setup.status("P1").await, "ACQ.TRADE_NOT_EXIST");
    let page = setup.alipay.open(&url).await;
    assert!(page.is_good() && page.content_type.contains("GBK"), "{page:?}");
    assert_eq!(setup.status("P1").await, "WAIT_BUYER_PAY");
    assert!(setup.alipay.open(&url).await.is_good(), "the buyer can open the page again");
    for (wrong, code) in [
        (url.replace("88.88", "0.01"), "isv.invalid-signature"),
        (setup.shop.page(&code_order("P2"), setup.clock.now()), "ACQ.INVALID_PARAMETER"),
        (setup.shop.page(&page_order("P2"), setup.clock.now().minus(HOUR)), "isv.invalid-timestamp"),
    ] {
        let page = setup.alipay.open(&wrong).await;
        assert!(page.status == 200 && !page.is_good() && page.html.contains(code), "{page:?}");
    }
    setup.alipay.pay("P1").await;
    assert!(setup.alipay.open(&url).await.html.contains("ACQ.TRADE_HAS_SUCCESS"));
    assert!(setup.alipay.trades("P2").is_empty());
}

#[actix_web::test]
async fn only_an_unpaid_trade_can_be_closed_and_the_buyer_can_pay_first() {
    let setup = Setup::open().await;
    let close = |number: &str| setup.code("close", json!({"out_trade_no": number}));
    setup.alipay.open(&setup.shop.page(&page_order("P1"), setup.clock.now())).await;
    assert_eq!(close("P1").await, "10000");
    assert_eq!(close("P1").await, "ACQ.REASON_TRADE_STATUS_INVALID");
    assert_eq!(setup.alipay.try_pay("P1").await, Err("it is closed"));
    assert_eq!(close("P9").await, "ACQ.TRADE_NOT_EXIST");
    setup.alipay.open(&setup.shop.page(&page_order("P2"), setup.clock.now())).await;
    setup.alipay.during(Op::Close, BuyerAction::Pays);
    assert_eq!(close("P2").await, "ACQ.TRADE_STATUS_ERROR");
    assert_eq!(setup.status("P2").await, "TRADE_SUCCESS");
}

#[actix_web::test]
async fn refunds_add_up_to_at_most_what_was_paid() {
    let setup = Setup::open().await;
    setup.paid("P1").await;
    let fee = |answer: Answer| (answer.body["refund_fee"].clone(), answer.body["fund_change"].clone());
    assert_eq!(fee(setup.refund("P1", "R1", "10.00").await), (json!("10.00"), json!("Y")));
    assert_eq!(fee(setup.refund("P1", "R2", "20.00").await), (json!("30.00"), json!("Y")));
    assert_eq!(
        fee(setup.refund("P1", "R1", "10.00").await),
        (json!("30.00"), json!("N")),
        "a repeated refund moves no money"
    );
    assert_eq!(setup.refund("P1", "R1", "10.01").await.code(), "ACQ.DISCORDANT_REPEAT_REQUEST");
    assert_eq!(setup.refund("P1", "R3", "58.89").await.code(), "ACQ.REASON_TRADE_REFUND_FEE_ERR");
    assert_eq!(setup.status("P1").await, "TRADE_SUCCESS");
    assert_eq!(fee(setup.refund("P1", "R3", "58.88").await), (json!("88.88"), json!("Y")));
    assert_eq!(setup.status("P1").await, "TRADE_CLOSED");
    assert_eq!(fee(setup.refund("P1", "R3", "58.88").await), (json!("88.88"), json!("N")));
    let trade = setup.alipay.trade("P1");
    assert_eq!((trade.charged(), trade.refunded(), trade.refunds.len()), (8888, 8888, 3));
    setup.paid("P2").await;
    assert_eq!(setup.refund("P2", "R9", "88.89").await.code(), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
    let without = json!({"out_trade_no": "P2", "refund_amount": "1.00"});
    assert_eq!(setup.code("refund", without).await, "ACQ.INVALID_PARAMETER");
    assert_eq!(setup.code("refund", json!({"out_trade_no": "P2", "refund_amount": "88.88"})).await, "10000");
    assert_eq!(setup.alipay.trade("P2").refunds[0].number, "P2");
}

#[actix_web::test]
async fn only_a_paid_trade_that_is_not_finished_can_be_refunded() {
    let setup = Setup::open().await;
    assert_eq!(setup.refund("P1", "R1", "1.00").await.code(), "ACQ.TRADE_NOT_EXIST");
    setup.alipay.open(&setup.shop.page(&page_order("P1"), setup.clock.now())).await;
    assert_eq!(setup.refund("P1", "R1", "1.00").await.code(), "ACQ.TRADE_STATUS_ERROR");
    setup.alipay.expire("P1").await;
    assert_eq!(setup.refund("P1", "R1", "1.00").await.code(), "ACQ.TRADE_HAS_CLOSE");
    setup.paid("P2").await;
    setup.alipay.finish("P2").await;
    assert_eq!(setup.status("P2").await, "TRADE_FINISHED");
    assert_eq!(setup.refund("P2", "R1", "1.00").await.code(), "ACQ.TRADE_HAS_FINISHED");
    setup.paid("P3").await;
    setup.clock.advance(HOUR * 24 * 366);
    assert_eq!(setup.refund("P3", "R1", "1.00").await.code(), "ACQ.TRADE_HAS_FINISHED");
}

#[actix_web::test]
async fn a_refund_that_is_not_done_is_not_found_and_can_be_requested_again() {
    let setup = Setup::open().await;
    setup.paid("P1").await;
    let query = |request: &str| {
        let biz = json!({"out_trade_no": "P1", "out_request_no": request});
        async { setup.ask("fastpay.refund.query", biz).await.body }
    };
    assert_eq!(query("R1").await, json!({"code": "10000", "msg": "Success"}));
    setup.alipay.next_refund(Course::later(HOUR, RefundState::Success));
    let answer = setup.refund("P1", "R1", "10.00").await.body;
    assert_eq!((&answer["fund_change"], &answer["refund_fee"]), (&json!("N"), &json!("0.00")));
    assert_eq!(query("R1").await, json!({"code": "10000", "msg": "Success"}));
    setup.clock.advance(HOUR);
    let found = query("R1").await;
    assert_eq!((&found["refund_status"], &found["refund_amount"]), (&json!("REFUND_SUCCESS"), &json!("10.00")));
    setup.alipay.next_refund(Course::later(HOUR, RefundState::Closed));
    setup.refund("P1", "R2", "20.00").await;
    setup.clock.advance(HOUR);
    assert_eq!(query("R2").await["refund_status"], Value::Null);
    assert_eq!(setup.refund("P1", "R2", "20.00").await.body["refund_fee"], "30.00");
    assert_eq!(setup.alipay.trade("P1").refunded(), 3000);
    let other = json!({"out_trade_no": "P9", "out_request_no": "R1"});
    assert_eq!(setup.code("fastpay.refund.query", other).await, "ACQ.TRADE_NOT_EXIST");
}

#[actix_web::test]
async fn a_test_can_have_the_buyer_pay_another_amount_with_a_coupon_or_twice() {
    let setup = Setup::open().await;
    for number in ["P1", "P2", "P3"] {
        setup.ask("precreate", code_order(number)).await;
    }
    setup.alipay.pay_with("P1", Payment::of(8887)).await;
    setup.alipay.pay_with("P2", Payment::with_coupon(888)).await;
    setup.alipay.pay("P3").await;
    setup.alipay.pay_again("P3").await;
    let query = |biz: Value| async { setup.ask("query", biz).await.body };
    assert_eq!(query(json!({"out_trade_no": "P1"})).await["total_amount"], "88.87");
    let coupon = query(json!({"out_trade_no": "P2"})).await;
    assert_eq!((&coupon["total_amount"], &coupon["receipt_amount"]), (&json!("88.88"), &json!("80.00")));
    let [first, second] = setup.alipay.trades("P3").try_into().unwrap();
    assert_ne!(first.trade_no, second.trade_no);
    assert_eq!(query(json!({"out_trade_no": "P3"})).await["trade_no"], first.trade_no.as_str());
    // The platform's number takes precedence.
    let both = json!({"out_trade_no": "P1", "trade_no": second.trade_no});
    assert_eq!(query(both).await["trade_no"], second.trade_no.as_str());
    assert_eq!((second.stage, second.charged()), (Stage::Paid, 8888));
}
