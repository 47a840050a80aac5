//! Secrets that can be guessed.

use crate::config::Settings;

/// A random secret of 32 characters has more different ones, also in hexadecimal digits.
const DIFFERENT_MIN: usize = 8;

/// A part of up to this length that is repeated is one that people choose: a word, or a row of keys.
const WORD_MAX: usize = 16;
/// Characters in which a repeated word may differ from itself, such as digits at the end.
const DIFFERING_MAX: usize = 4;

/// Whether a secret has few different characters, or repeats a part of it, such as a word and little more. An empty one is
/// not set.
#[must_use]
pub fn is_weak(secret: &str) -> bool {
    let bytes = secret.as_bytes();
    let mut different = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    let differing =
        |length: usize| bytes.iter().zip(bytes.iter().skip(length)).filter(|(one, other)| one != other).count();
    let has_word = |length: usize| length <= WORD_MAX && differing(length) <= DIFFERING_MAX;
    let repeats = |length: usize| differing(length) == 0 || has_word(length);
    !bytes.is_empty() && (different.len() < DIFFERENT_MIN || (1..=bytes.len() / 2).any(repeats))
}

pub(super) fn is_session_secret_weak(settings: &Settings) -> bool {
    is_weak(settings.session.secret.expose())
}

pub(super) fn is_old_secret_weak(settings: &Settings) -> bool {
    is_weak(settings.session.old_secret.expose())
}

pub(super) fn is_metrics_token_weak(settings: &Settings) -> bool {
    is_weak(settings.metrics.token.expose())
}

pub(super) fn is_sandbox_secret_weak(settings: &Settings) -> bool {
    is_weak(settings.gateway.sandbox.secret.expose())
}

pub(super) fn is_wechat_key_weak(settings: &Settings) -> bool {
    use secrecy::ExposeSecret;

    is_weak(settings.gateway.wechat.api_v3_key.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::is_weak;

    #[test]
    fn a_secret_with_few_characters_or_a_repeated_part_is_weak() {
        for weak in ["a", &"a".repeat(64), &"0".repeat(64), &"abcdefg".repeat(5), &"0123456789abcdef".repeat(4)] {
            assert!(is_weak(weak), "{weak}");
        }
        for word in [
            "passwordpasswordpasswordpassword1",
            "tradepost-tradepost-tradepost-2026",
            "qwertyuiop12qwertyuiop34qwertyuiop56",
        ] {
            assert!(is_weak(word), "{word}");
        }
        let random = "8f0c6d1be2a94735c0d1f6e27b3a95488f0c6d1be2a94735c0d1f6e27b3a9549";
        for strong in ["", random, "correct horse battery staple 4711"] {
            assert!(!is_weak(strong), "{strong}");
        }
    }
}
