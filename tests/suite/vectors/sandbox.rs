//! Vectors of Stripe's signature scheme. The sandbox uses the scheme with another header name.

use serde::Deserialize;
use serde_json::json;
use tradepost::domain::clock::Timestamp;
use tradepost::sandbox::Key;

use super::{File, Vector, Verdict, decided, reject_reason, same, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    header: String,
    payload: String,
    secret: Secret,
    now: i64,
    tolerance: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Secret {
    Text(String),
    Named { key: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    ok: bool,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    secret: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Digest {
    ok: bool,
    hex: String,
}

pub fn check(file: &File, vector: &Vector) -> Verdict {
    match vector.kind.as_str() {
        "stripe_webhook" => webhook(file, vector),
        "hmac_sha256_hex" => {
            let (input, expect): (Message, Digest) = vector.parts()?;
            let key = Key::new(&input.secret);
            same("ok", &json!(key.is_ok()), &json!(expect.ok))?;
            same("hex", &json!(key.ok().map(|key| key.hex(input.message.as_bytes()))), &json!(expect.hex))
        }
        other => Err(format!("unknown kind: {other}")),
    }
}

fn webhook(file: &File, vector: &Vector) -> Verdict {
    let (input, expect): (Webhook, Decision) = vector.parts()?;
    let secret = match &input.secret {
        Secret::Text(secret) => secret,
        Secret::Named { key } => text(&file.key(key)["value_utf8"]),
    };
    let now = Timestamp(input.now * 1000);
    let verified = match Key::new(secret) {
        Err(_) => Err("bad_secret"),
        Ok(key) => {
            key.verify_within(&input.header, input.payload.as_bytes(), now, input.tolerance).map_err(reject_reason)
        }
    };
    decided(verified, expect.ok, expect.reason.as_deref())
}
