//! Handlers for administrators.

pub mod account;
pub mod adjustment;
pub mod api_key;
pub mod audit;
pub mod auditor;
pub mod balance;
pub mod coupon;
pub mod goods;
pub mod journal;
pub mod list;
pub mod message;
pub mod order_action;
pub mod parked;
pub mod payment;
pub mod reconciliation;
pub mod refund;
pub mod status;
pub mod stock;
pub mod timeline;
pub mod turn;
pub mod webhook;
pub mod webhook_delivery;
