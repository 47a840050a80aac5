//! Handlers for customers and for payment platforms.

pub mod callback;
pub mod goods;
pub mod list;
pub mod order;
pub mod order_action;
pub mod password;
pub mod payment;
pub mod quote;
pub mod refusal;
pub mod second_factor;
pub mod session;
pub mod timeline;
pub mod user;
