//! The data every run begins with.

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::http::Http;
use super::process::{ADMIN_PASSWORD, Data, Server};

const AT_ONCE: usize = 8;

/// Who orders what.
pub struct Shop {
    pub admin: String,
    pub tokens: Vec<String>,
    pub goods: Vec<String>,
}

/// Makes users with balance, and goods with stock, over HTTP.
pub async fn shop(data: &Data, users: usize, goods: usize) -> Shop {
    let server = Server::start(data, &[]);
    let http = Http::new(&server.url);
    let admin = sign_in(&http, "admin", ADMIN_PASSWORD).await;
    let user = async |at: usize| {
        let (name, password) = (format!("user-{at}"), "a good password");
        let body = json!({"user_name": name, "user_password": password});
        let id = text(&http.post("/v1/users", "", "", &body).await.expect(201)["user_id"]);
        let body = json!({"delta": "1000000.00", "reason": "opening balance"});
        http.post(&format!("/admin/users/{id}/balance"), &admin, "", &body).await.expect(200);
        sign_in(&http, &name, password).await
    };
    let item = async |at: usize| {
        let body = json!({"goods_name": format!("goods {at}"), "goods_number": 1_000_000, "goods_price": "19.90"});
        text(&http.post("/admin/goods", &admin, "", &body).await.expect(201)["goods_id"])
    };
    let tokens = stream::iter(0..users).map(user).buffer_unordered(AT_ONCE).collect().await;
    let goods = stream::iter(0..goods).map(item).buffer_unordered(AT_ONCE).collect().await;
    server.stop();
    Shop { admin, tokens, goods }
}

async fn sign_in(http: &Http, user_name: &str, user_password: &str) -> String {
    let body = json!({"user_name": user_name, "user_password": user_password});
    text(&http.post("/v1/sessions", "", "", &body).await.expect(201)["access_token"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
