//! What a handler takes from a request, each with its problem when it is missing or wrong.

pub mod auth;
pub mod body;
pub mod field;
pub mod key;
pub mod page;
pub mod path;
pub mod query;
