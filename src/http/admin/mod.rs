//! Handlers for administrators.

pub mod audit;
pub mod auditor;
pub mod balance;
pub mod coupon;
pub mod goods;
pub mod list;
pub mod message;
pub mod order_action;
pub mod payment;
pub mod status;
pub mod stock;
pub mod timeline;
