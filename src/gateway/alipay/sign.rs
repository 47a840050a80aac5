//! What is signed between Alipay and us: `name=value`, in the order of the names, with `&` between them.
//!
//! The text can be read in more than one product where a value has `&` and `=` in it. So only fields are used that were
//! read from the form itself, and nothing a customer reads has them.

use form_urlencoded::Serializer;

use crate::domain::Invalid;
use crate::gateway::crypto::key::PrivateKey;

/// Where what is asked stands among a request's fields.
pub const CONTENT: &str = "biz_content";

/// The text that is signed: nothing is encoded in it, fields that are empty or named in `without` are not in it.
pub fn canonical<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>, without: &[&str]) -> String {
    let signed = |(name, value): &(&str, &str)| !value.is_empty() && !without.contains(name);
    let mut fields: Vec<_> = fields.into_iter().filter(signed).collect();
    fields.sort_unstable();
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// A request as it is sent.
pub struct Signed {
    /// All but what is asked, with the signature: Alipay reads it first, to know how to read the rest.
    pub query: String,
    /// What is asked, as a form.
    pub form: String,
}

impl Signed {
    /// Signs fields; those that are empty are not sent. It takes about a millisecond.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn new(fields: &[(&'static str, String)], key: &PrivateKey) -> Result<Self, Invalid> {
        let fields =
            || fields.iter().map(|(name, value)| (*name, value.as_str())).filter(|(_, value)| !value.is_empty());
        let sign = key.sign(canonical(fields(), &[]).as_bytes())?;
        let (content, rest): (Vec<_>, Vec<_>) = fields().partition(|(name, _)| *name == CONTENT);
        Ok(Self { query: encoded(rest.into_iter().chain([("sign", sign.as_str())])), form: encoded(content) })
    }

    /// The address a browser is sent to, where a browser asks.
    #[must_use]
    pub fn address(&self, url: &str) -> String {
        format!("{url}?{}&{}", self.query, self.form)
    }
}

fn encoded<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_of_bytes_and_nothing_is_encoded_or_trimmed() {
        let fields = [("b", " 1 "), ("B", "2"), ("a_b", "x&y=z"), ("a", "%2B+"), ("empty", ""), ("sign", "s")];
        assert_eq!(canonical(fields, &["sign"]), "B=2&a=%2B+&a_b=x&y=z&b= 1 ");
        assert_eq!(canonical([], &[]), "");
    }
}
