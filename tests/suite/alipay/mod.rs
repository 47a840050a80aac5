//! The application beside a stand-in for Alipay, from the order to the last refund. `standin` tests that stand-in.

mod answer;
mod fault;
mod forgery;
mod key;
mod life;
pub mod platform;
mod refund;
pub mod standin;
