//! The stand-in for WeChat Pay, tested without the application: its requests, trades and notices. It is as strict as
//! WeChat Pay.

mod notice;
pub mod request;
mod trade;
