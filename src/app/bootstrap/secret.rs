//! Secrets that the server generates on its first start. Each is stored in a file that only the file's owner can read.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Context;
use aws_lc_rs::rand;

use crate::app::exposure::weak;
use crate::config::{Profile, SigningSecret};
use crate::db::connection::folder;

const BYTES: usize = 32;
const PASSWORD_LENGTH: usize = 23;

/// The secret of the settings; if that is empty, the one stored as `name` in `folder`, generated if missing.
///
/// # Errors
/// Fails if the file of the stored secret cannot be read or created, or does not contain 64 hexadecimal digits; in
/// production also if these are easy to guess.
pub fn configured_or_generated(
    configured: &SigningSecret,
    folder: &Path,
    name: &str,
    profile: Profile,
) -> anyhow::Result<String> {
    match configured.expose() {
        "" => load_or_generate(folder, name, profile).with_context(|| format!("the {name} secret")),
        text => Ok(text.to_owned()),
    }
}

/// The 256-bit secret `name` in `folder`, as 64 hexadecimal digits. It is generated if its file does not exist. Fails if
/// the file cannot be read or created, or does not contain 64 hexadecimal digits.
fn load_or_generate(folder: &Path, name: &str, profile: Profile) -> anyhow::Result<String> {
    let path = folder.join(format!("{name}.secret"));
    if !path.exists() {
        generate(&path).with_context(|| format!("cannot create {}", path.display()))?;
    }
    check_access(&path)?;
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let secret = text.trim();
    let bytes = hex::decode(secret).with_context(|| format!("{} does not hold a secret", path.display()))?;
    anyhow::ensure!(bytes.len() == BYTES, "{} does not hold a secret of 256 bits", path.display());
    if weak::is_weak(secret) {
        let problem =
            format!("the secret in {} is easy to guess: remove the file, so that one is generated", path.display());
        anyhow::ensure!(profile != Profile::Production, problem);
        tracing::warn!("{problem}");
    }
    Ok(secret.to_owned())
}

/// Refuses a secret that others can write, because they could sign as this server. Those that they can read are looked at
/// with the other files (`exposure::file`).
fn check_access(path: &Path) -> anyhow::Result<()> {
    let mode = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.mode() & 0o777;
    let file = path.display();
    anyhow::ensure!(mode & 0o022 == 0, "others can write {file} (mode {mode:o}): run chmod 600 {file}");
    Ok(())
}

/// Writes a new secret to a temporary file and renames it, so that a start that is killed leaves no empty file.
fn generate(path: &Path) -> anyhow::Result<()> {
    let text = hex::encode(random::<BYTES>()?);
    let temporary = path.with_extension("secret.new");
    // That of a start that was killed. A new file is no link to another one, also if someone has put one there.
    let _ = std::fs::remove_file(&temporary);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    if let Some(folder) = path.parent() {
        folder::hand_over(&file, folder);
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(temporary, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A generated password of about 133 bits: 23 letters and digits, without those that look alike.
///
/// # Errors
/// Fails if the system provides no random bytes.
pub fn password() -> anyhow::Result<String> {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut text = String::with_capacity(PASSWORD_LENGTH);
    while text.len() < PASSWORD_LENGTH {
        // Bytes above the last multiple of the alphabet's size are dropped: they would make some letters more likely.
        let fair = random::<32>()?.into_iter().filter(|byte| usize::from(*byte) < 256 / LETTERS.len() * LETTERS.len());
        let letters = fair.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()));
        text.extend(letters.take(PASSWORD_LENGTH - text.len()).map(|letter| char::from(*letter)));
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
        let secret = load_or_generate(folder.path(), "token", Profile::Default).unwrap();
        assert_eq!(load_or_generate(folder.path(), "token", Profile::Default).unwrap(), secret);
        let mode = std::fs::metadata(folder.path().join("token.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_secret_that_others_can_write_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let secret = load_or_generate(folder.path(), "token", Profile::Default).unwrap();
        let path = folder.path().join("token.secret");
        for (mode, is_refused) in [(0o620, true), (0o602, true), (0o666, true), (0o644, false), (0o400, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match load_or_generate(folder.path(), "token", Profile::Default) {
                Ok(read) => assert!(!is_refused && read == secret, "{mode:o}"),
                Err(error) => assert!(is_refused && format!("{error:#}").contains("run chmod 600"), "{error:#}"),
            }
        }
    }

    #[test]
    fn the_temporary_file_of_a_killed_start_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token.secret.new"), "half").unwrap();
        let secret = load_or_generate(folder.path(), "token", Profile::Default).unwrap();
        assert_eq!(load_or_generate(folder.path(), "token", Profile::Default).unwrap(), secret);
        assert!(!folder.path().join("token.secret.new").exists());
    }

    #[test]
    fn passwords_differ_and_are_long() {
        let (one, two) = (password().unwrap(), password().unwrap());
        assert_eq!(one.len(), PASSWORD_LENGTH);
        assert_ne!(one, two);
    }
}
