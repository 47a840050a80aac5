//! Text that a client carries for the server: it can be read by the client, and neither changed nor used elsewhere.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Separates the key from those that other parts derive from the same secret.
const PURPOSE: &[u8] = b"tradepost/seal/1";

/// Seals texts with a key of this installation. All nodes with the same secret open them.
pub struct Seals {
    key: Key,
}

impl Seals {
    /// Derives the key from `secret`, at least 32 random bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let derived = sign(&Key::new(HMAC_SHA256, secret), PURPOSE);
        Self { key: Key::new(HMAC_SHA256, derived.as_ref()) }
    }

    /// Seals `text` for use in `context` only.
    #[must_use]
    pub fn seal(&self, context: &str, text: &str) -> String {
        let mark = sign(&self.key, &signed(context, text));
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(mark.as_ref()))
    }

    /// 32 bytes that only this installation derives from `seed`, always the same. `purpose` separates uses of one seed.
    #[must_use]
    pub fn derive(&self, purpose: &str, seed: &str) -> Vec<u8> {
        sign(&self.key, &signed(&format!("derive/{purpose}"), seed)).as_ref().to_vec()
    }

    /// The text in `sealed`; `None` if it was changed, or sealed for another context or by another installation.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &str) -> Option<String> {
        let (text, mark) = sealed.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mark = URL_SAFE_NO_PAD.decode(mark).ok()?;
        verify(&self.key, &signed(context, &text), &mark).is_ok().then_some(text)
    }
}

/// Context and text in one unambiguous form.
fn signed(context: &str, text: &str) -> Vec<u8> {
    format!("{}:{context}{text}", context.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_is_opened_only_in_its_context_and_unchanged() {
        let seals = Seals::new(b"0123456789abcdef0123456789abcdef");
        let sealed = seals.seal("session a", "ship order 7");
        assert_eq!(seals.open("session a", &sealed).as_deref(), Some("ship order 7"));
        assert_eq!(seals.open("session b", &sealed), None);
        assert_eq!(seals.open("session as", &seals.seal("session a", "ship")), None, "no letter moves over");
        let other = seals.seal("session a", "ship order 8");
        let (text, mark) = (other.split_once('.').unwrap().0, sealed.split_once('.').unwrap().1);
        for forged in [format!("{text}.{mark}"), text.to_owned(), String::new(), ".".to_owned(), format!("{sealed}A")] {
            assert_eq!(seals.open("session a", &forged), None, "{forged}");
        }
        assert_eq!(seals.derive("key", "seed"), seals.derive("key", "seed"));
        assert!(seals.derive("key", "seed") != seals.derive("name", "seed"));
        assert!(seals.derive("key", "seed") != seals.derive("key", "seeds"));
        let of_another_shop = Seals::new(b"another secret of 32 random bytes").seal("session a", "ship order 7");
        assert_eq!(seals.open("session a", &of_another_shop), None);
    }
}
