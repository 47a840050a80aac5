//! The HTTP interface. [`route`] lists every route.
//!
//! A request comes over a [`connection`] and passes the [`middleware`] (request id, the [`limit`] of its address, log line,
//! problems, headers), then the extractors of its handler ([`extract`]): the caller, path, query, idempotency key and body. The handlers are in
//! [`shop`], [`admin`], [`feed`] and [`pages`]. Each sends a message to an owner, to the coordinator or to payments, and turns
//! the reply into a response. Every failure is a [`problem::Problem`].

pub mod admin;
pub mod connection;
pub mod csv;
pub mod extract;
pub mod feed;
pub mod goods_tag;
pub mod health;
pub mod json;
pub mod limit;
pub mod log_throttle;
pub mod metrics;
pub mod middleware;
pub mod openapi;
pub mod order_action;
pub mod page_failure;
pub mod pages;
pub mod problem;
pub mod route;
pub mod security;
pub mod shop;
pub mod state;
pub mod timeline;

#[cfg(test)]
pub(crate) mod tests;
