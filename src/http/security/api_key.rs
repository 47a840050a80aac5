//! The text of an API key: `tpk_`, 12 hexadecimal digits by which it is found, `_`, and 64 that are secret.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use super::seal::Seals;
use crate::http::problem::{Code, Problem};

/// The start of every key, by which a token is known to be one.
pub const MARK: &str = "tpk_";
const NAME_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;
const PREFIX_LENGTH: usize = MARK.len() + 2 * NAME_BYTES;
const KEY_LENGTH: usize = PREFIX_LENGTH + 1 + 2 * SECRET_BYTES;

/// A new key.
pub struct NewKey {
    /// The whole key.
    pub key: String,
    /// Its beginning, which is no secret.
    pub prefix: String,
    /// Its SHA-256, as 64 hexadecimal digits. The key has 256 random bits, so that a hash of a password is not needed.
    pub hash: String,
}

/// Generates a random key.
///
/// # Errors
/// 500 if the operating system provides no random bytes.
pub fn generate() -> Result<NewKey, Problem> {
    let (mut name, mut secret) = ([0; NAME_BYTES], [0; SECRET_BYTES]);
    fill(&mut name)?;
    fill(&mut secret)?;
    Ok(of(&name, &secret))
}

/// A random seed of a key, for [`from_seed`].
///
/// # Errors
/// 500 if the operating system provides no random bytes.
pub fn seed() -> Result<String, Problem> {
    let mut seed = [0; SECRET_BYTES];
    fill(&mut seed)?;
    Ok(hex::encode(seed))
}

/// The key of a seed: always the same at this installation, and known to no other. A page that creates a key keeps the seed
/// between its preview and its execution, so that the second click of a double click shows the key too.
#[must_use]
pub fn from_seed(seals: &Seals, seed: &str) -> NewKey {
    let name = seals.derive("name of an API key", seed);
    of(name.get(..NAME_BYTES).unwrap_or(&name), &seals.derive("API key", seed))
}

fn fill(bytes: &mut [u8]) -> Result<(), Problem> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| {
        tracing::error!("no API key was made: the system provides no random bytes");
        Problem::new(Code::Internal)
    })
}

fn of(name: &[u8], secret: &[u8]) -> NewKey {
    let prefix = format!("{MARK}{}", hex::encode(name));
    let key = format!("{prefix}_{}", hex::encode(secret));
    let hash = hash(&key);
    NewKey { key, prefix, hash }
}

/// The beginning of a key, by which it is found; `None` if the token has not the form of a key.
#[must_use]
pub fn prefix_of(token: &str) -> Option<&str> {
    let prefix = token.get(..PREFIX_LENGTH).filter(|prefix| prefix.starts_with(MARK))?;
    (token.len() == KEY_LENGTH && token.bytes().all(|b| b.is_ascii_graphic())).then_some(prefix)
}

/// Whether `hash` is that of the key. The time does not depend on where they differ.
#[must_use]
pub fn matches(key: &str, hash: &str) -> bool {
    verify_slices_are_equal(self::hash(key).as_bytes(), hash.as_bytes()).is_ok()
}

fn hash(key: &str) -> String {
    hex::encode(digest(&SHA256, key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_found_by_its_beginning_and_matches_only_its_hash() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert_eq!((one.key.len(), prefix_of(&one.key)), (KEY_LENGTH, Some(one.prefix.as_str())));
        assert!(matches(&one.key, &one.hash) && !matches(&two.key, &one.hash) && !matches(&one.key, ""));
        assert!(one.prefix != two.prefix && !one.hash.contains(&one.key[PREFIX_LENGTH + 1..]));
    }

    #[test]
    fn the_key_of_a_seed_is_always_the_same_and_differs_between_seeds_and_installations() {
        let seals = Seals::new(b"0123456789abcdef0123456789abcdef");
        let (one, other) = (seed().unwrap(), seed().unwrap());
        let key = from_seed(&seals, &one);
        assert_eq!((key.key.len(), prefix_of(&key.key)), (KEY_LENGTH, Some(key.prefix.as_str())));
        assert_eq!(key.key, from_seed(&seals, &one).key);
        assert!(key.prefix != from_seed(&seals, &other).prefix && !key.key.contains(&one));
        assert_ne!(key.key, from_seed(&Seals::new(b"another secret of 32 random bytes"), &one).key);
    }

    #[test]
    fn other_tokens_have_no_beginning() {
        let key = generate().unwrap().key;
        let spaced = format!("{} {}", &key[..40], &key[41..]);
        for other in ["", "tpk_", "eyJhbGciOiJub25lIn0.e30.", &key[1..], &key[..80], &format!("{key}0"), &spaced, "ä"]
        {
            assert_eq!(prefix_of(other), None, "{other}");
        }
    }
}
