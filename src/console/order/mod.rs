//! `/console/orders/{id}`: one order, and the previews of acts on it.

mod drawing;
mod event;
mod form;
mod page;
mod preview;
mod timeline;

pub use page::show;
pub use preview::{cancel, refund, ship};
