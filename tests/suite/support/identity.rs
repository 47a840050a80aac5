//! Tokens that no route may accept.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::domain::status::Role;
use tradepost::http::security::token::{Caller, Tokens};

use super::TestApp;

/// The setting of the applications whose tokens are signed here.
pub const SESSION_SECRET: (&str, &str) = ("SESSION__SECRET", "the secret of the sessions of this test");

/// A token that no secret has signed. Its header says that it needs none.
pub const UNSIGNED: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIzNDU5NjM2MzQzODU2MzMyODAiLCJleHAiOjk5OTk5OTk5OTl9.";

/// The lifetime of the tokens that are signed here.
const TTL: Duration = Duration::from_secs(3600);

/// The token with one character of its signature changed.
pub fn changed(token: &str) -> String {
    let position = token.len() - 10..token.len() - 9;
    let mut changed = token.to_owned();
    changed.replace_range(position.clone(), if &token[position] == "A" { "B" } else { "A" });
    changed
}

impl TestApp {
    /// A token of the administrator who has `token`, signed with `secret` at a time before now.
    pub fn signed_again(&self, token: &str, secret: &str, before: Duration) -> String {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let installation = claims["aud"].as_str().unwrap().strip_prefix("tradepost:").unwrap();
        let user_id = claims["sub"].as_str().unwrap().parse().unwrap();
        let epoch = Timestamp(claims["epoch"].as_i64().unwrap_or_default());
        let past = Clock::default();
        past.step(self.clock.now().0 - past.now().0 - i64::try_from(before.as_millis()).unwrap());
        let tokens = Tokens::new(secret.as_bytes(), past, TTL).of_installation(installation);
        tokens.issue(Caller { user_id, role: Role::Admin, epoch }).unwrap()
    }

    /// The administrator's token, expired, and one of another secret. The application needs [`SESSION_SECRET`].
    pub async fn forged(&self, admin: &str) -> [(&'static str, String); 2] {
        let ours = self.signed_again(admin, SESSION_SECRET.1, Duration::ZERO);
        self.get("/admin/status", &ours).await.expect(200);
        [
            ("an administrator's, expired", self.signed_again(admin, SESSION_SECRET.1, 2 * TTL)),
            (
                "an administrator's, of another secret",
                self.signed_again(admin, "another secret of the sessions, of 32", Duration::ZERO),
            ),
        ]
    }

    /// Tokens that no page may accept, each with what is wrong with it. The application needs [`SESSION_SECRET`].
    pub async fn refused_tokens(&self) -> Vec<(&'static str, String)> {
        let admin = self.admin().await;
        let (eve_id, eve) = self.customer("eve", "0.00").await;
        let change = async |what: &str, body: Value| {
            self.post(&format!("/admin/users/{eve_id}/{what}"), &admin, body).await.expect(200);
        };
        change("role", json!({"user_role": "admin", "reason": "for the test"})).await;
        let eve_as_admin = self.sign_in("eve", "a good password").await;
        self.get("/admin/status", &eve_as_admin).await.expect(200);
        change("disable", json!({"reason": "for the test"})).await;
        let left = self.admin().await;
        self.send(awc::http::Method::DELETE, "/v1/sessions/current", &left, &[], None).await.expect(204);
        let mut tokens = vec![
            ("garbage", "garbage".to_owned()),
            ("without a signature", UNSIGNED.to_owned()),
            ("one character changed", changed(&admin)),
            ("of the time before the role changed", eve),
            ("of a disabled administrator", eve_as_admin),
            ("of an administrator who has signed out", left),
        ];
        tokens.extend(self.forged(&admin).await);
        tokens
    }
}
