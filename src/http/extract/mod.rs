//! Extractors: each reads one part of a request, and fails with a problem if that part is missing or invalid.

pub mod auth;
pub mod bearer;
pub mod body;
pub mod client;
pub mod condition;
pub mod field;
pub mod key;
pub mod listing;
pub mod multipart;
pub mod page;
pub mod path;
pub mod query;
pub mod reader;
pub mod server;
