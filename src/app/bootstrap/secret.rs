//! Secrets the server makes for itself on its first start, kept beside the data in files only their owner can read.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use aws_lc_rs::rand;

const BYTES: usize = 32;

/// The 256-bit secret called `name` in `folder`, as 64 hexadecimal digits; made there where it is missing.
///
/// # Errors
/// Where the file cannot be read or made, or does not hold 64 hexadecimal digits.
pub fn load_or_make(folder: &Path, name: &str) -> anyhow::Result<String> {
    let path = folder.join(format!("{name}.secret"));
    if !path.exists() {
        make(&path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let secret = text.trim();
    let bytes = hex::decode(secret).with_context(|| format!("{} does not hold a secret", path.display()))?;
    anyhow::ensure!(bytes.len() == BYTES, "{} does not hold a secret of 256 bits", path.display());
    Ok(secret.to_owned())
}

/// Written aside and then renamed: a start that is killed half-way leaves no file that is empty.
fn make(path: &Path) -> anyhow::Result<()> {
    let text = hex::encode(random::<BYTES>()?);
    let aside = path.with_extension("secret.new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(std::fs::rename(aside, path)?)
}

/// A password for a person to type: 20 letters and digits that are not mistaken for each other, about 114 bits.
///
/// # Errors
/// Where the system has no randomness.
pub fn password() -> anyhow::Result<String> {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut text = String::with_capacity(20);
    while text.len() < 20 {
        // A byte beyond the last whole multiple would make some letters likelier than others.
        let fair = random::<32>()?.into_iter().filter(|byte| usize::from(*byte) < 256 / LETTERS.len() * LETTERS.len());
        let letters = fair.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()));
        text.extend(letters.take(20 - text.len()).map(|letter| char::from(*letter)));
    }
    Ok(text)
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system has no randomness"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let made = load_or_make(folder.path(), "token").unwrap();
        assert_eq!(load_or_make(folder.path(), "token").unwrap(), made);
        let mode = std::fs::metadata(folder.path().join("token.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_a_killed_start_left_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token.secret.new"), "half").unwrap();
        let made = load_or_make(folder.path(), "token").unwrap();
        assert_eq!(load_or_make(folder.path(), "token").unwrap(), made);
        assert!(!folder.path().join("token.secret.new").exists());
    }

    #[test]
    fn passwords_differ_and_are_long() {
        let (one, two) = (password().unwrap(), password().unwrap());
        assert_eq!(one.len(), 20);
        assert_ne!(one, two);
    }
}
