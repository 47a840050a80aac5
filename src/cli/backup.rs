//! `tradepost backup`: copies all stores as of one moment, while a server may be writing to them.
//!
//! No transaction spans two stores, so any moment without an open write transaction is a consistent cut. To get one,
//! the backup holds the write locks of all stores while it begins a read transaction on each, which takes milliseconds.
//! Work in progress across stores is recorded in their rows and resumes when a server starts on the copy.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use rustix::process::geteuid;

use super::progress::Progress;
use crate::app::stores::Stores;
use crate::config::Settings;
use crate::db::Store;
use crate::db::connection::backup::Copy;
use crate::db::connection::identity::{Found, State};
use crate::db::connection::unfinished::Unfinished;
use crate::domain::clock::Clock;

/// Copies all SQLite stores into `dir` and prints the names of their owners.
pub fn run(settings: &Settings, dir: &Path) -> anyhow::Result<ExitCode> {
    let copied = copy_all(settings, dir)?;
    writeln!(std::io::stdout(), "copied to {}: {}", dir.display(), copied.join(", "))?;
    Ok(ExitCode::SUCCESS)
}

/// Copies all stores of the settings into `folder`, which is created, or must be empty and closed to other users. Returns
/// the owners whose stores were copied. If it fails, nothing is left in the folder. If it is killed, what is left is refused by all commands.
///
/// # Errors
/// Fails if the folder is not empty or not ours alone, a store is on a database server, or a copy fails.
pub fn copy_all(settings: &Settings, folder: &Path) -> anyhow::Result<Vec<&'static str>> {
    let mut stores = Stores::open(settings)?;
    for (owner, store, _) in stores.all() {
        if store.file().is_none() {
            bail!("the store of {owner} is on {}: {}", store.engine(), backup_of(store.engine()));
        }
    }
    stores.expect_complete()?;
    // The sandbox platform's store does not exist if the platform was never enabled here.
    let shop_id = shop_of(&mut stores)?;
    expect_empty(folder).with_context(|| folder.display().to_string())?;
    let unfinished = Unfinished::create(folder).map_err(anyhow::Error::msg)?;
    let copied = copy(&stores, settings, &shop_id, &unfinished.path())?;
    unfinished.publish().with_context(|| folder.display().to_string())?;
    Ok(copied)
}

/// How a database server is backed up.
pub(super) const fn backup_of(engine: &str) -> &'static str {
    match engine.as_bytes() {
        b"postgres" => "use the backup of that server: pg_dump of the whole database",
        _ => {
            "use the backup of that server: mariadb-dump --single-transaction --databases, with all databases of the shop"
        }
    }
}

/// The id of the shop. Drops the store of the sandbox from `stores` if it does not exist.
fn shop_of(stores: &mut Stores) -> anyhow::Result<String> {
    let mut shop_id = None;
    for (owner, found) in stores.inspect()? {
        match found {
            Found::Tables { identity: Some(identity), .. } => shop_id = Some(identity.shop_id),
            _ if owner == "sandbox" => stores.sandbox = None,
            _ => {}
        }
    }
    shop_id.context("the stores have no identity")
}

/// Copies `stores` into `folder`.
fn copy(stores: &Stores, settings: &Settings, shop_id: &str, folder: &Path) -> anyhow::Result<Vec<&'static str>> {
    let mut copy_settings = settings.clone();
    copy_settings.store.use_one_url(&format!("sqlite://{}", folder.display()));
    let mut copies = Stores::open(&copy_settings)?;
    if stores.sandbox.is_none() {
        copies.sandbox = None;
    }
    copies.set_up_copy(shop_id, Clock::default().now())?;

    let (mut locked, mut in_progress) = (Vec::new(), Vec::new());
    for ((owner, store, _), (_, target, _)) in stores.all().into_iter().zip(copies.all()) {
        in_progress.push((owner, Copy::new(store, target)?));
        let mut writer = store.writer()?;
        writer.batch_execute("BEGIN IMMEDIATE").with_context(|| format!("the store of {owner} is busy"))?;
        locked.push(writer);
    }
    for (_, copy) in &mut in_progress {
        copy.begin()?;
    }
    for mut writer in locked {
        writer.batch_execute("ROLLBACK")?;
    }
    let sizes = stores.all().into_iter().map(|(owner, store, _)| (owner, size(store)));
    let sizes: BTreeMap<&str, u64> = sizes.collect();
    let progress = Progress::bytes(sizes.values().sum());
    let mut copied = Vec::new();
    for (owner, copy) in in_progress {
        progress.doing(owner);
        copy.finish().with_context(|| format!("the store of {owner}"))?;
        progress.advance(sizes.get(owner).copied().unwrap_or(0));
        copied.push(owner);
    }
    progress.finish();
    // The last connection to a copy was closed with it, so its log has been checkpointed and removed.
    copies.complete(State::Copying)?;
    Ok(copied)
}

/// Bytes of the file of a SQLite store.
pub(super) fn size(store: &Store) -> u64 {
    store.file().and_then(|file| file.metadata().ok()).map_or(0, |file| file.len())
}

/// Verifies that `folder` is empty and closed to other users, or does not exist. In a folder of another user, that user
/// could read or replace the copies.
fn expect_empty(folder: &Path) -> anyhow::Result<()> {
    // Without a slash at the end, which would stand for the target of a link.
    let folder = folder.components().as_path();
    if let Ok(metadata) = folder.symlink_metadata() {
        ensure!(metadata.is_dir(), "is no directory: use a new one");
        let (owner, mode) = (metadata.uid(), metadata.mode() & 0o777);
        ensure!(owner == geteuid().as_raw(), "belongs to user {owner}: use a new directory");
        ensure!(mode & 0o077 == 0, "is open to other users (mode {mode:o}): use a new directory, or run chmod 700");
        ensure!(!Unfinished::is_in(folder), "has a backup that did not finish: remove the directory, or use another");
        ensure!(fs::read_dir(folder)?.next().is_none(), "is not empty");
    }
    Ok(())
}
