//! Refusals have data that a program can use: fields, codes, amounts, states.

use std::time::Duration;

use crate::support::{Answer, COUPON, GOODS, OrderBody, TestApp, USER};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tradepost::http::problem::Code;

/// The errors of a problem without the texts for people.
fn data(answer: &Answer) -> Vec<Value> {
    let mut errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    for error in &mut errors {
        assert!(error.as_object_mut().unwrap().remove("detail").is_some_and(|detail| detail.is_string()), "{answer:?}");
    }
    errors
}

#[actix_web::test]
async fn a_refused_order_says_which_line_is_wrong_and_what_would_be_right() {
    let mut app = TestApp::start().await;
    let zs = app.zs().await;
    let (cheap, short) = (app.goods(10, "5.00").await, app.goods(3, "20.00").await);
    let body = OrderBody::of(&cheap, 1)
        .with(
            "goods",
            json!([
                {"goods_id": cheap, "goods_number": 2, "goods_price": "4.99"},
                {"goods_id": short, "goods_number": 4},
            ]),
        )
        .with("shipping_fee", json!("0.00"))
        .with("order_amount", json!("89.98"))
        .with("money_paid", json!("5000.00"));
    let expected = [
        json!({"field": "goods[0].goods_price", "code": "goods_price_mismatch", "index": 0, "goods_id": cheap,
               "goods_price": "5.00"}),
        json!({"field": "shipping_fee", "code": "shipping_fee_mismatch", "shipping_fee": "10.00"}),
        json!({"field": "order_amount", "code": "order_amount_mismatch", "order_amount": "100.00"}),
        json!({"field": "money_paid", "code": "money_paid_too_high", "money_paid_max": "100.00"}),
        json!({"field": "goods[1].goods_number", "code": "insufficient_stock", "index": 1, "goods_id": short,
               "available": 3}),
        json!({"field": "money_paid", "code": "insufficient_balance", "user_money": "1000.00"}),
    ];
    let refused = app.order(&zs, "wrong", &body).await.expect_problem(422, "goods_price_mismatch");
    assert_eq!(data(&refused), expected);
    // The stock has changed since, but the stored refusal has not.
    app.order(&zs, "right", &OrderBody::of(&short, 3)).await.expect(201);
    app.restart().await;
    let again = app.order(&zs, "wrong", &body).await.expect_problem(422, "goods_price_mismatch");
    assert_eq!((data(&again), &again.body["order_id"]), (expected.to_vec(), &refused.body["order_id"]));
    let order = app.get(&format!("/v1/orders/{}", refused.text_of("order_id")), &zs).await.expect(200).body;
    assert_eq!(order["refusal"], "goods_price_mismatch");
    assert_eq!(order["refusal_data"][4], json!({"code": "insufficient_stock", "goods_id": short, "available": 3}));
    app.finish().await;
}

#[actix_web::test]
async fn unknown_goods_and_coupons_are_named_in_one_answer() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods = json!([{"goods_id": GOODS, "goods_number": 1}, {"goods_id": "1", "goods_number": 1},
                       {"goods_id": "2", "goods_number": 1}]);
    let body = OrderBody::of(GOODS, 1).with("goods", goods).with("coupon_id", json!("3"));
    let refused = app.order(&zs, "unknown", &body).await.expect_problem(422, "goods_not_found");
    let expected = [
        json!({"field": "goods[1].goods_id", "code": "goods_not_found", "index": 1, "goods_id": "1"}),
        json!({"field": "goods[2].goods_id", "code": "goods_not_found", "index": 2, "goods_id": "2"}),
        json!({"field": "coupon_id", "code": "coupon_not_found", "coupon_id": "3"}),
    ];
    assert_eq!(data(&refused), expected);
    app.order(&zs, "with-coupon", &OrderBody::golden()).await.expect(201);
    let used = OrderBody::of(GOODS, 1).with("coupon_id", json!(COUPON));
    let refused = app.order(&zs, "used", &used).await.expect_problem(409, "coupon_already_used");
    assert_eq!(data(&refused), [json!({"field": "coupon_id", "code": "coupon_already_used", "coupon_id": COUPON})]);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_that_loses_the_race_for_the_last_unit_says_how_many_are_left() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(2, "5.00").await;
    let body = OrderBody::of(&goods_id, 2);
    let keys: Vec<String> = (0..16).map(|number| format!("order-{number}")).collect();
    let answers = join_all(keys.iter().map(|key| app.order(&zs, key, &body))).await;
    let expected = [json!({"field": "goods[0].goods_number", "code": "insufficient_stock", "index": 0,
                           "goods_id": goods_id, "available": 0})];
    let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 201).collect();
    assert_eq!(refused.len(), 15);
    for answer in refused {
        assert_eq!((&answer.body["code"], data(answer)), (&json!("insufficient_stock"), expected.to_vec()));
    }
    for (key, answer) in keys.iter().zip(&answers) {
        let again = app.order(&zs, key, &body).await;
        assert_eq!((again.status, data(&again)), (answer.status, data(answer)));
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_refused_action_says_which_state_the_order_is_in() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let state = |answer: &Answer| {
        ["order_status", "pay_status", "shipping_status"]
            .map(|name| answer.body[name].as_str().unwrap_or("").to_owned())
    };
    let path = format!("/v1/orders/{order_id}");
    let unpaid = ["confirmed", "unpaid", "unshipped"];
    let refused =
        app.post(&format!("{path}/receive"), &zs, json!({})).await.expect_problem(409, "order_not_receivable");
    assert_eq!(state(&refused), unpaid);
    let refused = app.refund(&zs, "refund", &order_id).await.expect_problem(409, "order_not_refundable");
    assert_eq!(state(&refused), unpaid);
    let ship = format!("/admin/orders/{order_id}/ship");
    assert_eq!(state(&app.post(&ship, &admin, json!({})).await.expect_problem(409, "order_not_shippable")), unpaid);
    app.post(&format!("{path}/cancel"), &zs, json!({})).await.expect(200);
    let cancelled = ["cancelled", "unpaid", "unshipped"];
    let cancel = app.post(&format!("{path}/cancel"), &zs, json!({})).await.expect_problem(409, "order_not_cancellable");
    assert_eq!(state(&cancel), cancelled);
    for _ in 0..2 {
        let refused = app.pay(&zs, "payment", &order_id).await.expect_problem(409, "order_not_payable");
        assert_eq!(state(&refused), cancelled, "also if the key is repeated");
    }
    app.finish().await;
}

#[actix_web::test]
async fn all_wrong_fields_of_a_body_are_named_in_one_answer() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let codes = |answer: &Answer| {
        data(answer)
            .iter()
            .map(|error| format!("{} {}", error["field"], error["code"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    let body = OrderBody(json!({
        "goods": [{"goods_id": GOODS, "goods_number": 0}, {"goods_id": 5}],
        "money_paid": "1.005", "consignee": "", "colour": "red",
    }));
    let refused = app.order(&zs, "wrong", &body).await.expect_problem(422, "invalid_request");
    let expected = [
        "goods[0].goods_number invalid_value",
        "goods[1].goods_id wrong_type",
        "goods[1].goods_number required",
        "money_paid invalid_value",
        "consignee invalid_value",
        "colour unknown_field",
        "address required",
    ];
    let mut found = codes(&refused);
    found.sort_unstable();
    let mut sorted = expected.to_vec();
    sorted.sort_unstable();
    assert_eq!(found, sorted);
    let repeated = json!([{"goods_id": "7", "goods_number": 1}, {"goods_id": "7", "goods_number": 1},
                          {"goods_id": "7", "goods_number": 1}]);
    let refused = app.order(&zs, "twice", &OrderBody::of(GOODS, 1).with("goods", repeated)).await;
    assert_eq!(codes(&refused), ["goods[1].goods_id invalid_value", "goods[2].goods_id invalid_value"]);
    let refused = app.get("/v1/orders?limit=0&colour=red&cursor=x", &zs).await.expect_problem(422, "invalid_request");
    assert_eq!(codes(&refused), ["limit invalid_value", "colour unknown_field", "cursor invalid_value"]);
    app.finish().await;
}

#[actix_web::test]
async fn an_unknown_word_is_answered_with_the_words_that_are_known() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let refused = app.get("/admin/orders?order_status=paid", &admin).await.expect_problem(422, "invalid_request");
    let words = json!(["unconfirmed", "confirmed", "cancelled", "invalid", "refunded"]);
    assert_eq!(data(&refused), [json!({"field": "order_status", "code": "unknown_word", "allowed": words})]);
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let refused = app.pay_through("paypal", &zs, "payment", &order_id).await.expect_problem(422, "invalid_request");
    let expected = json!({"field": "provider", "code": "unknown_word", "allowed": ["sandbox", "sandbox2"]});
    assert_eq!(data(&refused)[0]["code"], expected["code"]);
    assert!(refused.body["errors"][0]["allowed"].as_array().unwrap().contains(&json!("sandbox")), "{refused:?}");
    app.finish().await;
}

#[actix_web::test]
async fn amounts_out_of_range_are_answered_with_what_is_there() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let goods_id = app.goods(10, "5.00").await;
    let stock = json!({"delta": -11, "reason": "lost"});
    let refused = app.post(&format!("/admin/goods/{goods_id}/stock"), &admin, stock).await.expect(422);
    assert_eq!(data(&refused), [json!({"field": "delta", "code": "out_of_range", "available": 10})]);
    let balance = json!({"delta": "-1000.01", "reason": "wrong"});
    let refused = app.post(&format!("/admin/users/{USER}/balance"), &admin, balance).await.expect(422);
    assert_eq!(data(&refused), [json!({"field": "delta", "code": "out_of_range", "user_money": "1000.00"})]);
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let pay_id = app.pay(&zs, "payment", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let refused = app.admin_refund(&admin, &order_id, Some("1000.01")).await.expect(422);
    assert_eq!(data(&refused), [json!({"field": "amount", "code": "too_high", "max": "1000.00"})]);
    app.finish().await;
}

#[actix_web::test]
async fn a_token_that_has_expired_is_not_a_token_that_is_missing() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let refused = async |token: &str| {
        let answer = app.get("/v1/users/me", token).await.expect_problem(401, "unauthenticated");
        (data(&answer)[0]["code"].as_str().unwrap().to_owned(), answer.header("www-authenticate").to_owned())
    };
    assert_eq!(refused("").await, ("token_missing".to_owned(), "Bearer".to_owned()));
    assert_eq!(refused("nonsense").await, ("token_invalid".to_owned(), "Bearer".to_owned()));
    app.clock.advance(Duration::from_secs(13 * 3600));
    let (code, challenge) = refused(&zs).await;
    assert_eq!(code, "token_expired");
    assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
    app.finish().await;
}

#[actix_web::test]
async fn the_type_of_a_problem_is_a_page() {
    let app = TestApp::start().await;
    let problem = app.get("/nothing", "").await.expect_problem(404, "not_found");
    assert_eq!(problem.text_of("type"), "/problems/not_found");
    for code in Code::ALL {
        let page = app.get(&format!("/problems/{}", code.name()), "").await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
        assert!(page.text.contains(code.title()) && page.text.contains(code.name()), "{}", page.text);
    }
    app.get("/problems/of_another_shop", "").await.expect(404);
    app.finish().await;
}
