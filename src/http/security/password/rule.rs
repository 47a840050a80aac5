//! The passwords that are not accepted: common ones, the name of the program, and the user's own name.

use crate::domain::text::{Password, UserName};
use crate::http::problem::{FieldError, field_code};

/// The common passwords of at least 8 characters, in lower case and in order. The list is the one that Django has
/// (`common-passwords.txt.gz`; `LICENSE-common`), which is from a public list of leaked passwords by frequency.
const COMMON: &str = include_str!("common.txt");
/// A password needs as many different characters.
const DIFFERENT_MIN: usize = 4;
/// A password needs as many characters beside the user's name.
const BESIDE_NAME_MIN: usize = 4;
/// A shorter name occurs in good passwords by chance.
const NAME_LENGTH_MIN: usize = 3;
/// The name of the program, which is the first guess at any installation of it.
const PROGRAM: &str = "tradepost";

/// Checks a new password.
///
/// # Errors
/// An error in `field` if the password is common or little more than the name.
pub fn check(field: &str, user_name: &UserName, password: &Password) -> Result<(), FieldError> {
    let password = password.expose().to_lowercase();
    if is_common(&password) || is_name(&password, PROGRAM) {
        return Err(FieldError::new(field, field_code::COMMON_PASSWORD, "is one of the most common; choose another"));
    }
    if is_name(&password, &user_name.key()) {
        let detail = "is little more than the user name; choose another";
        return Err(FieldError::new(field, field_code::PASSWORD_IS_NAME, detail));
    }
    Ok(())
}

fn is_common(password: &str) -> bool {
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    different.len() < DIFFERENT_MIN || COMMON.lines().any(|common| common == password)
}

/// Whether a password is a part of the name, or the name and little more.
fn is_name(password: &str, name: &str) -> bool {
    let has_little_more = || password.contains(name) && password.replace(name, "").chars().count() < BESIDE_NAME_MIN;
    name.contains(password) || (name.len() >= NAME_LENGTH_MIN && has_little_more())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &str, password: &str) -> Option<&'static str> {
        let (name, password) = (name.to_owned().try_into().unwrap(), password.to_owned().try_into().unwrap());
        check("user_password", &name, &password).err().map(|error| error.code)
    }

    #[test]
    fn common_passwords_and_the_own_name_are_refused() {
        for common in [
            "password",
            "PASSWORD",
            "12345678",
            "Iloveyou",
            "qwertyuiop",
            "\0\0\0\0\0\0\0\0",
            "abababab",
            "tradepost",
            "Tradepost1",
        ] {
            assert_eq!(outcome("ann", common), Some("common_password"), "{common:?}");
        }
        for own in ["Margaret_9", "MARGARET_99", "margaretmargaret"] {
            assert_eq!(outcome("Margaret", own), Some("password_is_name"), "{own}");
        }
        assert_eq!(outcome("Margaret_of_York", "margaret_of"), Some("password_is_name"), "a part of the name");
        for good in ["a good password", "margaret likes tea", "xkcd-936-horse", "zs zs zs and more"] {
            assert_eq!(outcome("margaret", good), None, "{good}");
            assert_eq!(outcome("zs", good), None, "{good}");
        }
    }

    #[test]
    fn the_list_is_in_order_and_each_is_long_enough_to_be_entered() {
        assert!(COMMON.lines().is_sorted() && COMMON.lines().count() > 8_000);
        assert!(COMMON.lines().all(|common| common.len() >= 8 && common == common.to_lowercase()));
    }
}
