//! The stand-in for WeChat Pay is as strict as WeChat Pay: its requests, trades and notices, without the application.

mod notice;
pub mod request;
mod trade;
