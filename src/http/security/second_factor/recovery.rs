//! Recovery codes: each signs in once in place of a code of the app. They have 120 random bits, so a plain hash of one
//! cannot be reversed by guessing.

use aws_lc_rs::digest::{SHA256, digest};

use super::factors::random;
use super::totp::base32;
use crate::http::problem::Problem;
use crate::user::message::second_factor::CodeHash;

/// Number of recovery codes of a second factor.
const CODES: usize = 10;
/// Random bytes of a code: 24 letters and digits.
const BYTES: usize = 15;
/// Characters between two hyphens of a code that is shown.
const GROUP: usize = 4;

/// New codes.
///
/// # Errors
/// 500 if the system provides no random bytes.
pub fn codes() -> Result<Vec<String>, Problem> {
    (0..CODES).map(|_| Ok(base32(&random::<BYTES>()?).to_ascii_lowercase())).collect()
}

/// The hash of a code without hyphens.
#[must_use]
pub fn hash(code: &str) -> CodeHash {
    hex::encode(digest(&SHA256, code.as_bytes()))
}

/// The code in groups, as it is shown.
#[must_use]
pub fn shown(code: &str) -> String {
    let groups: Vec<&str> = (0..code.len()).step_by(GROUP).filter_map(|at| code.get(at..at + GROUP)).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::one_time_code::OneTimeCode;

    #[test]
    fn the_codes_differ_and_are_read_as_they_are_shown() {
        let codes = codes().unwrap();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
        for code in codes {
            let shown = shown(&code);
            assert_eq!(shown.len(), 29, "{shown}");
            assert_eq!(OneTimeCode::try_from(shown), Ok(OneTimeCode::Recovery(code)));
        }
    }
}
