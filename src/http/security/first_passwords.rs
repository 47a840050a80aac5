//! The file with the passwords that a first start generates. It exists from before the accounts until the administrator
//! signs in for the first time, so that a start that fails in between, or cannot print, loses no password.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const FILE: &str = "first-passwords.txt";
const NAME: &str = ": ";
const PASSWORD: &str = "  password: ";

/// The file, which need not exist.
#[derive(Debug, Clone)]
pub struct FirstPasswords {
    path: PathBuf,
}

/// A generated password: a line of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The kind of account, such as `administrator`.
    pub account: String,
    /// Name that the user signs in with.
    pub name: String,
    /// The password.
    pub password: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{NAME}{}{PASSWORD}{}", self.account, self.name, self.password)
    }
}

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        let (account, rest) = line.split_once(NAME)?;
        let (name, password) = rest.split_once(PASSWORD)?;
        Some(Self { account: account.to_owned(), name: name.to_owned(), password: password.trim().to_owned() })
    }
}

impl FirstPasswords {
    /// The file in `folder`, the folder of the generated secrets.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join(FILE) }
    }

    /// Path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The passwords in the file; none if it does not exist.
    ///
    /// # Errors
    /// Fails if the file exists and cannot be read.
    pub fn read(&self) -> Result<Vec<Entry>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(text.lines().filter_map(Entry::parse).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Adds a password, in place of an older one of the same account. It is on disk when this returns.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn put(&self, entry: Entry) -> Result<()> {
        let mut entries = self.read()?;
        entries.retain(|other| other.account != entry.account);
        entries.push(entry);
        self.write(&entries)
    }

    /// Keeps only the passwords in `entries`. Deletes the file if there are none.
    ///
    /// # Errors
    /// Fails if the file cannot be written or deleted.
    pub fn write(&self, entries: &[Entry]) -> Result<()> {
        if entries.is_empty() {
            return self.delete();
        }
        let temporary = self.path.with_extension("txt.new");
        // That of a start that was killed. A new file is no link to another one, also if someone has put one there.
        let _ = fs::remove_file(&temporary);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        for entry in entries {
            writeln!(file, "{entry}")?;
        }
        file.sync_all()?;
        fs::rename(temporary, &self.path)?;
        self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    /// Deletes the file if it exists.
    ///
    /// # Errors
    /// Fails if the file cannot be deleted.
    pub fn delete(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn entry(account: &str, password: &str) -> Entry {
        Entry { account: account.to_owned(), name: "admin".to_owned(), password: password.to_owned() }
    }

    #[test]
    fn each_account_has_one_password_and_only_the_owner_of_the_file_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let passwords = FirstPasswords::in_folder(folder.path());
        assert!(passwords.read().unwrap().is_empty());
        passwords.put(entry("administrator", "one")).unwrap();
        passwords.put(entry("demo user", "two")).unwrap();
        passwords.put(entry("administrator", "three")).unwrap();
        let lines: Vec<_> = passwords.read().unwrap().iter().map(Entry::to_string).collect();
        assert_eq!(lines, ["demo user: admin  password: two", "administrator: admin  password: three"]);
        assert_eq!(fs::metadata(passwords.path()).unwrap().permissions().mode() & 0o777, 0o600);
        passwords.write(&[]).unwrap();
        assert!(!passwords.path().exists());
        passwords.delete().unwrap();
    }
}
