//! The name of a payment product.

use std::fmt;
use std::sync::Arc;

/// The name under which the shop offers a payment product, such as `alipay_qr`. It is used in requests, in stored rows
/// and in callback URLs. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Provider(Arc<str>);

impl Provider {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest name.
pub const LENGTH_MAX: usize = 32;

/// Whether `text` can be such a name: 1 to 32 lower-case letters, digits and `_`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(is_allowed)
}

impl From<&str> for Provider {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
