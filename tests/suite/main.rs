//! The specification: tests of the real application over HTTP, each with its own data folder.
//!
//! Each subject has a folder. `house::specification` lists what must never happen and names the tests that show it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets something unexpected must fail"
)]

#[path = "../platform/mod.rs"]
mod platform;
#[expect(dead_code, reason = "only the crash tests stop a server")]
#[path = "../server/mod.rs"]
mod server;
mod support;

mod actor;
mod alipay;
#[cfg(feature = "sqlite")]
mod command_line;
mod console;
mod contract;
mod database;
#[cfg(feature = "sqlite")]
mod deployment;
mod feed;
mod house;
mod http;
mod messaging;
mod metrics;
mod model;
mod order;
mod payment;
mod sandbox;
mod shop_window;
#[cfg(feature = "traces")]
mod trace;
mod vectors;
mod webhook;
mod wechat;
