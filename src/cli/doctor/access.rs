//! Looks at the modes and owners of the folders with data and of the files with secrets.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::finding::Finding;
use crate::app;
use crate::app::exposure::file::{self, KeyFile};
use crate::app::stores::Stores;
use crate::config::key_file::{self, Exposure};
use crate::config::{Profile, Settings, layer::Origin, secret};

/// Files of an installation, by the ends of their names.
const ENDS: [&str; 6] = [".db", ".db-wal", ".db-shm", ".secret", ".lock", ".txt"];

/// The findings about folders and files.
pub fn check(settings: &Settings, settings_file: Option<&Path>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        folders(settings).iter().flat_map(|(check, folder)| of_folder(check, folder)).collect();
    let secrets = app::secrets_path(settings);
    for name in ["token.secret", "sandbox.secret"] {
        findings.extend(of_generated(&secrets.join(name)));
    }
    findings.extend(of_first_passwords(&secrets.join("first-passwords.txt")));
    findings.extend(settings_file.and_then(of_settings_file));
    let is_production = settings.profile == Profile::Production;
    for file in file::keys(settings) {
        findings.extend(of_key(&file, is_production));
    }
    findings
}

/// The folders of the SQLite stores and that of the secrets, each with its setting.
fn folders(settings: &Settings) -> Vec<(&'static str, PathBuf)> {
    let stores = Stores::open(settings);
    let all = stores.as_ref().map(Stores::all).unwrap_or_default();
    let of_stores: BTreeSet<&Path> = all.iter().filter_map(|(_, store, _)| store.file()?.parent()).collect();
    let mut folders: Vec<_> = of_stores.into_iter().map(|folder| ("store.url", folder.to_owned())).collect();
    let secrets = app::secrets_path(settings);
    if folders.iter().all(|(_, folder)| *folder != secrets) {
        folders.push(("secrets.folder", secrets));
    }
    folders
}

fn of_folder(check: &str, folder: &Path) -> Vec<Finding> {
    let name = folder.display();
    let Ok(metadata) = folder.metadata() else { return vec![of_missing_folder(check, folder)] };
    if !metadata.is_dir() {
        return vec![Finding::bad(check, format!("{name} is no directory"), "give a directory")];
    }
    let (mode, mut findings) = (metadata.mode() & 0o777, Vec::new());
    if access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let detail = format!("{name} belongs to user {}, and this user cannot write it", metadata.uid());
        findings.push(Finding::bad(check, detail, "run as its owner, or chown it"));
    }
    if mode & 0o022 != 0 {
        findings.push(Finding::bad(
            check,
            format!("others can write {name} (mode {mode:o})"),
            format!("chmod 700 {name}"),
        ));
    } else if mode & 0o055 != 0 {
        let detail = format!("others can look into {name} (mode {mode:o})");
        findings.push(Finding::warn(check, detail, format!("chmod 700 {name}")));
    }
    findings.extend(of_foreign_files(check, folder, metadata.uid()));
    if findings.is_empty() {
        findings.push(Finding::ok(check, format!("{name} belongs to user {}, mode {mode:o}", metadata.uid())));
    }
    findings
}

/// A folder that the server will create.
fn of_missing_folder(check: &str, folder: &Path) -> Finding {
    let name = folder.display();
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let parent = absolute.ancestors().skip(1).find(|parent| parent.exists()).unwrap_or(Path::new("/"));
    match access(parent, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Finding::ok(check, format!("{name} does not exist yet and can be created")),
        Err(_) => {
            let detail = format!("{name} does not exist, and this user cannot create it in {}", parent.display());
            Finding::bad(
                check,
                detail,
                format!("create it for the user of the server: install -d -m 700 -o USER {name}"),
            )
        }
    }
}

/// Files of an installation that do not belong to the owner of their folder, because another user ran a command.
fn of_foreign_files(check: &str, folder: &Path, owner: u32) -> Option<Finding> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let is_ours = |name: &str| ENDS.iter().any(|end| name.ends_with(end));
    let foreign = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_ours)).find_map(|entry| {
        let uid = entry.metadata().ok()?.uid();
        (uid != owner).then(|| (entry.path(), uid))
    });
    let (file, uid) = foreign?;
    let detail = format!("{} belongs to user {uid}, its directory to user {owner}", file.display());
    Some(Finding::bad(check, detail, format!("chown --recursive {owner} {}", folder.display())))
}

/// A secret that the server has generated. It refuses one that others can write.
fn of_generated(path: &Path) -> Option<Finding> {
    let check = path.file_name()?.to_str()?;
    if !path.exists() {
        return None;
    }
    let is_writable = path.metadata().is_ok_and(|metadata| metadata.mode() & 0o022 != 0);
    Some(match key_file::exposure(path, true) {
        None => readable(check, path),
        Some(Exposure { problem, way_out }) if is_writable => Finding::bad(check, problem, way_out),
        Some(Exposure { problem, way_out }) => Finding::warn(check, problem, way_out),
    })
}

fn of_first_passwords(path: &Path) -> Option<Finding> {
    let check = path.file_name()?.to_str()?;
    path.exists().then(|| match key_file::exposure(path, true) {
        Some(Exposure { problem, way_out }) => Finding::bad(check, problem, way_out),
        None => {
            let detail = format!("{} has generated passwords until the administrator signs in", path.display());
            Finding::warn(check, detail, "sign in as the administrator, which deletes it")
        }
    })
}

/// The settings file, which others must not read if it has secrets.
fn of_settings_file(file: &Path) -> Option<Finding> {
    let layers = crate::config::layers(Some(file)).ok()?;
    let is_from_file = |origin: &Origin| matches!(origin, Origin::File { .. });
    let has_secrets =
        layers.effective().iter().any(|setting| is_from_file(&setting.origin) && secret::is_masked(&setting.value));
    let check = "--config";
    Some(match key_file::exposure(file, has_secrets) {
        Some(Exposure { problem, way_out }) if has_secrets => {
            Finding::warn(check, format!("{problem}, and it has secrets"), way_out)
        }
        Some(Exposure { problem, way_out }) => Finding::warn(check, problem, way_out),
        None => readable(check, file),
    })
}

/// A file that a setting names, which a production server refuses if others can use it.
fn of_key(file: &KeyFile, is_production: bool) -> Option<Finding> {
    let Exposure { problem, way_out } = key_file::exposure(&file.path, file.is_private)?;
    Some(match is_production {
        true => Finding::bad(file.key, problem, way_out),
        false => Finding::warn(file.key, problem, way_out),
    })
}

fn readable(check: &str, path: &Path) -> Finding {
    let name = path.display();
    match access(path, Access::READ_OK) {
        Ok(()) => Finding::ok(check, format!("{name} can be read, and no more than it should")),
        Err(_) => Finding::bad(check, format!("this user cannot read {name}"), "run as its owner, or chown it"),
    }
}
