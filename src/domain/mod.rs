//! Domain values and rules: pure code without I/O, actors or SQL. All other modules build on them.

pub mod api_key;
pub mod cap;
pub mod clock;
pub mod count;
pub mod event;
pub mod horizon;
pub mod id;
pub mod idempotency;
pub mod lifecycle;
pub mod line_number;
pub mod message;
pub mod money;
pub mod network;
pub mod occurrence;
pub mod one_time_code;
pub mod order;
pub mod origin;
mod parsed;
pub mod points;
pub mod pricing;
pub mod provider;
pub mod quantity;
pub mod readable;
pub mod refund;
pub mod refusal;
pub mod reservation;
pub mod returned;
pub mod sealing;
pub mod span;
pub mod status;
pub mod text;
pub mod webhook;

/// The error for external input that does not have the required form. The message describes a valid value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);
