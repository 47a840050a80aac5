//! Helpers of all tests.

use std::time::Duration;

use tradepost::db::Limits;

mod answer;
mod app;
pub mod browser;
mod dead_message;
pub mod document;
pub mod encryption;
pub mod feed;
pub mod identity;
pub mod ledger;
mod platform_shop;
mod poll;
mod probe;
mod production;
mod recording_server;
pub mod schema;
pub mod second_factor;
mod shop;
mod trade;
pub mod webhook;

pub use answer::Answer;
pub use app::{ADMIN_PASSWORD, DEMO_PASSWORD, TestApp, number};
pub use dead_message::ONE_ATTEMPT;
pub use platform_shop::{Balances, Case, DELAYED_QUERIES, MINUTE, NO_QUERIES, PAY_WITHIN, Platform, Reply, Shop};
pub use poll::eventually;
pub use production::Production;
pub use recording_server::{ReceivedRequest, RecordingServer};
pub use shop::{OrderBody, amount};
pub use trade::SLOW;

/// Limits of the tests' own connections.
pub const LIMITS: Limits = Limits {
    readers: 1,
    writers: 1,
    acquire_within: Duration::from_secs(5),
    lock_within: Duration::from_secs(5),
    idle_within: Duration::from_secs(60),
    statement_within: Duration::from_secs(10),
    cache_kib: 2048,
};

/// The goods of the golden case.
pub const GOODS: &str = "345959443973935104";
/// The user of the golden case.
pub const USER: &str = "345963634385633280";
/// The coupon of the golden case.
pub const COUPON: &str = "345988230098857984";
