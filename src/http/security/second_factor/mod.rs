//! Second factors of administrators: a code of an app besides the password.

pub mod change;
pub mod check;
pub mod factors;
mod recovery;
mod totp;
