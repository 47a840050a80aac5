//! The settings of a shop that may be exposed, with the keys of a payment platform.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{TempDir, tempdir};

use crate::platform::Key;

/// A folder with the keys of Alipay.
pub struct Production {
    folder: TempDir,
}

impl Production {
    pub fn new() -> Self {
        let production = Self { folder: tempdir().unwrap() };
        for (name, text, mode) in [
            ("app.pem", Key::named("ali_app").pem("PRIVATE KEY", "pkcs8_der_b64"), 0o600),
            ("platform.pem", Key::named("ali_platform").pem("PUBLIC KEY", "spki_der_b64"), 0o644),
        ] {
            fs::write(production.path(name), text).unwrap();
            fs::set_permissions(production.path(name), Permissions::from_mode(mode)).unwrap();
        }
        production
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The settings, named as in the environment without the prefix.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let file = |name: &str| self.path(name).display().to_string();
        vec![
            ("PROFILE", "production".to_owned()),
            ("GATEWAY__SANDBOX__ENABLED", "false".to_owned()),
            ("DEMO__SEED", "false".to_owned()),
            ("HTTP__PUBLIC_URL", "https://shop.example.com".to_owned()),
            ("ADMIN__LISTEN", "127.0.0.1:0".to_owned()),
            ("GATEWAY__ALIPAY__APP_ID", "2021000000000001".to_owned()),
            ("GATEWAY__ALIPAY__SELLER_ID", "2088000000000001".to_owned()),
            ("GATEWAY__ALIPAY__APP_KEY", file("app.pem")),
            ("GATEWAY__ALIPAY__PLATFORM_KEY", file("platform.pem")),
        ]
    }
}
