//! The stand-in for Alipay, tested without the application: its requests, trades, notices and planned faults. It is as
//! strict as Alipay.

mod fault;
mod notice;
pub mod request;
mod trade;
