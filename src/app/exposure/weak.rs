//! Secrets that can be guessed.

use crate::config::Settings;

/// A random secret of 32 characters has more different ones, also in hexadecimal digits.
const DIFFERENT_MIN: usize = 8;

/// Whether a secret has few different characters, or repeats a part of it. An empty one is not set.
#[must_use]
pub fn is_weak(secret: &str) -> bool {
    let bytes = secret.as_bytes();
    let mut different = bytes.to_vec();
    different.sort_unstable();
    different.dedup();
    let repeats = |length: usize| bytes.iter().zip(bytes.iter().skip(length)).all(|(one, other)| one == other);
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
        let random = "8f0c6d1be2a94735c0d1f6e27b3a95488f0c6d1be2a94735c0d1f6e27b3a9549";
        for strong in ["", random, "correct horse battery staple 4711"] {
            assert!(!is_weak(strong), "{strong}");
        }
    }
}
