//! The platform's tables: each batch reads the trades it touches once, decides in memory, writes once per table.

pub mod refund;
pub mod trade;
