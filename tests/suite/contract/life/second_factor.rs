//! The second factor of an administrator.

use super::Cast;
use crate::contract::script::{Caller, Script};
use crate::support::second_factor::code;

const PATH: &str = "/v1/users/me/second-factor";

/// Adds a second factor to a new administrator, signs in with it, and removes it.
pub async fn play(script: &mut Script, cast: &Cast) {
    script.chapter("a second factor");
    let new = r#"{"user_name":"dora","user_password":"a good password"}"#;
    let user_id = script.post(&cast.anonymous, "/v1/users", new).await.expect(201).text_of("user_id");
    let user = format!("/admin/users/{user_id}");
    let role = r#"{"user_role":"admin","reason":"joins the team"}"#;
    script.post(&cast.admin, &format!("{user}/role"), role).await.expect(200);
    let dora = script.sign_in("dora", "a good password").await;
    script.get(&cast.anonymous, PATH).await.expect(401);
    script.get(&dora, PATH).await.expect(200);
    script.post(&dora, PATH, r#"{"user_password":"not the password"}"#).await.expect(422);
    let offer = script.post(&dora, PATH, r#"{"user_password":"a good password"}"#).await.expect(201);
    let confirm = format!("{PATH}/confirm");
    script.post(&dora, &confirm, r#"{"one_time_code":"abcd"}"#).await.expect(422);
    let right = format!("{{\"one_time_code\":\"{}\"}}", code(&script.app, &offer.text_of("secret")));
    let confirmed = script.post(&dora, &confirm, &right).await.expect(200);
    let dora = Caller::new("dora", &confirmed.text_of("access_token"));
    script.post(&dora, PATH, r#"{"user_password":"a good password"}"#).await.expect(409);
    script.post(&cast.anonymous, "/v1/sessions", new).await.expect(401);
    let with = |code: &str| format!("{}{code}\"}}", new.replace('}', ",\"one_time_code\":\""));
    script.post(&cast.anonymous, "/v1/sessions", &with("000000")).await.expect(401);
    let recovery = |at: usize| confirmed.body["recovery_codes"][at].as_str().unwrap().to_owned();
    script.post(&cast.anonymous, "/v1/sessions", &with(&recovery(0))).await.expect(201);
    let remove = format!("{PATH}/remove");
    let removal = |code: &str| format!("{{\"user_password\":\"a good password\",\"one_time_code\":\"{code}\"}}");
    script.post(&dora, &remove, &removal(&recovery(0))).await.expect(422);
    script.post(&dora, &remove, &removal(&recovery(1))).await.expect(200);
    let of_colleague = format!("{user}/remove-second-factor");
    script.post(&cast.admin, &of_colleague, r#"{"reason":"lost the telephone"}"#).await.expect(200);
    script.post(&cast.admin, &of_colleague, "{}").await.expect(422);
}
