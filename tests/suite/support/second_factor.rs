//! The app on the telephone of an administrator: computes the codes of RFC 6238 by itself.

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;

use super::TestApp;

const PATH: &str = "/v1/users/me/second-factor";

/// A second factor in effect.
pub struct Factor {
    /// The secret in base32.
    pub secret: String,
    /// The recovery codes, as shown.
    pub recovery_codes: Vec<String>,
    /// The token that its confirmation has issued.
    pub token: String,
}

impl Factor {
    /// Adds a second factor to the account of an administrator.
    pub async fn add(app: &TestApp, token: &str, password: &str) -> Self {
        let offer = app.post(PATH, token, json!({"user_password": password})).await.expect(201);
        let secret = offer.text_of("secret");
        let body = json!({"one_time_code": code(app, &secret)});
        let confirmed = app.post(&format!("{PATH}/confirm"), token, body).await.expect(200);
        let codes = confirmed.body["recovery_codes"].as_array().unwrap();
        let recovery_codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        Self { secret, recovery_codes, token: confirmed.text_of("access_token") }
    }

    /// The code that the app shows now.
    pub fn code(&self, app: &TestApp) -> String {
        code(app, &self.secret)
    }

    /// The body of a sign-in with this code.
    pub fn sign_in(name: &str, password: &str, code: &str) -> Value {
        json!({"user_name": name, "user_password": password, "one_time_code": code})
    }
}

/// The code of a secret in base32 at the time of the application.
pub fn code(app: &TestApp, secret: &str) -> String {
    code_at(secret, app.clock.now())
}

/// The code of a secret in base32 at this time.
pub fn code_at(secret: &str, now: Timestamp) -> String {
    let step = now.unix_seconds() / 30;
    let tag = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &decoded(secret)), &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let word = u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

fn decoded(base32: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in base32.bytes() {
        let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        (bits, count) = ((bits << 5) | u32::from(value), count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 255).unwrap());
        }
    }
    bytes
}
