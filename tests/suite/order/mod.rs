//! Orders: price, reservations, confirmation, cancellation, shipping and refund, and the saga behind them.

mod arrival;
mod cancellation;
mod cap;
mod contention;
mod golden;
mod idempotency_key;
mod moment;
mod price;
mod quote;
mod recovery;
mod refund;
mod returned_goods;
mod rule;
mod saga;
