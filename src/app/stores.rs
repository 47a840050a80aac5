//! The stores of all owners, as configured in the settings.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use crate::audit::OwnerStores;
use crate::config::{self, Settings};
use crate::db::connection::folder::FolderLock;
use crate::db::{self, Limits, Store, migrate};

/// The stores of an installation.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Stores of the five owners.
    pub owners: OwnerStores,
    /// Store of the sandbox platform, if it is enabled.
    pub sandbox: Option<Store>,
    /// By owner, the key of the setting with its store's URL; for error messages.
    keys: BTreeMap<&'static str, String>,
}

impl Stores {
    /// The stores in the settings. No connection is opened yet.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, config::Error> {
        Self::with_limits(settings, settings.store.limits())
    }

    /// Like [`Self::open`], with `limits` in place of those of the settings.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn with_limits(settings: &Settings, limits: Limits) -> Result<Self, config::Error> {
        let store = &settings.store;
        let mut keys = BTreeMap::new();
        let mut open = |owner: &'static str, own_url: &str| {
            let (key, url) = if own_url.is_empty() {
                ("store.url".to_owned(), &*store.url)
            } else {
                (format!("store.{owner}.url"), own_url)
            };
            let opened = Store::new(url, owner, limits).map_err(|error| config::Error::new(&key, error));
            keys.insert(owner, key);
            opened
        };
        let owners = OwnerStores {
            coupon: open("coupon", &store.coupon.url)?,
            goods: open("goods", &store.goods.url)?,
            user: open("user", &store.user.url)?,
            order: open("order", &store.order.url)?,
            pay: open("pay", &store.pay.url)?,
        };
        let sandbox = settings.gateway.sandbox.enabled.then(|| open("sandbox", "")).transpose()?;
        Ok(Self { owners, sandbox, keys })
    }

    /// An error of the setting with the owner's URL; `problem` completes a sentence that starts with the owner.
    fn error(&self, owner: &str, problem: &str) -> config::Error {
        config::Error::new(self.keys.get(owner).map_or("store.url", String::as_str), format!("{owner} {problem}"))
    }

    /// Each store, with the name of its owner and its migrations.
    pub(crate) fn all(&self) -> Vec<(&'static str, &Store, migrate::Migrations)> {
        let owners = &self.owners;
        let mut all = vec![
            ("coupon", &owners.coupon, migrate::COUPON),
            ("goods", &owners.goods, migrate::GOODS),
            ("user", &owners.user, migrate::USER),
            ("order", &owners.order, migrate::ORDER),
            ("pay", &owners.pay, migrate::PAY),
        ];
        all.extend(self.sandbox.as_ref().map(|store| ("sandbox", store, migrate::SANDBOX)));
        all
    }

    /// Locks the folder of every SQLite store for this process. Two servers on one folder would create equal ids.
    ///
    /// # Errors
    /// Names the setting of a folder that another process has locked.
    pub fn lock(&self) -> Result<Vec<FolderLock>, config::Error> {
        let mut locked: BTreeMap<&Path, FolderLock> = BTreeMap::new();
        for (owner, store, _) in self.all() {
            let Some(folder) = store.file().and_then(Path::parent) else { continue };
            if let Entry::Vacant(free) = locked.entry(folder) {
                free.insert(FolderLock::acquire(folder).map_err(|reason| self.error(owner, &reason))?);
            }
        }
        Ok(locked.into_values().collect())
    }

    /// Verifies that no owner's store is missing while another owner's store has rows: a lost store must not be served as
    /// an empty one.
    ///
    /// # Errors
    /// Names the setting of the missing store, or of one that cannot be read.
    pub fn expect_whole(&self) -> Result<(), config::Error> {
        let mut missing = None;
        let mut in_use = None;
        for (owner, store, _) in self.all().into_iter().filter(|(owner, ..)| *owner != "sandbox") {
            let unusable = |error: db::Error| self.error(owner, &format!("cannot use its tables: {error}"));
            if !store.exists().map_err(unusable)? {
                missing = missing.or(Some(owner));
            } else if store.has_rows(table_of(owner)).map_err(unusable)? {
                in_use = in_use.or(Some(owner));
            }
        }
        match (missing, in_use) {
            (Some(missing), Some(in_use)) => Err(self.error(
                missing,
                &format!(
                    "has no tables there, but {in_use} has rows: put the missing store back, or start with empty ones"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Migrates all tables to the newest version. Returns the migrations that ran, as `owner/version`.
    ///
    /// # Errors
    /// Names the setting of the store that cannot be opened or migrated.
    pub fn migrate(&self) -> Result<Vec<String>, config::Error> {
        let mut ran = Vec::new();
        for (owner, store, migrations) in self.all() {
            let versions = migrate::run(store, migrations)
                .map_err(|error| self.error(owner, &format!("cannot use its tables: {error}")))?;
            ran.extend(versions.into_iter().map(|version| format!("{owner}/{version}")));
        }
        Ok(ran)
    }

    /// Checks that the tables of every owner exist, for commands that must not create them.
    ///
    /// # Errors
    /// Names the setting of the first store without tables.
    pub fn expect_all(&self) -> Result<(), config::Error> {
        for (owner, store, _) in self.all().into_iter().filter(|(owner, ..)| *owner != "sandbox") {
            match store.exists() {
                Ok(true) => {}
                Ok(false) => return Err(self.error(owner, "has no tables there")),
                Err(error) => return Err(self.error(owner, &format!("cannot use its tables: {error}"))),
            }
        }
        Ok(())
    }

    /// Checkpoints the write-ahead logs into the database files. A failure is only logged.
    pub fn checkpoint(&self) {
        for (owner, store, _) in self.all() {
            if let Err(error) = db::Store::checkpoint(store) {
                tracing::warn!(owner, %error, "cannot checkpoint the store; the next start will");
            }
        }
    }
}

/// The table that has a row as soon as the owner has been used.
fn table_of(owner: &str) -> &str {
    match owner {
        "user" => "users",
        "order" => "orders",
        other => other,
    }
}
