//! The life of an order: price, reservations, confirmation, cancellation, delivery and refund, and the saga behind it.

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
