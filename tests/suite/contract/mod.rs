//! The contracts others rely on, byte for byte: the HTTP answers, the settings and the stored messages.
//!
//! A scripted life calls every route. Each exchange is written down, what differs between runs is replaced by a name, and
//! the text must equal the recorded file beside this module. A refactoring that moves code changes none of these files.
//!
//! `TRADEPOST_RECORD=1 cargo test --test suite contract` writes the files anew. A change of a file is a change of a
//! contract: it belongs into a commit that says so.

mod coverage;
mod faults;
mod json;
mod life;
mod normalise;
mod record;
mod script;
mod settings;
mod stored;
mod told;
