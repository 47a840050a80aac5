//! A start without a payment platform at which money is outstanding.

use actix_web::rt::System;
use serde_json::json;

use super::http::Http;
use super::process::{Data, Server, log};
use super::run::exclusive;

const DEMO_PASSWORD: &str = "the demo user's password";
const GOODS: &str = "345959443973935104";

#[test]
fn a_start_names_the_money_at_a_platform_that_is_not_in_the_settings_any_more() {
    let _lock = exclusive();
    let home = tempfile::tempdir().unwrap();
    let data = Data::embedded(home.path().join("data"));
    let demo = [("TRADEPOST__DEMO__SEED", "true"), ("TRADEPOST__DEMO__PASSWORD", DEMO_PASSWORD)];
    let server = Server::start(&data, &demo);
    System::new().block_on(async {
        let http = Http::new(&server.url);
        let account = json!({"user_name": "zs", "user_password": DEMO_PASSWORD});
        let session = http.post("/v1/sessions", "", "", &account).await.expect(201);
        let token = session["access_token"].as_str().unwrap();
        let goods = json!([{"goods_id": GOODS, "goods_number": 1}]);
        let order = json!({"goods": goods, "address": "1 Main Street", "consignee": "zs"});
        let order = http.post("/v1/orders", token, "order", &order).await.expect(201);
        let payment = json!({"order_id": order["order_id"], "provider": "sandbox"});
        http.post("/v1/payments", token, "pay", &payment).await.expect(201);
    });
    server.stop();
    let before = log(&data).len();
    let removed = [demo[0], demo[1], ("TRADEPOST__GATEWAY__SANDBOX__ENABLED", "false")];
    Server::start(&data, &removed).stop();
    let log = log(&data);
    let warning = log[before..].iter().find(|line| line.contains("money is outstanding"));
    let warning = warning.unwrap_or_else(|| panic!("no warning: {log:?}"));
    for part in ["WARN", "payment platform sandbox", "gateway.sandbox.enabled", "payments=1", "amount=1000.00"] {
        assert!(warning.contains(part), "{part} is missing: {warning}");
    }
}
