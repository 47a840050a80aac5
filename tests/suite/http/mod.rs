//! The HTTP interface: access to routes, answers to bad requests, lists, the payment page, the OpenAPI document, and
//! admission control under overload.

pub mod access;
mod account;
mod api_key;
mod bad_input;
mod by_hand;
mod conditional;
mod cors;
mod csv;
mod encryption;
mod filter;
mod held;
mod import;
mod limit;
mod list;
mod openapi;
mod overload;
mod ownership;
mod pay_page;
mod pipelining;
mod readable_text;
mod refusal;
mod registration;
mod route;
mod second_factor;
mod spelling;
mod stock;
mod trace_id;
mod transport;
mod unreadable;
