//! The HTTP interface: access to routes, answers to bad requests, lists, the payment page, and admission control under
//! overload.

pub mod access;
mod bad_input;
mod list;
mod overload;
mod ownership;
mod pay_page;
mod route;
