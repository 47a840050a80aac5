//! The console: the pages of the administrator. [`crate::web`] explains how to add a page.

pub mod act;
pub mod frame;
pub mod home;
pub mod menu;
pub mod operator;
pub mod order;
pub mod orders;
pub mod route;
pub mod sign_in;
