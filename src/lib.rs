//! Tradepost: the order and payment back end of a shop. Modules in dependency order.

pub mod domain;

pub mod db;

pub mod actor;

pub mod messaging;

pub mod config;

pub mod gateway;

pub mod coupon;
pub mod goods;
pub mod order;
pub mod pay;
pub mod user;

pub mod coordinator;
pub mod payments;

pub mod audit;
pub mod reconcile;

pub mod http;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub mod app;
pub mod cli;
