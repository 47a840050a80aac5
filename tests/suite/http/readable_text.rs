//! Texts that people read: none looks like another one.

use serde_json::json;

use crate::support::{GOODS, OrderBody, TestApp};

/// Review L3.
#[actix_web::test]
async fn a_text_that_deceives_its_readers_is_refused_and_the_scripts_of_the_world_are_not() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let before = app.rows();
    for hidden in
        ["\u{202E}", "\u{202A}", "\u{2066}", "\u{200B}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{2060}", "\u{E0041}"]
    {
        let text = format!("Anna{hidden}Smith");
        for field in ["consignee", "address"] {
            let order = OrderBody::of(GOODS, 1).with(field, json!(text));
            let answer = app.order(&zs, "deceiving", &order).await.expect_problem(422, "invalid_request");
            assert_eq!(answer.body["errors"][0]["field"], field, "{hidden:?}");
            assert!(answer.text.contains("invisible"), "{}", answer.text);
        }
        let goods = json!({"goods_name": text, "goods_number": 1, "goods_price": "1.00"});
        app.post("/admin/goods", &admin, goods).await.expect_problem(422, "invalid_request");
        let stock = json!({"delta": 1, "reason": text});
        app.post(&format!("/admin/goods/{GOODS}/stock"), &admin, stock).await.expect_problem(422, "invalid_request");
    }
    let joined = OrderBody::of(GOODS, 1).with("consignee", json!("Ad\u{200D}min"));
    app.order(&zs, "joined", &joined).await.expect_problem(422, "invalid_request");
    assert_eq!(app.rows(), before);
    for (key, name) in
        [("persian", "می\u{200C}خواهم"), ("hebrew", "\u{200F}שלום"), ("emoji", "👩\u{200D}👧"), ("chinese", "王小明")]
    {
        let order = app.order(&zs, key, &OrderBody::of(GOODS, 1).with("consignee", json!(name))).await.expect(201);
        assert_eq!(order.body["consignee"], name);
    }
    app.finish().await;
}
