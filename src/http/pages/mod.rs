//! HTML pages that a customer's browser shows.

pub mod html;
pub mod pay;
