//! The HTTP interface: who may call which route, what a bad request is answered, lists, the payment page, and admission
//! under overload.

pub mod access;
mod bad_input;
mod list;
mod overload;
mod ownership;
mod pay_page;
mod route;
