//! What the benches share: the data a run begins with, the load generator in a process of its own, and one run of the
//! real binary under it.

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
