//! HTML pages that document the interface. Those of customers are in `crate::shop_window`.

pub mod html;
pub mod problem;
