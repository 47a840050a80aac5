//! `tradepost backup`: copies all stores as of one moment, while a server may be writing to them.
//!
//! No transaction spans two stores, so any moment without an open write transaction is a consistent cut. To get one,
//! the backup holds the write locks of all stores while it begins a read transaction on each, which takes milliseconds.
//! Work in progress across stores is recorded in their rows and resumes when a server starts on the copy.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::app::stores::Stores;
use crate::config::Settings;
use crate::db::connection::backup::Copy;

/// Copies all SQLite stores into `dir` and prints the names of their owners.
pub fn run(settings: &Settings, dir: &Path) -> anyhow::Result<ExitCode> {
    let copied = copy_all(settings, dir)?;
    writeln!(std::io::stdout(), "copied to {}: {}", dir.display(), copied.join(", "))?;
    Ok(ExitCode::SUCCESS)
}

/// Copies all stores of the settings into `folder`, which must be empty or is created. Returns the owners whose stores
/// were copied.
///
/// # Errors
/// Fails if the folder is not empty, a store is on a database server, or a copy fails.
pub fn copy_all(settings: &Settings, folder: &Path) -> anyhow::Result<Vec<&'static str>> {
    let stores = Stores::open(settings)?;
    stores.expect_all()?;
    for (owner, store, _) in stores.all() {
        if store.file().is_none() {
            bail!("the store of {owner} is on {}: use the backup of that server", store.engine());
        }
    }
    create_empty(folder).with_context(|| folder.display().to_string())?;
    let mut copy_settings = settings.clone();
    copy_settings.store.use_one_url(&format!("sqlite://{}", folder.display()));
    let copies = Stores::open(&copy_settings)?;
    copies.migrate()?;
    let target_of = |owner: &str| copies.all().into_iter().find(|(name, ..)| *name == owner).map(|(_, store, _)| store);

    let (mut locked, mut in_progress) = (Vec::new(), Vec::new());
    for (owner, store, _) in stores.all() {
        // The sandbox platform's store does not exist if the platform was never enabled here.
        let (true, Some(target)) = (store.exists()?, target_of(owner)) else { continue };
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
    let mut copied = Vec::new();
    for (owner, copy) in in_progress {
        copy.finish().with_context(|| format!("the store of {owner}"))?;
        copied.push(owner);
    }
    copies.checkpoint();
    fs::File::open(folder)?.sync_all()?;
    Ok(copied)
}

/// Creates `folder`, readable only by its owner, or checks that it is empty.
fn create_empty(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if folder.exists() {
        return match fs::read_dir(folder)?.next() {
            None => Ok(()),
            Some(_) => Err(std::io::Error::other("is not empty")),
        };
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
