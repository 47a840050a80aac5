//! HTML pages for a customer's browser.

pub mod html;
pub mod pay;
pub mod problem;
