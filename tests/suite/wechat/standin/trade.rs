//! Trades and refunds of the stand-in for WeChat Pay, and planned faults of its answers.

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};
use tradepost::domain::clock::Clock;

use crate::platform::{AnswerFault, BuyerAction, Course, Key, Op, Payment, PlannedFault, RefundState, VECTORS, Wechat};
use crate::wechat::standin::request::{Answer, MCHID, Shop, order, rfc3339};

const HOUR: Duration = Duration::from_secs(60 * 60);
const REFUNDS: &str = "/v3/refund/domestic/refunds";

/// A platform, a shop that sends handwritten requests, and their clock.
struct Setup {
    wechat: Wechat,
    shop: Shop,
    clock: Clock,
}

/// Returns the body of a refund call.
fn refund(number: &str, of: &str, fen: i64) -> Value {
    json!({
        "out_trade_no": of, "out_refund_no": number, "reason": "damaged",
        "notify_url": "https://shop.example.com/v1/payments/callbacks/wechat",
        "amount": {"refund": fen, "total": 8888, "currency": "CNY"},
    })
}

impl Setup {
    async fn open() -> Self {
        let (wechat, clock) = (Wechat::start().await, Clock::default());
        wechat.follow(&clock);
        Self { shop: Shop::of(&wechat), wechat, clock }
    }

    async fn prepay(&self, kind: &str, body: &Value) -> Answer {
        self.shop.post(&format!("/v3/pay/transactions/{kind}"), body, self.clock.now()).await
    }

    async fn paid(&self, number: &str) {
        assert_eq!(self.prepay("native", &order(number)).await.status, 200);
        self.wechat.pay(number).await;
    }

    async fn refund(&self, number: &str, of: &str, fen: i64) -> Answer {
        self.shop.post(REFUNDS, &refund(number, of, fen), self.clock.now()).await
    }

    async fn refund_status(&self, number: &str) -> Value {
        let answer = self.shop.get(&format!("{REFUNDS}/{number}"), self.clock.now()).await;
        if answer.status == 200 { answer.body["status"].clone() } else { answer.body["code"].clone() }
    }

    async fn query(&self, number: &str) -> Answer {
        let target = format!("/v3/pay/transactions/out-trade-no/{number}?mchid={MCHID}");
        self.shop.get(&target, self.clock.now()).await
    }

    async fn state(&self, number: &str) -> String {
        self.query(number).await.body["trade_state"].as_str().unwrap_or_default().to_owned()
    }

    async fn close(&self, number: &str) -> Answer {
        let target = format!("/v3/pay/transactions/out-trade-no/{number}/close");
        self.shop.post(&target, &json!({"mchid": MCHID}), self.clock.now()).await
    }
}

#[actix_web::test]
async fn a_scanned_code_can_be_paid() {
    let setup = Setup::open().await;
    let code = setup.prepay("native", &order("P10001")).await.body["code_url"].clone();
    assert_eq!(setup.wechat.scan(code.as_str().unwrap()), Ok("P10001".to_owned()));
    let open = setup.query("P10001").await.body;
    assert_eq!((&open["trade_state"], &open["transaction_id"]), (&json!("NOTPAY"), &Value::Null));
    setup.wechat.pay_with("P10001", Payment::with_coupon(888)).await;
    let paid = setup.query("P10001").await.body;
    let amount = json!({"total": 8888, "payer_total": 8000, "currency": "CNY", "payer_currency": "CNY"});
    assert_eq!((&paid["trade_state"], &paid["amount"]), (&json!("SUCCESS"), &amount));
    assert_eq!((&paid["mchid"], &paid["appid"]), (&json!(MCHID), &json!("wx0123456789abcdef")));
    assert!(paid["success_time"].as_str().unwrap().ends_with("+08:00"));
    let id = paid["transaction_id"].as_str().unwrap();
    let same = setup.shop.get(&format!("/v3/pay/transactions/id/{id}?mchid={MCHID}"), setup.clock.now()).await;
    assert_eq!(same.body, paid);
    setup.wechat.pay_again("P10001").await;
    assert_eq!(setup.wechat.trades("P10001").len(), 2);
    assert_eq!(setup.wechat.try_pay("P10009").await, Err("there is no such trade"));
}

#[actix_web::test]
async fn a_page_accepts_only_the_parameters_that_the_shop_signed() {
    let setup = Setup::open().await;
    let mut body = order("P10001");
    assert_eq!(setup.prepay("jsapi", &body).await.code(), (400, "PARAM_ERROR"));
    body["payer"] = json!({"openid": "oUpF8uMuAJO"});
    let prepay_id = setup.prepay("jsapi", &body).await.text_of("prepay_id");
    let package = format!("prepay_id={prepay_id}");
    let sign = |key: &'static str, package: &str| {
        let message = format!("wx0123456789abcdef\n1760000000\nn1\n{package}\n");
        json!({"appId": "wx0123456789abcdef", "timeStamp": "1760000000", "nonceStr": "n1", "package": package,
            "signType": "RSA", "paySign": Key::named(key).sign(message.as_bytes())})
    };
    assert_eq!(setup.wechat.start_jsapi_payment(&sign("wx_merchant", &package)), Ok("P10001".to_owned()));
    assert!(setup.wechat.start_jsapi_payment(&sign("ali_app", &package)).is_err());
    assert!(
        setup.wechat.start_jsapi_payment(&sign("wx_merchant", &prepay_id)).is_err(),
        "the package lacks its prefix, as in an app payment"
    );
    assert!(setup.wechat.start_jsapi_payment(&sign("wx_merchant", "prepay_id=wx1")).is_err());
    for (field, value) in [("nonceStr", "n2"), ("appId", "wx1"), ("signType", "MD5")] {
        let mut params = sign("wx_merchant", &package);
        params[field] = json!(value);
        assert!(setup.wechat.start_jsapi_payment(&params).is_err(), "{field}");
    }
    let vectors = VECTORS["vectors"].as_array().unwrap();
    let vector = vectors.iter().find(|vector| vector["id"] == "own-wx-paysign-jsapi").unwrap();
    let (input, expect) = (&vector["input"], &vector["expect"]);
    let params = json!({"appId": input["appid"], "timeStamp": input["timestamp"], "nonceStr": input["nonce"],
        "package": format!("prepay_id={}", input["prepay_id"].as_str().unwrap()), "signType": "RSA",
        "paySign": expect["signature"]});
    assert_eq!(setup.wechat.start_jsapi_payment(&params), Err("there is no such code"), "the signature is valid");
    setup.wechat.pay("P10001").await;
    assert_eq!(setup.query("P10001").await.body["payer"]["openid"], "oUpF8uMuAJO");
}

impl Answer {
    fn text_of(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.text)).to_owned()
    }
}

#[actix_web::test]
async fn an_order_closes_at_its_expiry_and_its_code_expires_earlier() {
    let setup = Setup::open().await;
    let mut short = order("P10001");
    short["time_expire"] = json!(rfc3339(setup.clock.now().plus(HOUR), "+08:00", 8));
    assert_eq!(setup.prepay("native", &short).await.status, 200);
    assert_eq!(setup.prepay("native", &order("P10002")).await.status, 200);
    setup.clock.advance(HOUR);
    assert_eq!(setup.state("P10001").await, "CLOSED");
    assert_eq!(setup.wechat.try_pay("P10001").await, Err("it is closed"));
    assert_eq!(setup.prepay("native", &short).await.code(), (400, "INVALID_REQUEST"));
    setup.clock.advance(HOUR);
    assert_eq!(setup.wechat.try_pay("P10002").await, Err("the code is too old"));
    assert_eq!(setup.prepay("native", &order("P10002")).await.status, 200, "a new code is issued");
    setup.clock.advance(HOUR);
    setup.wechat.pay("P10002").await;
    assert_eq!(setup.prepay("native", &order("P10003")).await.status, 200);
    setup.clock.advance(HOUR * 24 * 7);
    assert_eq!((setup.wechat.status("P10002"), &*setup.state("P10003").await), ("SUCCESS", "CLOSED"));
}

#[actix_web::test]
async fn a_repeated_number_must_have_the_same_content() {
    let setup = Setup::open().await;
    let first = setup.prepay("native", &order("P10001")).await.body;
    assert_eq!(setup.prepay("native", &order("P10001")).await.body, first);
    for (field, value) in [("description", json!("another")), ("amount", json!({"total": 1, "currency": "CNY"}))] {
        let mut other = order("P10001");
        other[field] = value;
        assert_eq!(setup.prepay("native", &other).await.code(), (400, "INVALID_REQUEST"));
    }
    let mut other = order("P10001");
    other["payer"] = json!({"openid": "x"});
    assert_eq!(setup.prepay("jsapi", &other).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(setup.wechat.complaints().len(), 3);
    setup.wechat.pay("P10001").await;
    assert_eq!(setup.prepay("native", &order("P10001")).await.code(), (400, "ORDER_PAID"));
}

#[actix_web::test]
async fn a_close_call_can_be_repeated_and_the_buyer_can_pay_first() {
    let setup = Setup::open().await;
    for number in ["P10001", "P10002"] {
        setup.prepay("native", &order(number)).await;
    }
    for _ in 0..2 {
        assert_eq!(setup.close("P10001").await.status, 204);
    }
    assert_eq!(setup.wechat.try_pay("P10001").await, Err("it is closed"));
    setup.wechat.during(Op::Close, BuyerAction::Pays);
    assert_eq!(setup.close("P10002").await.code(), (400, "ORDER_PAID"));
    assert_eq!(setup.close("P10009").await.code(), (404, "ORDER_NOT_EXIST"));
    let target = "/v3/pay/transactions/out-trade-no/P10001/close";
    assert_eq!(setup.shop.post(target, &json!({}), setup.clock.now()).await.code(), (400, "PARAM_ERROR"));
}

#[actix_web::test]
async fn a_refund_is_pending_first_and_succeeds_or_fails_later() {
    let setup = Setup::open().await;
    setup.paid("P10001").await;
    let accepted = setup.refund("R1", "P10001", 1000).await.body;
    assert_eq!((&accepted["status"], &accepted["amount"]["refund"]), (&json!("PROCESSING"), &json!(1000)));
    assert_eq!((setup.refund_status("R1").await, setup.state("P10001").await), (json!("SUCCESS"), "REFUND".to_owned()));
    setup.wechat.next_refund(Course::AT_ONCE);
    assert_eq!(setup.refund("R2", "P10001", 1000).await.body["status"], "SUCCESS");
    for (number, end, status) in [
        ("R3", RefundState::Abnormal, "ABNORMAL"),
        ("R4", RefundState::Closed, "CLOSED"),
        ("R5", RefundState::Success, "SUCCESS"),
    ] {
        setup.wechat.next_refund(Course::later(HOUR, end));
        setup.refund(number, "P10001", 1000).await;
        assert_eq!(setup.refund_status(number).await, "PROCESSING");
        setup.clock.advance(HOUR);
        assert_eq!(setup.refund_status(number).await, status);
        assert_eq!(
            setup.refund(number, "P10001", 1000).await.body["status"],
            status,
            "the same number is the same refund"
        );
    }
    assert_eq!(setup.wechat.trade("P10001").refunded(), 3000);
    assert_eq!(setup.refund_status("R9").await, "RESOURCE_NOT_EXISTS");
    assert!(setup.wechat.complaints().is_empty());
}

#[actix_web::test]
async fn refunds_never_exceed_what_was_paid() {
    let setup = Setup::open().await;
    setup.paid("P10001").await;
    setup.paid("P10002").await;
    assert_eq!(setup.refund("R1", "P10001", 8000).await.status, 200);
    assert_eq!(setup.refund("R1", "P10001", 8001).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(setup.refund("R1", "P10002", 8000).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(setup.refund("R2", "P10001", 889).await.code(), (400, "INVALID_REQUEST"));
    setup.wechat.next_refund(Course::later(HOUR, RefundState::Closed));
    assert_eq!(setup.refund("R2", "P10001", 888).await.status, 200);
    assert_eq!(setup.refund("R4", "P10001", 1).await.code(), (400, "INVALID_REQUEST"), "the pending refund counts");
    setup.clock.advance(HOUR);
    assert_eq!(setup.refund("R4", "P10001", 888).await.status, 200, "the closed refund does not count");
    assert_eq!(setup.refund("R3", "P10009", 1).await.code(), (404, "RESOURCE_NOT_EXISTS"));
    setup.prepay("native", &order("P10003")).await;
    assert_eq!(setup.refund("R3", "P10003", 1).await.code(), (400, "INVALID_REQUEST"));
    let mut other = refund("R3", "P10002", 1);
    other["amount"]["total"] = json!(8889);
    assert_eq!(setup.shop.post(REFUNDS, &other, setup.clock.now()).await.code(), (400, "INVALID_REQUEST"));
    for (field, value) in [
        ("reason", json!("x".repeat(81))),
        ("notify_url", json!("http://shop.example.com")),
        ("out_refund_no", json!("R 3")),
        ("amount", json!({"refund": 0, "total": 8888, "currency": "CNY"})),
        ("transaction_id", json!("1")),
        ("refund_reason", json!("x")),
    ] {
        let mut body = refund("R3", "P10002", 1);
        body[field] = value;
        assert_eq!(setup.shop.post(REFUNDS, &body, setup.clock.now()).await.code(), (400, "PARAM_ERROR"), "{field}");
    }
    for n in 0..50 {
        assert_eq!(setup.refund(&format!("S{n}"), "P10002", 1).await.status, 200);
    }
    assert_eq!(
        setup.refund("S50", "P10002", 1).await.code(),
        (400, "INVALID_REQUEST"),
        "at most fifty refunds per payment"
    );
    setup.paid("P10004").await;
    setup.clock.advance(HOUR * 24 * 366);
    assert_eq!(
        setup.refund("R5", "P10004", 1).await.code(),
        (400, "INVALID_REQUEST"),
        "the payment is more than a year old"
    );
}

#[actix_web::test]
async fn each_planned_fault_of_an_answer_is_produced() {
    let setup = Setup::open().await;
    setup.prepay("native", &order("P10001")).await;
    let target = format!("/v3/pay/transactions/out-trade-no/P10001?mchid={MCHID}");
    let ask = |how: AnswerFault| {
        setup.wechat.plan_fault(PlannedFault::next(Op::Query, how));
        setup.shop.try_ask(Method::GET, &target, "", setup.clock.now())
    };
    for how in [
        AnswerFault::Unsigned,
        AnswerFault::BadSignature,
        AnswerFault::OtherKey,
        AnswerFault::UnknownKey,
        AnswerFault::Altered,
    ] {
        let answer = ask(how).await.unwrap();
        assert!(answer.signed_by.is_none() && answer.status == 200, "{how:?}: {answer:?}");
        assert_eq!(answer.body["trade_state"], if how == AnswerFault::Altered { "SUCCESS" } else { "NOTPAY" });
    }
    for (how, stamp) in [(AnswerFault::Old(HOUR), -3600), (AnswerFault::Early(HOUR), 3600)] {
        let answer = ask(how).await.unwrap();
        let at: i64 = answer.headers.get("wechatpay-timestamp").unwrap().to_str().unwrap().parse().unwrap();
        assert!(answer.signed_by.is_some() && (at - setup.clock.now().0 / 1000 - stamp).abs() < 5);
    }
    for (how, status, is_signed) in [
        (AnswerFault::Status(503), 503, false),
        (AnswerFault::Html, 200, false),
        (AnswerFault::Error("SYSTEM_ERROR"), 500, true),
        (AnswerFault::Error("FREQUENCY_LIMITED"), 429, true),
        (AnswerFault::Error("ORDERNOTEXIST"), 404, true),
        (AnswerFault::UnsignedError("ORDER_NOT_EXIST"), 404, false),
        (AnswerFault::Slow(Duration::from_millis(20)), 200, true),
    ] {
        let answer = ask(how).await.unwrap();
        assert_eq!((answer.status, answer.signed_by.is_some()), (status, is_signed), "{how:?}");
    }
    assert_eq!(ask(AnswerFault::Garbage).await.unwrap_err(), "no text");
    ask(AnswerFault::Breaks).await.unwrap_err();
    setup.wechat.plan_fault(PlannedFault::next(Op::Close, AnswerFault::Altered).without_effect());
    setup.wechat.plan_fault(PlannedFault::next(Op::Close, AnswerFault::Unsigned));
    let close = "/v3/pay/transactions/out-trade-no/P10001/close";
    let body = json!({"mchid": MCHID}).to_string();
    for is_closed in [false, true] {
        let answer = setup.shop.try_ask(Method::POST, close, &body, setup.clock.now()).await.unwrap();
        assert!(answer.signed_by.is_none());
        assert_eq!(setup.state("P10001").await == "CLOSED", is_closed);
    }
}
