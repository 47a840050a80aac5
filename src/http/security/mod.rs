//! Passwords, second factors, access tokens, sessions and security events.

pub mod api_key;
pub mod event;
pub mod first_passwords;
pub mod metrics_access;
pub mod password;
pub mod reserved_name;
pub mod seal;
pub mod second_factor;
pub mod session;
pub mod sign_in;
pub mod token;
