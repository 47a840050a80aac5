//! The application with a stand-in for WeChat Pay, from the order to the last refund. `standin` tests the stand-in.

mod answer;
mod certificate;
mod fault;
mod forgery;
mod h5;
mod key;
mod life;
pub mod platform;
mod refund;
pub mod standin;
