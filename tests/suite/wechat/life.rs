//! Payments through WeChat Pay from the order to the end, by a scanned code and on a page inside WeChat: notified,
//! queried, or cancelled.

use awc::http::Method;
use serde_json::{Value, json};

use crate::platform::{AnswerFault, Op, PlannedFault, Sending, Stage, Wechat};
use crate::support::{Balances, Case, DELAYED_QUERIES, MINUTE, PAY_WITHIN};
use crate::wechat::platform::{INSIDE, PAYER, SCAN, Shop};

#[actix_web::test]
async fn a_payment_of_a_scanned_code_pays_the_order_once() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    let checkout = shop.payment(&pay_id).await["checkout"].clone();
    assert_eq!(checkout["kind"], "qr_code");
    assert_eq!(shop.platform.scan(checkout["url"].as_str().unwrap()), Ok(pay_id.clone()));
    let page = shop.app.get(&shop.app.pay_path(&pay_id), "").await.expect(200).text;
    assert!(page.contains("<svg") && page.contains("WeChat Pay") && page.contains("880.00"), "{page}");
    assert!(!page.contains("data-params"), "a scanned code needs no dialog: {page}");
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::unpaid());
    let trade = shop.platform.trade(&pay_id);
    assert_eq!((trade.stage, trade.total), (Stage::Waiting, 88_000));
    let lifetime = trade.closes_at.since(trade.created_at);
    assert!(
        lifetime > PAY_WITHIN - MINUTE && lifetime < PAY_WITHIN + MINUTE * 2,
        "it ends about when its order does: {lifetime:?}"
    );
    shop.pay_and_settle(&pay_id).await;
    let delivery = shop.platform.deliveries(&pay_id).remove(0);
    assert_eq!(delivery.post.url, "https://shop.example.com/v1/payments/callbacks/wechat");
    assert_eq!((delivery.status, &*delivery.reply, shop.platform.next_due()), (204, "", None));
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    let page = shop.app.get(&shop.app.pay_path(&pay_id), "").await.expect(200).text;
    assert!(page.contains("Paid.") && !page.contains("<svg"), "{page}");
    shop.app.assert_paid_once(&shop.zs, &order_id).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_payment_inside_wechat_uses_the_parameters_that_the_shop_signed() {
    let shop = Shop::with(Wechat::start().await, &DELAYED_QUERIES).await;
    let Case { order_id, pay_id } = shop.paying(INSIDE).await;
    let checkout = shop.payment(&pay_id).await["checkout"].clone();
    assert_eq!(checkout["kind"], "jsapi");
    assert_eq!(shop.platform.start_jsapi_payment(&checkout["params"]), Ok(pay_id.clone()));
    let mut forged = checkout["params"].clone();
    forged["nonceStr"] = json!("another");
    assert_eq!(shop.platform.start_jsapi_payment(&forged), Err("the signature is not one of this"));
    let page = shop.app.get(&shop.app.pay_path(&pay_id), "").await.expect(200);
    assert!(page.text.contains("<script src=\"/assets/pay-"), "{}", page.text);
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    // The parameters on the page are the ones that WeChat accepts.
    let params = page.text.split("data-params=\"").nth(1).unwrap().split('"').next().unwrap().replace("&quot;", "\"");
    let params: Value = serde_json::from_str(&params).unwrap();
    assert_eq!(shop.platform.start_jsapi_payment(&params), Ok(pay_id.clone()));
    assert!(shop.app.get("/pay/page.js", "").await.expect(200).text.contains("getBrandWCPayRequest"));
    let request = &shop.platform.trade(&pay_id).parameters;
    assert_eq!((&request["payer"]["openid"], &request["trade_type"]), (&json!(PAYER), &json!("JSAPI")));
    shop.pay_and_settle(&pay_id).await;
    let delivery = shop.platform.deliveries(&pay_id).remove(0);
    assert_eq!(delivery.post.url, "https://shop.example.com/v1/payments/callbacks/wechat_jsapi");
    assert_eq!((delivery.status, &*delivery.reply), (204, ""));
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.app.assert_paid_once(&shop.zs, &order_id).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_payment_inside_wechat_needs_a_valid_payer() {
    let shop = Shop::with(Wechat::start().await, &DELAYED_QUERIES).await;
    let order_id = shop.golden_order().await;
    let before = shop.app.rows();
    for payer in [None, Some(""), Some("no blank"), Some("a\"b"), Some(&*"x".repeat(129))] {
        let mut body = json!({"order_id": order_id, "provider": INSIDE});
        if let Some(payer) = payer {
            body["payer"] = json!(payer);
        }
        let key = [("idempotency-key", "pay")];
        let answer = shop.app.send(Method::POST, "/v1/payments", &shop.zs, &key, Some(&body)).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["field"], "payer", "{payer:?}");
    }
    assert_eq!(
        (shop.app.rows(), shop.platform.calls().len()),
        (before, 0),
        "the platform was not called and nothing was written"
    );
    // The key is still unused, and is then bound to the first valid request.
    let pay_id = shop.start(INSIDE, "pay", &order_id).await.expect(201).text_of("pay_id");
    let body = json!({"order_id": order_id, "provider": INSIDE, "payer": "another"});
    let key = [("idempotency-key", "pay")];
    let answer = shop.app.send(Method::POST, "/v1/payments", &shop.zs, &key, Some(&body)).await;
    answer.expect_problem(422, "idempotency_key_reused");
    assert_eq!(shop.platform.trades(&pay_id).len(), 1);
    shop.finish().await;
}

#[actix_web::test]
async fn a_repeated_start_returns_the_same_payment() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    for key in ["pay", "another-key"] {
        let again = shop.start(SCAN, key, &order_id).await.expect_started();
        assert_eq!(again.text_of("pay_id"), pay_id);
        assert_eq!(again.body["checkout"]["url"], json!(shop.platform.trade(&pay_id).code));
    }
    shop.pay_and_settle(&pay_id).await;
    shop.start(SCAN, "too-late", &order_id).await.expect_problem(409, "order_not_payable");
    assert_eq!(shop.start(SCAN, "pay", &order_id).await.expect(201).body["status"], "paid");
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.finish().await;
}

#[actix_web::test]
async fn a_customer_can_pay_after_a_declined_attempt() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.decline(&pay_id);
    shop.advance(MINUTE).await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::unpaid());
    shop.pay_and_settle(&pay_id).await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.finish().await;
}

#[actix_web::test]
async fn an_unpaid_order_is_closed_at_the_platform_before_it_is_cancelled() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.advance(PAY_WITHIN - MINUTE).await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::unpaid());
    let earlier_calls = shop.platform.calls().len();
    shop.advance(MINUTE).await;
    let calls: Vec<_> = shop.platform.calls().drain(earlier_calls..).filter_map(|call| call.op).collect();
    assert_eq!(calls.first(), Some(&Op::Close), "{calls:?}");
    assert_eq!(shop.platform.trade(&pay_id).stage, Stage::Closed);
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::cancelled());
    assert_eq!(shop.platform.try_pay(&pay_id).await, Err("it is closed"));
    assert_eq!(shop.pending_counts().await, [0, 0, 0]);
    shop.finish().await;
}

#[actix_web::test]
async fn an_order_that_expires_while_the_customer_pays_is_paid() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.advance(PAY_WITHIN - MINUTE).await;
    shop.platform.notices_of(&pay_id, Sending::lost());
    shop.platform.pay(&pay_id).await;
    // No notice arrives and no query is due, so only the close call finds the payment.
    shop.app.tamper("pay", "UPDATE pay_ask SET ask_time = ask_time + 86400000");
    shop.advance(MINUTE).await;
    let close = shop.platform.calls().into_iter().find(|call| call.op == Some(Op::Close)).unwrap();
    assert_eq!(close.verdict, "ORDER_PAID");
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.finish().await;
}

#[actix_web::test]
async fn all_calls_go_to_the_second_host_if_the_first_is_unreachable() {
    let mut wechat = Wechat::start().await;
    wechat.lose_first_host();
    let shop = Shop::with(wechat, &DELAYED_QUERIES).await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.notices_of(&pay_id, Sending::lost());
    shop.platform.pay(&pay_id).await;
    shop.advance(MINUTE).await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202);
    shop.settle().await;
    shop.advance(MINUTE).await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    let Case { order_id, pay_id } = shop.another(SCAN, "second").await;
    shop.cancel(&order_id).await.expect(200);
    assert_eq!(shop.platform.trade(&pay_id).stage, Stage::Closed);
    shop.finish().await;
}

#[actix_web::test]
async fn a_call_whose_connection_breaks_is_not_repeated_at_the_second_host() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    shop.platform.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Breaks));
    shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
    shop.app.settle().await;
    let refunds = shop.platform.calls().iter().filter(|call| call.op == Some(Op::Refund)).count();
    assert_eq!(refunds, 1, "the outcome is unknown, so the second host must not be asked to make the refund");
    shop.advance(MINUTE).await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    shop.finish().await;
}
