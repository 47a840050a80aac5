//! Vectors of Stripe's signature scheme. The sandbox uses the scheme with another header name.

use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;
use tradepost::sandbox::Key;

use super::{File, Verdict, same, text};

pub fn check(file: &File, vector: &Value) -> Verdict {
    let input = &vector["input"];
    match text(&vector["kind"]) {
        "stripe_webhook" => {
            let secret = match &input["secret"] {
                Value::String(secret) => secret,
                reference => text(&file.key(text(&reference["key"]))["value_utf8"]),
            };
            let now = Timestamp(input["now"].as_i64().unwrap() * 1000);
            let within = input["tolerance"].as_i64().unwrap();
            let verifies =
                |key: Key| key.verifies_within(text(&input["header"]), text(&input["payload"]).as_bytes(), now, within);
            same("ok", &json!(Key::new(secret).is_ok_and(verifies)), &vector["expect"]["ok"])
        }
        "hmac_sha256_hex" => {
            let key = Key::new(text(&input["secret"])).unwrap();
            same("hex", &json!(key.hex(text(&input["message"]).as_bytes())), &vector["expect"]["hex"])
        }
        other => Err(format!("unknown kind: {other}")),
    }
}
