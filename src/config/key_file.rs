//! Files with keys: who besides their owner can use them.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Warns if users other than the owner can write a file of keys or, if it `is_private`, read it. Such a file is not
/// refused: orchestrators mount secrets that way into containers with a single user.
pub fn warn_of_access(path: &Path, is_private: bool) {
    if let Some(Exposure { problem, way_out }) = exposure(path, is_private) {
        tracing::warn!("{problem}: run {way_out}");
    }
}

/// More access to a file of keys than its owner needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The access that others have.
    pub problem: String,
    /// The command that takes it away.
    pub way_out: String,
}

/// The access that users other than the owner have to a file of keys: to write it or, if it `is_private`, to read it.
/// `None` if they have neither, or if the file cannot be found.
#[must_use]
pub fn exposure(path: &Path, is_private: bool) -> Option<Exposure> {
    let (mode, file) = (std::fs::metadata(path).ok()?.mode() & 0o777, path.display());
    let verb = match (mode & 0o022 != 0, is_private && mode & 0o044 != 0) {
        (true, _) => "write",
        (false, true) => "read",
        (false, false) => return None,
    };
    let command = if is_private { "chmod 600" } else { "chmod go-w" };
    let problem = format!("others can {verb} {file} (mode {mode:o})");
    Some(Exposure { problem, way_out: format!("{command} {file}") })
}
