//! The console: the pages of the administrator. [`crate::web`] explains how to add a page.

pub mod act;
pub mod actors;
pub mod audit;
pub mod frame;
mod graph;
pub mod home;
pub mod live;
pub mod menu;
pub mod messages;
pub mod operator;
pub mod order;
pub mod orders;
pub mod overview;
pub mod route;
pub mod sagas;
pub mod sign_in;
