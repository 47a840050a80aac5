//! Building blocks of pages.

mod filters;
mod pager;
mod pill;
mod qr_code;
mod table;
mod value;

pub use filters::{Choice, Field, filters, with};
pub use pager::{csv_link, pager};
pub use pill::{Pill, Tone};
pub use qr_code::{draw_qr_code, qr_code};
pub use table::{Column, table};
pub use value::{empty, facts, id, id_text, moment, money, notice, optional_text, optional_time, time};
