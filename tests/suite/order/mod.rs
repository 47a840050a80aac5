//! Orders: price, reservations, confirmation, cancellation, shipping and refund, and the saga behind them.

mod arrival;
mod cancellation;
mod cap;
mod contention;
mod customer_message;
mod golden;
mod idempotency_key;
mod moment;
mod off_sale;
mod price;
mod quote;
mod recovery;
mod refund;
mod returned_goods;
mod rule;
mod saga;
mod tracking;
