//! Secrets that the server generates on its first start. Each is stored in a file that only the file's owner can read.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use aws_lc_rs::rand;

use crate::config::SigningSecret;

const BYTES: usize = 32;

/// The secret of the settings; if that is empty, the one stored as `name` in `folder`, generated if missing.
///
/// # Errors
/// Fails if the file of the stored secret cannot be read or created, or does not contain 64 hexadecimal digits.
pub fn configured_or_generated(configured: &SigningSecret, folder: &Path, name: &str) -> anyhow::Result<String> {
    match configured.expose() {
        "" => load_or_generate(folder, name).with_context(|| format!("the {name} secret")),
        text => Ok(text.to_owned()),
    }
}

/// The 256-bit secret `name` in `folder`, as 64 hexadecimal digits. It is generated if its file does not exist. Fails if
/// the file cannot be read or created, or does not contain 64 hexadecimal digits.
fn load_or_generate(folder: &Path, name: &str) -> anyhow::Result<String> {
    let path = folder.join(format!("{name}.secret"));
    if !path.exists() {
        generate(&path).with_context(|| format!("cannot create {}", path.display()))?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let secret = text.trim();
    let bytes = hex::decode(secret).with_context(|| format!("{} does not hold a secret", path.display()))?;
    anyhow::ensure!(bytes.len() == BYTES, "{} does not hold a secret of 256 bits", path.display());
    Ok(secret.to_owned())
}

/// Writes a new secret to a temporary file and renames it, so that a start that is killed leaves no empty file.
fn generate(path: &Path) -> anyhow::Result<()> {
    let text = hex::encode(random::<BYTES>()?);
    let temporary = path.with_extension("secret.new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(std::fs::rename(temporary, path)?)
}

/// A generated password of about 114 bits: 20 letters and digits, without those that look alike.
///
/// # Errors
/// Fails if the system provides no random bytes.
pub fn password() -> anyhow::Result<String> {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut text = String::with_capacity(20);
    while text.len() < 20 {
        // Bytes above the last multiple of the alphabet's size are dropped: they would make some letters more likely.
        let fair = random::<32>()?.into_iter().filter(|byte| usize::from(*byte) < 256 / LETTERS.len() * LETTERS.len());
        let letters = fair.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()));
        text.extend(letters.take(20 - text.len()).map(|letter| char::from(*letter)));
    }
    Ok(text)
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system provides no random bytes"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_generated_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let secret = load_or_generate(folder.path(), "token").unwrap();
        assert_eq!(load_or_generate(folder.path(), "token").unwrap(), secret);
        let mode = std::fs::metadata(folder.path().join("token.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_temporary_file_of_a_killed_start_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token.secret.new"), "half").unwrap();
        let secret = load_or_generate(folder.path(), "token").unwrap();
        assert_eq!(load_or_generate(folder.path(), "token").unwrap(), secret);
        assert!(!folder.path().join("token.secret.new").exists());
    }

    #[test]
    fn passwords_differ_and_are_long() {
        let (one, two) = (password().unwrap(), password().unwrap());
        assert_eq!(one.len(), 20);
        assert_ne!(one, two);
    }
}
