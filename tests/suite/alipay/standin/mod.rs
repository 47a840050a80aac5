//! The stand-in for Alipay is as strict as Alipay: its requests, trades, notices and planned faults, without the
//! application.

mod fault;
mod notice;
pub mod request;
mod trade;
