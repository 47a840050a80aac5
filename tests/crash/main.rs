//! The real binary, killed and stopped under load: what it acknowledged is never lost, and nothing happens twice.
//!
//! So it is where its database is killed, connections break, or a node of two is: on PostgreSQL and MySQL.
//!
//! `TRADEPOST_CRASH_DOWN_SECONDS` is how long the database is away (3), and `TRADEPOST_CRASH_CYCLES` and `TRADEPOST_CRASH_SEED` make a long campaign of the rest:
//! `TRADEPOST_CRASH_CYCLES=1000 cargo test --release --test crash random -- --nocapture`.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets something unexpected is to fail"
)]

mod check;
mod cut;
mod first_start;
mod history;
mod http;
mod load;
mod nodes;
mod outage;
mod point;
mod process;
mod random;
mod run;
#[expect(dead_code, reason = "the suite uses the rest of it")]
#[path = "../server/mod.rs"]
mod server;
mod setting;
mod stop;
