//! Pure values and rules: no I/O, no actor, no SQL. Everything else is built from these.

pub mod clock;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod lifecycle;
pub mod money;
pub mod order;
pub mod points;
pub mod pricing;
pub mod provider;
pub mod quantity;
pub mod refusal;
pub mod reservation;
pub mod span;
pub mod status;
pub mod text;

/// A value from outside that is not what it must be. The message says what a good value looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);
