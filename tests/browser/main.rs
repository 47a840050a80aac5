//! The pages in a real browser: headless Chromium against the real application.
//!
//! Each test starts a Chromium of its own and steers it through its debugging pipe. A test fails if the console of the
//! browser has a message, if a page asks another host for anything, or if axe-core finds a serious fault.
//!
//! `cargo test --test browser` needs Chromium and axe-core, which `.ci/axe` downloads. With `TRADEPOST_RECORD=1` the
//! tests also write the pictures of the documentation to `docs/images`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets something unexpected must fail"
)]

mod chromium;

#[expect(dead_code, unused_imports, reason = "the suite uses all of it")]
#[path = "../platform/mod.rs"]
mod platform;
#[expect(dead_code, reason = "the suite and the crash tests use all of it")]
#[path = "../server/mod.rs"]
mod server;
#[expect(dead_code, unused_imports, reason = "the suite uses all of it")]
#[path = "../suite/support/mod.rs"]
mod support;

mod console;
mod harness;
mod operate;
mod payment;
mod shop;
mod steps;
mod weight;
