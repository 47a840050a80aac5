//! Keys, signatures and certificates that several platforms use.

pub mod certificate;
pub mod key;
