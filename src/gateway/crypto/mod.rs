//! RSA keys, signatures and certificates, shared by the platforms.

pub mod certificate;
pub mod key;
