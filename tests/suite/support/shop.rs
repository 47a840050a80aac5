//! Requests of customers and of the administrator.

use awc::http::Method;
use serde_json::{Value, json};

use super::app::{ADMIN_PASSWORD, DEMO_PASSWORD};
use super::{Answer, COUPON, GOODS, TestApp};

/// The body of an order request. Start from [`OrderBody::of`] or [`OrderBody::golden`] and change fields.
#[derive(Debug, Clone)]
pub struct OrderBody(pub Value);

impl OrderBody {
    /// `goods_number` units of these goods, without a coupon or balance.
    pub fn of(goods_id: &str, goods_number: i64) -> Self {
        let goods = json!([{"goods_id": goods_id, "goods_number": goods_number}]);
        Self(json!({"goods": goods, "address": "1 Main Street", "consignee": "zs"}))
    }

    /// The golden order.
    pub fn golden() -> Self {
        Self::of(GOODS, 1).with("coupon_id", json!(COUPON)).with("money_paid", json!("100.00"))
    }

    /// Sets a field.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.0[field] = value;
        self
    }
}

/// Formats minor units as the API does.
pub fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

impl TestApp {
    /// Signs a user in; returns a token.
    pub async fn sign_in(&self, user_name: &str, user_password: &str) -> String {
        let body = json!({"user_name": user_name, "user_password": user_password});
        self.post("/v1/sessions", "", body).await.expect(201).text_of("access_token")
    }

    /// A token of the administrator.
    pub async fn admin(&self) -> String {
        self.sign_in("admin", ADMIN_PASSWORD).await
    }

    /// A token of the demo user.
    pub async fn zs(&self) -> String {
        self.sign_in("zs", DEMO_PASSWORD).await
    }

    /// Registers a customer with this balance; returns the user's id and a token.
    pub async fn customer(&self, user_name: &str, balance: &str) -> (String, String) {
        let body = json!({"user_name": user_name, "user_password": "a good password"});
        let user_id = self.post("/v1/users", "", body).await.expect(201).text_of("user_id");
        if balance != "0.00" {
            let admin = self.admin().await;
            let body = json!({"delta": balance, "reason": "for the test"});
            self.post(&format!("/admin/users/{user_id}/balance"), &admin, body).await.expect(200);
        }
        (user_id, self.sign_in(user_name, "a good password").await)
    }

    /// Creates goods; returns their id.
    pub async fn goods(&self, goods_number: i64, goods_price: &str) -> String {
        let body = json!({"goods_name": "test goods", "goods_number": goods_number, "goods_price": goods_price});
        self.post("/admin/goods", &self.admin().await, body).await.expect(201).text_of("goods_id")
    }

    /// Creates a coupon for a user; returns its id.
    pub async fn coupon(&self, user_id: &str, coupon_price: &str) -> String {
        let body = json!({"user_id": user_id, "coupon_price": coupon_price});
        self.post("/admin/coupons", &self.admin().await, body).await.expect(201).text_of("coupon_id")
    }

    /// Places an order.
    pub async fn order(&self, token: &str, key: &str, order_body: &OrderBody) -> Answer {
        self.send(Method::POST, "/v1/orders", token, &[("idempotency-key", key)], Some(&order_body.0)).await
    }

    /// Starts a payment on the sandbox.
    pub async fn pay(&self, token: &str, key: &str, order_id: &str) -> Answer {
        self.pay_through("sandbox", token, key, order_id).await
    }

    /// Starts a payment on this platform.
    pub async fn pay_through(&self, provider: &str, token: &str, key: &str, order_id: &str) -> Answer {
        self.start_payment(token, key, &json!({"order_id": order_id, "provider": provider})).await
    }

    /// Starts a payment with this body.
    pub async fn start_payment(&self, token: &str, key: &str, body: &Value) -> Answer {
        self.send(Method::POST, "/v1/payments", token, &[("idempotency-key", key)], Some(body)).await
    }

    /// Pays at the sandbox platform, which then sends callbacks as `how` says, and settles.
    pub async fn pay_at_platform(&self, pay_id: &str, how: Value) -> Answer {
        let answer = self.post(&format!("/sandbox/trades/{pay_id}/pay"), "", how).await;
        self.settle().await;
        answer
    }

    /// Units in stock.
    pub async fn stock(&self, goods_id: &str) -> i64 {
        self.get(&format!("/v1/goods/{goods_id}"), "").await.expect(200).body["goods_number"].as_i64().unwrap()
    }

    /// The entry of one actor on the status page.
    pub async fn actor(&self, name: &str) -> Value {
        let status = self.get("/admin/status", &self.admin().await).await.expect(200).body;
        let actors = status["actors"].as_array().unwrap();
        actors.iter().find(|actor| actor["name"] == name).unwrap_or_else(|| panic!("no actor {name}")).clone()
    }
}
