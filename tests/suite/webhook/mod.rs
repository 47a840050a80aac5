//! Webhooks: other systems get every event, signed, at least once; and endpoints that are down delay no other.

mod address;
mod endpoint;
mod retry;
mod signature;
