//! One-time codes that change with the time (RFC 6238), as authenticator apps compute them: HMAC-SHA-1, 6 digits, steps of 30
//! seconds. SHA-1 is what all apps know; as part of HMAC it is not broken.
//!
//! The function is short and the HMAC is that of the rest of this program, so no library is used for it: one would bring
//! second implementations of SHA-1 and HMAC into the binary.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

use crate::domain::clock::Timestamp;

/// Bytes of a secret: as many as the hash has, as RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;

const STEP_S: i64 = 30;
const CODES: u32 = 1_000_000;

/// The step whose code is `code`: the present one, the one before or the one after, because clocks differ and people need
/// time to type. `None` if it is the code of another step or secret.
#[must_use]
pub fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let present = now.unix_seconds().div_euclid(STEP_S);
    let is_of = |step: &i64| verify_slices_are_equal(code_of(secret, *step).as_bytes(), code.as_bytes()).is_ok();
    [present, present.saturating_sub(1), present.saturating_add(1)].into_iter().find(is_of)
}

/// The code of a step: HOTP of RFC 4226 with the step as the counter.
fn code_of(secret: &[u8], step: i64) -> String {
    let tag = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), &step.to_be_bytes());
    // The last four bits say where the 31 bits of the code begin.
    let offset = tag.as_ref().last().map_or(0, |last| usize::from(last & 0xf));
    let word = tag.as_ref().iter().skip(offset).take(4).fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
    format!("{:06}", (word & 0x7fff_ffff) % CODES)
}

/// The address from which apps take a secret, usually by a QR code: the format of Google Authenticator, which all know.
/// `issuer` and `user_name` are what the app shows.
#[must_use]
pub fn uri(secret: &[u8], issuer: &str, user_name: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (issuer, user_name, secret) = (encoded(issuer), encoded(user_name), base32(secret));
    format!("otpauth://totp/{issuer}:{user_name}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
}

/// Base32 of RFC 4648, without padding: `bytes` has a multiple of five.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter =
        |bits: u64| usize::try_from(bits & 31).ok().and_then(|at| LETTERS.get(at)).map_or('A', |b| char::from(*b));
    let of_group = |group: &[u8]| {
        let bits = group.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        (0..8).rev().map(move |at| letter(bits >> (5 * at))).collect::<String>()
    };
    bytes.chunks_exact(5).map(of_group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226_appendix_d() {
        let codes =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        let computed: Vec<String> = (0..10).map(|step| code_of(SECRET, step)).collect();
        assert_eq!(computed, codes);
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238_appendix_b() {
        // The appendix has eight digits; the last six are the code of six.
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(step_of(SECRET, &code[2..], at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn the_clock_of_the_app_may_be_one_step_off() {
        let now = at(1_111_111_111);
        let present = 1_111_111_111 / 30;
        for (step, is_accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = step_of(SECRET, &code_of(SECRET, present + step), now);
            assert_eq!(found, is_accepted.then_some(present + step), "{step}");
        }
        for wrong in ["", "000000", "14050471"] {
            assert_eq!(step_of(SECRET, wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [(&b""[..], ""), (b"fooba", "MZXW6YTB"), (SECRET, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")] {
            assert_eq!(base32(bytes), text);
        }
    }

    #[test]
    fn an_app_finds_issuer_name_and_secret_in_the_address() {
        assert_eq!(
            uri(SECRET, "shop.example.com:8443", "anne@example.com"),
            "otpauth://totp/shop.example.com%3A8443:anne%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&\
             issuer=shop.example.com%3A8443&algorithm=SHA1&digits=6&period=30"
        );
    }
}
