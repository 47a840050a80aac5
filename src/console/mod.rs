//! The console: the pages of the administrator. [`crate::web`] explains how to add a page.

pub mod act;
pub mod actors;
pub mod audit;
pub mod coupon;
pub mod customer;
pub mod frame;
pub mod goods;
mod graph;
pub mod home;
pub mod journal;
pub mod live;
pub mod menu;
pub mod messages;
pub mod nodes;
pub mod notices;
pub mod operator;
pub mod order;
pub mod orders;
pub mod overview;
pub mod payment;
pub mod reconcile;
pub mod refund;
pub mod route;
pub mod sagas;
pub mod search;
pub mod settings;
pub mod sign_in;
