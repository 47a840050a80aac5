//! The platform's tables. Each batch reads the trades it touches once, decides in memory, and writes once per table.

pub mod refund;
pub mod trade;
