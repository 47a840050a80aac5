//! Files with keys: who besides their owner can use them.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Warns if users other than the owner can write a file of keys or, if it `is_private`, read it. Such a file is not
/// refused: orchestrators mount secrets that way into containers with a single user.
pub fn warn_of_access(path: &Path, is_private: bool) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    let (mode, file) = (metadata.mode() & 0o777, path.display());
    let verb = match (mode & 0o022 != 0, is_private && mode & 0o044 != 0) {
        (true, _) => "write",
        (false, true) => "read",
        (false, false) => return,
    };
    let way_out = if is_private { "chmod 600" } else { "chmod go-w" };
    tracing::warn!("others can {verb} {file} (mode {mode:o}): run {way_out} {file}");
}
