//! Where each owner's tables are, as the settings say.

use crate::audit::Books;
use crate::config::{self, Settings};
use crate::db::{self, Store, migrate};

/// All stores.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Those of the five owners.
    pub books: Books,
    /// The sandbox platform's, where it is set up.
    pub sandbox: Option<Store>,
    /// The owners with a store of their own.
    apart: Vec<&'static str>,
}

impl Stores {
    /// The stores the settings name; nothing is opened yet.
    ///
    /// # Errors
    /// The setting that cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, config::Error> {
        let store = &settings.store;
        let open = |owner: &str, own: &config::OwnStore| {
            let (key, url) = match own.url.as_str() {
                "" => ("store.url".to_owned(), store.url.as_str()),
                url => (format!("store.{owner}.url"), url),
            };
            Store::new(url, owner, store.readers).map_err(|error| config::Error::new(&key, error))
        };
        let books = Books {
            coupon: open("coupon", &store.coupon)?,
            goods: open("goods", &store.goods)?,
            user: open("user", &store.user)?,
            order: open("order", &store.order)?,
            pay: open("pay", &store.pay)?,
        };
        let shared = config::OwnStore { url: String::new() };
        let sandbox = settings.gateway.sandbox.enabled.then(|| open("sandbox", &shared)).transpose()?;
        let owners = [
            ("coupon", &store.coupon),
            ("goods", &store.goods),
            ("user", &store.user),
            ("order", &store.order),
            ("pay", &store.pay),
        ];
        let apart = owners.into_iter().filter(|(_, own)| !own.url.is_empty()).map(|(owner, _)| owner).collect();
        Ok(Self { books, sandbox, apart })
    }

    /// The setting that says where an owner's tables are.
    fn key(&self, owner: &str) -> String {
        if self.apart.contains(&owner) { format!("store.{owner}.url") } else { "store.url".to_owned() }
    }

    fn all(&self) -> Vec<(&'static str, &Store, migrate::Migrations)> {
        let books = &self.books;
        let mut all = vec![
            ("coupon", &books.coupon, migrate::COUPON),
            ("goods", &books.goods, migrate::GOODS),
            ("user", &books.user, migrate::USER),
            ("order", &books.order, migrate::ORDER),
            ("pay", &books.pay, migrate::PAY),
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
            let versions = migrate::run(store, migrations).map_err(|error| {
                config::Error::new(&self.key(owner), format!("cannot use the store of {owner}: {error}"))
            })?;
            ran.extend(versions.into_iter().map(|version| format!("{owner}/{version}")));
        }
        Ok(ran)
    }

    /// The first owner whose tables are missing.
    #[must_use]
    pub fn missing(&self) -> Option<&'static str> {
        self.all().into_iter().find(|(owner, store, _)| *owner != "sandbox" && !store.exists()).map(|(owner, ..)| owner)
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
