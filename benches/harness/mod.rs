//! Shared by the benches: the prepared data, the load generator in a separate process, and one run of the real binary
//! under its load.

pub mod generator;
pub mod machine;
pub mod old_orders;
#[expect(dead_code, reason = "the crash tests use the rest of it")]
#[path = "../../tests/crash/process.rs"]
pub mod process;
pub mod run;
pub mod seed;
pub mod shop;
pub mod statistics;
pub mod stores;
pub mod template;
pub mod viewers;
