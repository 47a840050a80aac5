//! The application beside a stand-in for Alipay, from the order to the last refund. `standin` tests that stand-in.

mod answer;
mod desk;
mod fault;
mod forgery;
mod key;
mod life;
mod refund;
pub mod standin;
