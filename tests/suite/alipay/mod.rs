//! The application with a stand-in for Alipay, from the order to the last refund. `standin` tests the stand-in.

mod answer;
mod fault;
mod forgery;
mod key;
mod life;
pub mod platform;
mod refund;
pub mod standin;
