//! Where each owner's tables are, as the settings say.

use std::collections::BTreeMap;

use crate::audit::OwnerStores;
use crate::config::{self, Settings};
use crate::db::{self, Limits, Store, migrate};

/// All stores.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Those of the five owners.
    pub owners: OwnerStores,
    /// The sandbox platform's, where it is set up.
    pub sandbox: Option<Store>,
    /// The setting that says where an owner's tables are.
    keys: BTreeMap<&'static str, String>,
}

impl Stores {
    /// The stores the settings name; nothing is opened yet.
    ///
    /// # Errors
    /// The setting that cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, config::Error> {
        Self::with_limits(settings, settings.store.limits())
    }

    /// The same with other limits than those of the settings.
    ///
    /// # Errors
    /// The setting that cannot be used.
    pub fn with_limits(settings: &Settings, limits: Limits) -> Result<Self, config::Error> {
        let store = &settings.store;
        let mut keys = BTreeMap::new();
        let mut open = |owner: &'static str, own: &str| {
            let (key, url) = if own.is_empty() {
                ("store.url".to_owned(), &*store.url)
            } else {
                (format!("store.{owner}.url"), own)
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

    fn wrong(&self, owner: &str, what: &str) -> config::Error {
        config::Error::new(self.keys.get(owner).map_or("store.url", String::as_str), format!("{owner} {what}"))
    }

    /// Each store with whose it is, and its migrations.
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

    /// Brings all tables to the newest version; returns the migrations that ran, as `owner/version`.
    ///
    /// # Errors
    /// The setting of the store that cannot be opened or migrated.
    pub fn migrate(&self) -> Result<Vec<String>, config::Error> {
        let mut ran = Vec::new();
        for (owner, store, migrations) in self.all() {
            let versions = migrate::run(store, migrations)
                .map_err(|error| self.wrong(owner, &format!("cannot use its tables: {error}")))?;
            ran.extend(versions.into_iter().map(|version| format!("{owner}/{version}")));
        }
        Ok(ran)
    }

    /// That every owner has tables: an audit must not make them.
    ///
    /// # Errors
    /// The setting of the first store that is not there.
    pub fn expect_all(&self) -> Result<(), config::Error> {
        for (owner, store, _) in self.all().into_iter().filter(|(owner, ..)| *owner != "sandbox") {
            match store.exists() {
                Ok(true) => {}
                Ok(false) => return Err(self.wrong(owner, "has no tables there")),
                Err(error) => return Err(self.wrong(owner, &format!("cannot use its tables: {error}"))),
            }
        }
        Ok(())
    }

    /// Folds the write-ahead logs into the files.
    pub fn checkpoint(&self) {
        for (owner, store, _) in self.all() {
            if let Err(error) = db::Store::checkpoint(store) {
                tracing::warn!(owner, %error, "cannot fold up the store; the next start will");
            }
        }
    }
}
