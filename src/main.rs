//! Tradepost, the binary.

fn main() {}
