//! API keys of the shop's own servers: their names and scopes, and the references by which they name customers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// The name of a shop's server: 1 to 32 ASCII letters, digits, `.`, `_` or `-`. Keys with the same name act for the same
/// customers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyName {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(Invalid("must be 1 to 32 letters, digits, '.', '_' or '-'"))
        }
    }
}

/// The shop's own id of a customer: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// The reference as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&[u8]> for Reference {
    type Error = Invalid;

    fn try_from(bytes: &[u8]) -> Result<Self, Invalid> {
        const INVALID: Invalid = Invalid("must be 1 to 128 visible ASCII characters");
        if !(1..=128).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
            return Err(INVALID);
        }
        std::str::from_utf8(bytes).map(|text| Self(text.to_owned())).map_err(|_| INVALID)
    }
}

/// A group of routes that a key may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All customer routes, on behalf of the customer whom the request names.
    Orders,
    /// Quotes without a customer.
    Catalog,
    /// The events of all orders, stocks and coupons.
    Events,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::Orders, Self::Catalog, Self::Events];

    /// The scope as in JSON and in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Catalog => "catalog",
            Self::Events => "events",
        }
    }
}

/// The scopes of a key: at least one, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Scope>")]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Whether a key with these scopes may call the routes of `scope`.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The scopes as they are stored: words separated by spaces.
    #[must_use]
    pub fn stored(&self) -> String {
        self.0.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ")
    }

    /// Restores stored scopes. Words that this version does not know allow nothing.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(Scope::ALL.into_iter().filter(|scope| text.split(' ').any(|word| word == scope.word())).collect())
    }
}

impl TryFrom<Vec<Scope>> for Scopes {
    type Error = Invalid;

    fn try_from(listed: Vec<Scope>) -> Result<Self, Invalid> {
        let scopes: BTreeSet<Scope> = listed.iter().copied().collect();
        if scopes.is_empty() {
            return Err(Invalid("must have at least one scope"));
        }
        if scopes.len() < listed.len() {
            return Err(Invalid("must have each scope once"));
        }
        Ok(Self(scopes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_scopes_are_restored_and_unknown_ones_allow_nothing() {
        let all = Scopes(Scope::ALL.into());
        let text = "orders catalog events";
        assert_eq!((all.stored().as_str(), Scopes::from_stored(text)), (text, all));
        let newer = Scopes::from_stored("everything catalog");
        assert!(newer.allow(Scope::Catalog) && !newer.allow(Scope::Orders));
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.word());
        }
        assert!(Scopes::try_from(Vec::new()).is_err());
        assert!(Scopes::try_from(vec![Scope::Orders, Scope::Orders]).is_err());
        assert!(Scopes::try_from(vec![Scope::Catalog, Scope::Orders]).is_ok());
    }

    #[test]
    fn a_reference_has_up_to_128_visible_characters() {
        let longest = "x".repeat(128);
        for good in ["1", "a:b/c@d", "~", &longest] {
            assert_eq!(Reference::try_from(good.as_bytes()).unwrap().as_str(), good);
        }
        let too_long = "x".repeat(129);
        for bad in ["", " ", "a b", "ä", "a\u{0}", &too_long] {
            assert!(Reference::try_from(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_has_up_to_32_letters_digits_and_marks() {
        for good in ["s", "shop-front_2.eu", &"x".repeat(32)] {
            assert_eq!(KeyName::try_from(good.to_owned()).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a:b", "ä", &"x".repeat(33)] {
            assert!(KeyName::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}
