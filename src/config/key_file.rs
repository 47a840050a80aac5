//! Files with keys: who besides their owner can use them.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::geteuid;

/// The user who may read and write all files anyway.
const ROOT: u32 = 0;

/// More access to a file or folder than the server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The access that others have.
    pub problem: String,
    /// The command that takes it away.
    pub way_out: String,
}

/// The access that users other than root and the one of this process have to a file of keys: to write it or, if it
/// `is_private`, to read it. `None` if they have neither, or if the file cannot be found.
///
/// The group of a file of root's may read it: packages and orchestrators hand secrets over to a server in that way.
#[must_use]
pub fn exposure(path: &Path, is_private: bool) -> Option<Exposure> {
    let metadata = std::fs::metadata(path).ok()?;
    let (mode, file) = (metadata.mode() & 0o777, path.display());
    let is_handed_over = metadata.uid() == ROOT && geteuid().as_raw() != ROOT;
    let readers = if is_handed_over { 0o004 } else { 0o044 };
    let verb = match (mode & 0o022 != 0, is_private && mode & readers != 0) {
        (true, _) => "write",
        (false, true) => "read",
        (false, false) => return foreign(&metadata, path),
    };
    let command = match (is_private, is_handed_over) {
        (true, true) => "chmod 640",
        (true, false) => "chmod 600",
        (false, _) => "chmod go-w",
    };
    let problem = format!("others can {verb} {file} (mode {mode:o})");
    Some(Exposure { problem, way_out: format!("{command} {file}") })
}

/// The access that other users have to a folder of data; `None` if they have none, or if the folder cannot be found.
#[must_use]
pub fn folder_exposure(folder: &Path) -> Option<Exposure> {
    let metadata = folder.metadata().ok()?;
    let (mode, name) = (metadata.mode() & 0o777, folder.display());
    let verb = match (mode & 0o022 != 0, mode & 0o055 != 0) {
        (true, _) => "write",
        (false, true) => "look into",
        (false, false) => return foreign(&metadata, folder),
    };
    Some(Exposure {
        problem: format!("others can {verb} {name} (mode {mode:o})"),
        way_out: format!("chmod 700 {name}"),
    })
}

/// The owner of a file, who can change its mode, if that is neither root nor the user of this process. Root may read files
/// of the user for whom it runs a command.
fn foreign(metadata: &Metadata, path: &Path) -> Option<Exposure> {
    let (owner, own) = (metadata.uid(), geteuid().as_raw());
    let is_foreign = owner != own && owner != ROOT && own != ROOT;
    is_foreign.then(|| Exposure {
        problem: format!("{} belongs to user {owner}", path.display()),
        way_out: format!("chown {own} {}", path.display()),
    })
}
