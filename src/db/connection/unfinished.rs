//! The subfolder in which a backup or a restore writes its stores until all of them are whole. While it is there, the
//! stores of its folder are not used. A subfolder is on the same disk also if the folder is the root of a mounted disk,
//! which could not be renamed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::folder;

const NAME: &str = "tradepost.unfinished";

/// Describes the folder of an unfinished backup or restore, and what to do about it.
#[must_use]
pub fn problem(folder: &Path) -> String {
    let left = folder.join(NAME);
    format!(
        "is part of a backup or restore that did not finish: remove {} and the stores beside it, and repeat the command",
        left.display()
    )
}

/// An unfinished set of stores. If it is dropped before it is published, it is removed.
#[derive(Debug)]
pub struct Unfinished {
    folder: PathBuf,
    /// Whether the folder did not exist before.
    is_new: bool,
    is_kept: bool,
}

impl Unfinished {
    /// Creates the subfolder in `folder`, which is created too if it does not exist. If someone else creates it at the same
    /// time, it fails.
    ///
    /// # Errors
    /// The reason, with the name of the folder.
    pub fn create(folder: &Path) -> Result<Self, String> {
        let is_new = !folder.exists();
        if is_new {
            folder::create_new(folder)?;
        }
        folder::create(&folder.join(NAME))?;
        Ok(Self { folder: folder.to_owned(), is_new, is_kept: false })
    }

    /// Whether an unfinished backup or restore is in `folder`.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(NAME).exists()
    }

    /// The subfolder to write to.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// Syncs the stores, moves them into the folder and removes the subfolder. No connection to them may be open.
    ///
    /// # Errors
    /// A file cannot be synced or moved. The subfolder then stays, so that the stores beside it are not used.
    pub fn publish(mut self) -> io::Result<()> {
        let files = fs::read_dir(self.path())?.map(|entry| entry.map(|entry| entry.path()));
        let files: Vec<PathBuf> = files.collect::<io::Result<_>>()?;
        for file in &files {
            File::open(file)?.sync_all()?;
        }
        self.is_kept = true;
        for (file, name) in files.iter().filter_map(|file| file.file_name().map(|name| (file, name))) {
            fs::rename(file, self.folder.join(name))?;
        }
        File::open(&self.folder)?.sync_all()?;
        fs::remove_dir(self.path())?;
        File::open(&self.folder)?.sync_all()?;
        match self.folder.parent() {
            Some(parent) if self.is_new && parent != Path::new("") => File::open(parent)?.sync_all(),
            _ => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_dir_all(self.path());
            if self.is_new {
                let _ = fs::remove_dir(&self.folder);
            }
        }
    }
}
