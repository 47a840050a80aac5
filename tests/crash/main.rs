//! The real binary, killed and stopped under load: nothing that it acknowledged is lost, and nothing happens twice.
//!
//! On PostgreSQL and MySQL also: the database server is killed, connections break, or one of two nodes is killed.
//!
//! `TRADEPOST_CRASH_DISK_STORES` is the number of stores whose files fail in the test of disk errors (1).
//! `TRADEPOST_CRASH_DOWN_SECONDS` is the length of the database outage in seconds (3). `TRADEPOST_CRASH_CYCLES` and
//! `TRADEPOST_CRASH_SEED` set the length and the randomness of the other tests, for example for a long campaign:
//! `TRADEPOST_CRASH_CYCLES=1000 cargo test --release --test crash random -- --nocapture`.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails with a panic")]

mod backup;
mod check;
mod clock;
mod cut;
mod disk;
mod first_start;
mod folder;
mod hindered;
mod history;
mod http;
mod lease;
mod load;
mod nodes;
mod outage;
mod output;
mod password;
mod point;
mod process;
mod random;
mod removed;
mod replaced;
mod run;
#[expect(dead_code, reason = "only the suite uses all of it")]
#[path = "../server/mod.rs"]
mod server;
mod setting;
mod stop;
