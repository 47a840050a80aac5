//! The stores of all owners, as configured in the settings.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use uuid::Uuid;

use super::identity::{self, Inspections, Refusal, Shop};
use crate::audit::OwnerStores;
use crate::config::{self, Settings};
use crate::db::connection::folder::FolderLock;
use crate::db::connection::identity::{Found, Identity, State};
use crate::db::connection::unfinished::{self, Unfinished};
#[cfg(feature = "sqlite")]
use crate::db::connection::verify::Verification;
use crate::db::ledger::{chain, ledgers_of};
use crate::db::{self, Class, Limits, Store, migrate};
use crate::domain::clock::Timestamp;

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

/// The part of the memory for page caches that an owner's writer may use: one divided by this number. Orders and payments
/// have the most rows and indexes.
const fn cache_share(owner: &str) -> u32 {
    match owner.as_bytes() {
        b"order" => 2,
        b"pay" => 4,
        _ => 8,
    }
}

impl Stores {
    /// The stores in the settings. No connection is opened yet.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, config::Error> {
        Self::with_limits(settings, settings.store_limits())
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
            let limits = Limits { cache_kib: limits.cache_kib / cache_share(owner), ..limits };
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

    /// An error of the setting with the owner's URL; `problem` completes a sentence that starts with the owner and the
    /// place of its store.
    fn error(&self, owner: &str, problem: &str) -> config::Error {
        let place = self.all().into_iter().find(|(other, ..)| *other == owner).map(|(_, store, _)| store.place());
        self.setting_error(owner, format!("{owner} ({}) {problem}", place.unwrap_or_default()))
    }

    fn setting_error(&self, owner: &str, message: String) -> config::Error {
        config::Error::new(self.keys.get(owner).map_or("store.url", String::as_str), message)
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

    /// The places of the data, for people, without user and password; each after the names of its owners. The place with the
    /// most owners is first.
    pub(crate) fn places(&self) -> Vec<(String, String)> {
        let mut owners_by_place: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (owner, store, _) in self.all() {
            owners_by_place.entry(store.location()).or_default().push(owner);
        }
        let mut places: Vec<_> =
            owners_by_place.into_iter().map(|(place, owners)| (owners.join(", "), place)).collect();
        places.sort_by_key(|(owners, _)| std::cmp::Reverse(owners.len()));
        places
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
                free.insert(FolderLock::acquire(folder).map_err(|reason| self.setting_error(owner, reason))?);
            }
        }
        Ok(locked.into_values().collect())
    }

    /// Verifies the SQLite files that failed while they were last used, after their recovery, and those that are small.
    ///
    /// # Errors
    /// Names the setting of the first file that is damaged or cannot be read.
    #[cfg(feature = "sqlite")]
    pub fn verify(&self) -> Result<(), config::Error> {
        for (owner, store, _) in self.all() {
            let Some(file) = store.file().map(Path::display) else { continue };
            let first = match store.problems(Verification::BeforeUse) {
                Ok(problems) => problems.unwrap_or_default().into_iter().next(),
                Err(error) if error.class == Class::Damaged => Some(error.source.to_string()),
                Err(error) => return Err(self.error(owner, &format!("cannot use {file}: {}", error.source))),
            };
            if let Some(problem) = first {
                // An error while opening a file begins with its name.
                let name = format!("{file}: ");
                let problem = problem.strip_prefix(&name).unwrap_or(&problem);
                return Err(self.error(owner, &format!("is damaged ({problem}): restore all stores from a backup")));
            }
        }
        Ok(())
    }

    /// Migrates all tables to the newest version and gives the stores of a new shop, or of a release without identities,
    /// their identity. Returns the migrations that ran, as `owner/version`.
    ///
    /// # Errors
    /// Names the setting of a store that cannot be opened or migrated, or that does not belong to the others.
    pub fn set_up(&self) -> Result<Vec<String>, config::Error> {
        let shop = self.judge(&identity::judge)?;
        let ran = self.migrate()?;
        if let Shop::Prepare(shop_id) = shop {
            self.identify(shop_id)?;
            self.complete(State::Preparing)?;
        }
        Ok(ran)
    }

    /// Whether [`Self::set_up`] would change nothing.
    ///
    /// # Errors
    /// Names the setting of a store that cannot be read.
    pub fn is_set_up(&self) -> Result<bool, config::Error> {
        Ok(identity::is_set_up(&self.inspect()?))
    }

    /// Creates the tables of an unfinished copy of the shop `shop_id` as of `backup_time`. Each store says that it is one
    /// before the next is created.
    ///
    /// # Errors
    /// Names the setting of a store that cannot be written.
    pub fn set_up_copy(&self, shop_id: &str, backup_time: Timestamp) -> Result<(), config::Error> {
        self.all().into_iter().try_for_each(|(owner, store, migrations)| {
            let identity = Identity {
                owner: owner.to_owned(),
                shop_id: shop_id.to_owned(),
                state: State::Copying,
                backup_time: Some(backup_time),
            };
            migrate::run(store, migrations)
                .and_then(|_| store.claim(&identity))
                .map(drop)
                .map_err(|error| self.unusable(owner, &error))
        })
    }

    fn migrate(&self) -> Result<Vec<String>, config::Error> {
        let mut ran = Vec::new();
        for (owner, store, migrations) in self.all() {
            let versions = migrate::run(store, migrations).map_err(|error| self.unusable(owner, &error))?;
            ran.extend(versions.into_iter().map(|version| format!("{owner}/{version}")));
        }
        Ok(ran)
    }

    /// Checks that the database servers have enough connections for each owner to read and write at the same time.
    ///
    /// # Errors
    /// Names the setting of the store that gets no connection, the number needed, and the server's reason.
    pub fn expect_connections(&self) -> Result<(), config::Error> {
        let on_servers: Vec<_> = self.all().into_iter().filter(|(_, store, _)| !store.is_embedded()).collect();
        let mut held = Vec::new();
        for (owner, store, _) in &on_servers {
            for _ in 0..2 {
                held.push(store.spare_connection().map_err(|error| {
                    let (open, least) = (held.len(), 2 * on_servers.len());
                    self.error(
                        owner,
                        &format!("gets no connection after {open}, at least {least} are needed: {}", error.source),
                    )
                })?);
            }
        }
        Ok(())
    }

    /// Verifies that all stores are complete and of this release, for commands that must not change them.
    ///
    /// # Errors
    /// Names the setting of the first store that is missing, not set up, or does not belong to the others.
    pub fn expect_complete(&self) -> Result<(), config::Error> {
        self.judge(&identity::judge_complete)
    }

    /// Gives each store without an identity that of `shop_id`, or of a new shop.
    fn identify(&self, shop_id: Option<String>) -> Result<(), config::Error> {
        let mut shop_id = shop_id.unwrap_or_else(|| Uuid::now_v7().to_string());
        for (at, (owner, store, _)) in self.all().into_iter().enumerate() {
            let shop = shop_id.clone();
            let new = Identity { owner: owner.to_owned(), shop_id: shop, state: State::Preparing, backup_time: None };
            let recorded = store.claim(&new).map_err(|error| self.unusable(owner, &error))?;
            // The first store decides between nodes that start at the same time.
            if at == 0 {
                shop_id = recorded.shop_id;
            } else if recorded.shop_id != shop_id {
                return Err(self.error(owner, "belongs to another shop: put the store of this shop there"));
            }
        }
        Ok(())
    }

    /// Marks all stores in state `from` as complete.
    ///
    /// # Errors
    /// Names the setting of a store that cannot be written.
    pub fn complete(&self, from: State) -> Result<(), config::Error> {
        self.all()
            .into_iter()
            .try_for_each(|(owner, store, _)| store.complete(from).map_err(|error| self.unusable(owner, &error)))
    }

    /// Applies `judge` to what is found at the places of the stores. Another node may be setting up the shop in the
    /// meantime, so stores are only refused if they are found unchanged a second time.
    fn judge<T>(&self, judge: &dyn Fn(&Inspections) -> Result<T, Refusal>) -> Result<T, config::Error> {
        for (owner, store, _) in self.all() {
            if let Some(folder) = store.file().and_then(Path::parent).filter(|folder| Unfinished::is_in(folder)) {
                return Err(self.error(owner, &unfinished::problem(folder)));
            }
        }
        let mut found = self.inspect()?;
        loop {
            let refusal = match judge(&found) {
                Ok(verdict) => return Ok(verdict),
                Err(refusal) => refusal,
            };
            let again = self.inspect()?;
            if again == found {
                return Err(self.error(refusal.owner, &refusal.problem));
            }
            found = again;
        }
    }

    /// Inspects the places of the stores.
    ///
    /// # Errors
    /// Names the setting of a store that cannot be read.
    pub(crate) fn inspect(&self) -> Result<Vec<(&'static str, Found)>, config::Error> {
        let found = self.inspect_each().into_iter();
        found.map(|(owner, _, found)| Ok((owner, found.map_err(|error| self.unusable(owner, &error))?))).collect()
    }

    /// Inspects the place of each store, also if others cannot be read.
    pub(crate) fn inspect_each(&self) -> Vec<(&'static str, &Store, db::Result<Found>)> {
        let all = self.all().into_iter();
        all.map(|(owner, store, migrations)| (owner, store, store.inspect(table_of(owner), &migrations))).collect()
    }

    fn unusable(&self, owner: &'static str, error: &db::Error) -> config::Error {
        self.error(owner, &format!("cannot use its tables: {error}"))
    }

    /// The id of the shop to which the stores belong, if they have one.
    ///
    /// # Errors
    /// Names the setting of a store that cannot be read.
    pub fn shop_id(&self) -> Result<Option<String>, config::Error> {
        Ok(identity::shop_of(&self.inspect()?))
    }

    /// The largest id in the tables, from which the ids of the next start continue.
    ///
    /// # Errors
    /// Names the setting of a store that cannot be read.
    pub fn largest_id(&self) -> Result<Option<i64>, config::Error> {
        let mut largest = None;
        for (owner, store, _) in self.all() {
            for (_, table, column) in ID_COLUMNS.iter().filter(|(other, ..)| *other == owner) {
                largest = largest.max(store.largest(table, column).map_err(|error| self.unusable(owner, &error))?);
            }
        }
        Ok(largest)
    }

    /// Records which files the stores are, so that a file replaced under the running server is noticed.
    ///
    /// # Errors
    /// Names the setting of a file that cannot be found.
    pub fn pin(&self) -> Result<(), config::Error> {
        self.all().into_iter().try_for_each(|(owner, store, _)| {
            store.pin().map_err(|error| self.error(owner, &format!("cannot be used: {error}")))
        })
    }

    /// Begins the chains of the ledgers if `is_on`, or ends them.
    ///
    /// # Errors
    /// Names the setting of a store that cannot be written.
    pub fn begin_chains(&self, is_on: bool, now: Timestamp) -> Result<(), config::Error> {
        for (owner, store) in self.with_ledgers() {
            let begun = store.writer().and_then(|mut db| chain::begin(&mut db, owner, is_on, now));
            begun.map_err(|error| self.unusable(owner, &error))?;
        }
        Ok(())
    }

    /// Seals the records of the ledgers that are left. A failure is only logged.
    pub fn seal_chains(&self, now: Timestamp) {
        for (owner, store) in self.with_ledgers() {
            if let Err(error) = store.writer().and_then(|mut db| chain::seal_all(&mut db, now)) {
                tracing::warn!(owner, %error, "cannot seal the ledgers; the next start will");
            }
        }
    }

    /// The stores of the owners that have ledgers.
    fn with_ledgers(&self) -> impl Iterator<Item = (&'static str, &Store)> {
        let all = self.all().into_iter().map(|(owner, store, _)| (owner, store));
        all.filter(|(owner, _)| !ledgers_of(owner).is_empty())
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

/// The columns with generated ids, by owner. Each is the first of an index. The logs can have ids of orders and payments
/// that the owner's own store lost when it was replaced by an older one.
const ID_COLUMNS: [(&str, &str, &str); 27] = [
    ("coupon", "coupon", "coupon_id"),
    ("coupon", "coupon_log", "order_id"),
    ("coupon", "admin_act", "act_id"),
    ("coupon", "ledger_record", "record_id"),
    ("goods", "goods", "goods_id"),
    ("goods", "goods_adjustment", "adjustment_id"),
    ("goods", "goods_number_log", "order_id"),
    ("goods", "ledger_record", "record_id"),
    ("goods", "admin_act", "act_id"),
    ("user", "users", "user_id"),
    ("user", "user_adjustment", "adjustment_id"),
    ("user", "admin_act", "act_id"),
    ("user", "api_key", "api_key_id"),
    ("user", "user_score_log", "order_id"),
    ("user", "webhook", "webhook_id"),
    ("user", "webhook_delivery", "delivery_id"),
    ("user", "ledger_record", "record_id"),
    ("order", "orders", "order_id"),
    ("order", "order_act", "act_id"),
    ("order", "order_refund", "refund_id"),
    ("order", "ledger_record", "record_id"),
    ("pay", "pay", "pay_id"),
    ("pay", "pay_log", "pay_id"),
    ("pay", "pay_refund", "refund_id"),
    ("pay", "ledger_record", "record_id"),
    ("sandbox", "sandbox_delivery", "delivery_id"),
    ("sandbox", "sandbox_trade", "trade_no"),
];

/// The table that has a row as soon as the owner has been used.
fn table_of(owner: &str) -> &str {
    match owner {
        "user" => "users",
        "order" => "orders",
        "sandbox" => "sandbox_trade",
        other => other,
    }
}
