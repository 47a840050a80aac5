//! The examples of `deploy/`: what they name exists, the programs that read them accept them, and a real proxy in front of
//! a real server does what the documentation says.

mod container;
mod nginx;
mod service_manager;
mod systemd;

use std::path::{Path, PathBuf};

/// A file of this repository.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of this repository.
#[track_caller]
pub fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
