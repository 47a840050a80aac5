//! Builds the text that Alipay and the shop sign: `name=value` pairs, sorted by name and joined by `&`.
//!
//! Nothing is escaped, so the text is ambiguous if a value contains `&` and `=`. Therefore fields are only read from
//! the form itself, never from this text, and the settings refuse both characters in the subject.

use form_urlencoded::Serializer;

use crate::domain::Invalid;
use crate::gateway::crypto::key::PrivateKey;

/// The field with the content of a request.
pub const CONTENT: &str = "biz_content";

/// The text to sign, without percent-encoding. Empty fields and those named in `excluded` are left out.
pub fn canonical<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>, excluded: &[&str]) -> String {
    let is_signed = |(name, value): &(&str, &str)| !value.is_empty() && !excluded.contains(name);
    let mut fields: Vec<_> = fields.into_iter().filter(is_signed).collect();
    fields.sort_unstable();
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// A signed request.
pub struct Signed {
    /// The query string: the signature and all fields but the content. Alipay parses it first to learn how to parse the
    /// body.
    pub query: String,
    /// The content, as a URL-encoded form.
    pub form: String,
}

impl Signed {
    /// Signs `fields`, leaving out empty ones. Blocks the thread for about a millisecond.
    ///
    /// # Errors
    /// If the memory allocation fails.
    pub fn new(fields: &[(&'static str, String)], key: &PrivateKey) -> Result<Self, Invalid> {
        let fields =
            || fields.iter().map(|(name, value)| (*name, value.as_str())).filter(|(_, value)| !value.is_empty());
        let sign = key.sign(canonical(fields(), &[]).as_bytes())?;
        let (content, rest): (Vec<_>, Vec<_>) = fields().partition(|(name, _)| *name == CONTENT);
        Ok(Self { query: form_encoded(rest.into_iter().chain([("sign", sign.as_str())])), form: form_encoded(content) })
    }

    /// The URL that a browser opens to send this request. `gateway_url` is Alipay's base URL.
    #[must_use]
    pub fn page_url(&self, gateway_url: &str) -> String {
        format!("{gateway_url}?{}&{}", self.query, self.form)
    }
}

fn form_encoded<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sorted_by_bytes_and_not_encoded_or_trimmed() {
        let fields = [("b", " 1 "), ("B", "2"), ("a_b", "x&y=z"), ("a", "%2B+"), ("empty", ""), ("sign", "s")];
        assert_eq!(canonical(fields, &["sign"]), "B=2&a=%2B+&a_b=x&y=z&b= 1 ");
        assert_eq!(canonical([], &[]), "");
    }
}
