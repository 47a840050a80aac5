//! A headless Chromium, and a page in it.

mod axe;
mod input;
mod page;
mod pipe;
mod record;

pub use page::{Light, PHONE, Page};
