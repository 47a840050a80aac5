//! The spelling of paths. Routes are matched after percent-encoding is undone, so `/%61dmin` would be `/admin`, and a rule of
//! a proxy that hides `/admin` would not see it. Each path has one spelling here: what needs no encoding has none.

/// Whether `path`, as it was sent, encodes a character that needs no encoding: a letter, a digit, `-`, `.`, `_` or `~`.
pub fn is_second(path: &str) -> bool {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    path.split('%').skip(1).any(|rest| {
        let mut digits = rest.bytes().map(hex);
        let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else { return false };
        char::from_u32(high * 16 + low).is_some_and(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_no_encoding_may_not_be_encoded() {
        for second in ["/%61dmin", "/v1/%6Frders", "/v1/%6frders", "/admin/%73tatus", "/%2e%2e/admin", "/%7Ea", "/%30"]
        {
            assert!(is_second(second), "{second}");
        }
        for only in
            ["/", "/admin/status", "/a%20b", "/%E8%8C%B6", "/%2Fadmin", "/%25", "/%2561", "/%", "/%6", "/%zz", "/%6é"]
        {
            assert!(!is_second(only), "{only}");
        }
    }
}
