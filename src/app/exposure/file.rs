//! The files and folders of an installation that others must not use: refused in production, warned of otherwise.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::app::secrets_path;
use crate::app::stores::Stores;
use crate::config::key_file::{self, Exposure};
use crate::config::layer::Origin;
use crate::config::{Error, Profile, Settings, secret};

/// A file of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// The setting that names it.
    pub key: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Whether others must not read it.
    pub is_private: bool,
}

/// The files of keys that the settings name.
#[must_use]
pub fn keys(settings: &Settings) -> Vec<KeyFile> {
    let (alipay, wechat, tls) = (&settings.gateway.alipay, &settings.gateway.wechat, &settings.http.tls);
    let all = [
        ("gateway.alipay.app_key", &alipay.app_key, true),
        ("gateway.alipay.platform_key", &alipay.platform_key, false),
        ("gateway.alipay.app_certificate", &alipay.app_certificate, false),
        ("gateway.alipay.platform_certificate", &alipay.platform_certificate, false),
        ("gateway.alipay.root_certificate", &alipay.root_certificate, false),
        ("gateway.wechat.merchant_key", &wechat.merchant_key, true),
        ("gateway.wechat.platform_key", &wechat.platform_key, false),
        ("gateway.wechat.platform_certificates", &wechat.platform_certificates, false),
        ("http.tls.certificate_file", &tls.certificate_file, false),
        ("http.tls.key_file", &tls.key_file, true),
    ];
    let named = all.into_iter().filter(|(_, path, _)| !path.as_os_str().is_empty());
    named.map(|(key, path, is_private)| KeyFile { key, path: path.clone(), is_private }).collect()
}

/// The settings file, if it has secrets.
fn settings_file(settings: &Settings) -> Option<KeyFile> {
    settings.effective.iter().find_map(|setting| match &setting.origin {
        Origin::File { name, .. } if secret::is_masked(&setting.value) => {
            Some(KeyFile { key: "--config", path: name.into(), is_private: true })
        }
        _ => None,
    })
}

/// The generated secrets, of which some may not exist.
fn generated(settings: &Settings) -> impl Iterator<Item = KeyFile> {
    let folder = secrets_path(settings);
    let names = ["token.secret", "sandbox.secret", "first-passwords.txt"].into_iter();
    names.map(move |name| KeyFile { key: "secrets.folder", path: folder.join(name), is_private: true })
}

/// Looks at all of them, and at the folders of the stores and of the secrets, which exist.
///
/// # Errors
/// In production, the first that others can use, with the command that changes it.
pub fn check(settings: &Settings, stores: &Stores) -> Result<(), Error> {
    let files = keys(settings).into_iter().chain(settings_file(settings)).chain(generated(settings));
    let of_files = files.filter_map(|file| Some((file.key, key_file::exposure(&file.path, file.is_private)?)));
    let secrets = secrets_path(settings);
    let all = stores.all();
    let mut folders: BTreeSet<&Path> = all.iter().filter_map(|(_, store, _)| store.file()?.parent()).collect();
    folders.insert(&secrets);
    let of_folders = folders.into_iter().filter_map(|folder| {
        let key = if folder == secrets { "secrets.folder" } else { "store.url" };
        Some((key, key_file::folder_exposure(folder)?))
    });
    for (key, Exposure { problem, way_out }) in of_folders.chain(of_files) {
        if settings.profile == Profile::Production {
            return Err(Error::new(key, format!("{problem}: run {way_out}")));
        }
        tracing::warn!("{problem}: run {way_out}");
    }
    Ok(())
}
