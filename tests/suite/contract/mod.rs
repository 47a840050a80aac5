//! The contracts with other programs, byte for byte: the HTTP answers, the settings and the stored messages.
//!
//! A script calls every route. Each exchange is recorded, values that differ between runs are replaced by names, and
//! the text must equal the recorded file in this folder. A refactoring that moves code changes none of these files.
//!
//! `TRADEPOST_RECORD=1 cargo test --test suite contract` writes the files again. A change of a file is a change of a
//! contract, and its commit must say so.

mod coverage;
mod faults;
mod json;
pub mod life;
mod mistakes;
mod normalise;
mod record;
pub mod script;
mod settings;
mod stored;
mod webhook;
