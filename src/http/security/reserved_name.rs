//! User names that look like the shop's own: customers cannot register them.

use crate::domain::text::UserName;
use crate::http::problem::{FieldError, field_code};

const RESERVED: [&str; 27] = [
    "abuse",
    "admin",
    "administrator",
    "billing",
    "everyone",
    "finance",
    "help",
    "helpdesk",
    "hostmaster",
    "info",
    "moderator",
    "noreply",
    "operator",
    "owner",
    "payments",
    "postmaster",
    "root",
    "security",
    "service",
    "shop",
    "staff",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "tradepost",
    "webmaster",
];

/// Checks the name of a new customer. Dots, dashes and underscores make no difference.
///
/// # Errors
/// An error in `user_name` if the name is reserved.
pub fn check(user_name: &UserName) -> Result<(), FieldError> {
    let plain: String = user_name.key().chars().filter(char::is_ascii_alphanumeric).collect();
    if RESERVED.contains(&plain.as_str()) {
        return Err(FieldError::new("user_name", field_code::RESERVED_NAME, "is reserved; choose another"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_the_shops_own_is_reserved() {
        let check = |name: &str| check(&name.to_owned().try_into().unwrap()).is_err();
        assert!(["admin", "ADMIN", "Support", "s.u.p.p.o.r.t", "root", "-system-"].into_iter().all(check));
        assert!(!["ann", "admins-friend", "supporter", "shop-lover", "_"].into_iter().any(check));
    }
}
