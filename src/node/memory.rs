//! The boot id of the last process that used a folder of secrets. It lets a node that was killed start again at once.
//!
//! A process keeps its file locked for as long as it lives. So if the lock can be taken, the process that wrote the file
//! has ended, and its lease need not be waited for. That conclusion is valid only for the same file on a machine that
//! has not been restarted, and not for a copy of either, so the file names both.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

const FILE: &str = "node.lock";
/// Changes with each start of the machine.
const MACHINE_BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// The locked file. The operating system releases the lock when the process ends, however it ends.
#[derive(Debug)]
pub struct Memory {
    file: File,
    /// Identifies this file and this run of the machine.
    place: String,
}

impl Memory {
    /// Locks the file in `folder`. `None` if a running process has locked it, or if it cannot be used: then the lease of
    /// an earlier process has to be waited for.
    pub fn open(folder: &Path) -> Option<Self> {
        let path = folder.join(FILE);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = options.ok()?;
        file.try_lock().ok()?;
        let machine_boot = std::fs::read_to_string(MACHINE_BOOT).ok()?;
        let metadata = file.metadata().ok()?;
        let place = format!("{} {} {}", machine_boot.trim(), metadata.dev(), metadata.ino());
        Some(Self { file, place })
    }

    /// The boot id of the process that had this file before, which has ended.
    pub fn ended(&mut self) -> Option<String> {
        let mut text = String::new();
        self.file.rewind().and_then(|()| self.file.read_to_string(&mut text)).ok()?;
        let (boot_id, place) = text.trim_end().split_once(' ')?;
        (place == self.place).then(|| boot_id.to_owned())
    }

    /// Stores the boot id of this process. A failure only means that the next start has to wait.
    pub fn remember(&mut self, boot_id: &str) {
        let text = format!("{boot_id} {}\n", self.place);
        let written = self.file.set_len(0).and_then(|()| self.file.rewind()).and_then(|()| write!(self.file, "{text}"));
        if let Err(error) = written {
            tracing::warn!(file = FILE, %error, "cannot write to the folder of secrets (secrets.folder)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_learns_which_process_had_the_file_before_it_and_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Memory::open(folder.path()).unwrap();
        assert_eq!(first.ended(), None);
        first.remember("one");
        assert!(Memory::open(folder.path()).is_none(), "the first still runs");
        drop(first);
        let mut second = Memory::open(folder.path()).unwrap();
        assert_eq!(second.ended().as_deref(), Some("one"));
        second.remember("two");
        assert_eq!(second.ended().as_deref(), Some("two"));
    }

    #[test]
    fn a_copy_of_the_file_says_nothing() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut original = Memory::open(folders[0].path()).unwrap();
        original.remember("one");
        std::fs::copy(folders[0].path().join(FILE), folders[1].path().join(FILE)).unwrap();
        assert_eq!(Memory::open(folders[1].path()).unwrap().ended(), None);
    }
}
