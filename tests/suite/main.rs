//! The specification: the real application over HTTP, each test with its own data folder.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets something unexpected is to fail"
)]

#[path = "../platform/mod.rs"]
mod platform;
#[path = "../server/mod.rs"]
mod server;
mod support;

mod actor;
mod alipay;
mod database;
mod house;
mod http;
mod messaging;
mod model;
mod order;
mod payment;
mod sandbox;
mod vectors;
mod wechat;
