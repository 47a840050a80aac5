//! Orders: price, reservations, confirmation, cancellation, shipping and refund, and the saga behind them.

mod arrival;
mod cancellation;
mod contention;
mod golden;
mod idempotency_key;
mod price;
mod recovery;
mod refund;
mod rule;
mod saga;
