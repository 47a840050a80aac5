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
