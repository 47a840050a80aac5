//! Keys in the formats in which operators paste them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::gateway::alipay::keyring::Keyring;
use tradepost::gateway::crypto::key::{PrivateKey, PublicKey};
use tradepost_fuzz::{key, seed};

fn seeds() -> Vec<String> {
    let forms =
        ["pkcs8_der_b64", "pkcs1_der_b64", "spki_der_b64", "pkcs1_pub_der_b64"].map(|form| key("ali_app", form));
    let pem = |text: &str| format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
    let (one, two) = (forms[2], key("ali_platform", "spki_der_b64"));
    let several = [format!("{one}\n{two}\n"), format!("{}{}", pem(one), pem(two))];
    forms.map(str::to_owned).into_iter().chain(forms.map(pem)).chain(several).collect()
}

fuzz_target!(init: seed(seeds()), |input: &[u8]| {
    let _ = PublicKey::from_der(input);
    let text = String::from_utf8_lossy(input);
    let (private, public) = (PrivateKey::parse(&text), PublicKey::parse(&text));
    assert!(private.is_err() || public.is_err(), "the text is both a private and a public key");
    if let Ok(public) = public {
        assert!(!public.verifies(input, &text));
    }
    let _ = Keyring::parse(&text).map(|keyring| keyring.all().count());
});
