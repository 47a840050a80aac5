//! Access tokens: any text, and any header and claims (one line each) that are signed with the server's secret.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::domain::id::UserId;
use tradepost::domain::status::Role;
use tradepost::http::security::token::{Caller, Tokens};
use tradepost_fuzz::{parts, seed};

const SECRET: &[u8] = b"a secret of the fuzz targets alone";
const CLAIMS: &str =
    r#"{"exp":4102444800,"nbf":0,"aud":"tradepost","iss":"tradepost","sub":"345963634385633280","role":"admin"}"#;

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| tokens(SECRET));

fn tokens(secret: &[u8]) -> Tokens {
    Tokens::new(secret, Clock::default(), Duration::from_secs(3600))
}

fn seeds() -> Vec<String> {
    let caller = Caller { user_id: UserId::new(1), role: Role::Customer, epoch: Timestamp(0) };
    let from_another_server = tokens(b"the secret of another server altogether").issue(caller).unwrap();
    let heads = [r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"alg":"none"}"#, r#"{"alg":"RS256","kid":"1"}"#];
    heads.map(|head| format!("{head}\n{CLAIMS}")).into_iter().chain([from_another_server]).collect()
}

fuzz_target!(init: seed(seeds()), |input: &[u8]| {
    // No input is signed with the server's secret.
    assert!(TOKENS.read(&String::from_utf8_lossy(input)).is_err(), "a forged token was accepted");
    let [head, claims] = parts(input);
    let text = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), text.as_bytes());
    if let Ok(grant) = TOKENS.read(&format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))) {
        let again = TOKENS.read(&TOKENS.issue(grant.caller).unwrap());
        assert_eq!(again.map(|again| again.caller), Ok(grant.caller));
    }
});
