//! Passwords and access tokens.

pub mod admin_passwords;
pub mod api_key;
pub mod first_passwords;
pub mod metrics_access;
pub mod password;
pub mod seal;
pub mod sign_in;
pub mod token;
