//! A backup of all stores at one moment, while they are written.
//!
//! No transaction is over two stores, so a moment at which nobody writes in any of them is a consistent cut. It is made by
//! holding the writers of all of them for as long as it takes to begin a read of each: milliseconds. What is under way
//! between the stores at that moment is in their rows, and is driven on where the backup is started.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::app::stores::Stores;
use crate::config::Settings;
use crate::db::connection::backup::Copy;

/// Copies all SQLite stores into `dir` and prints which.
pub fn run(settings: &Settings, dir: &Path) -> anyhow::Result<ExitCode> {
    let copied = copy_all(settings, dir)?;
    writeln!(std::io::stdout(), "copied to {}: {}", dir.display(), copied.join(", "))?;
    Ok(ExitCode::SUCCESS)
}

/// Copies all stores of the settings into `folder`, which is made, or is there and empty. Answers what was copied.
///
/// # Errors
/// A folder that is not empty, a store that is on a server, a copy that cannot be made.
pub fn copy_all(settings: &Settings, folder: &Path) -> anyhow::Result<Vec<&'static str>> {
    let stores = Stores::open(settings)?;
    stores.expect_all()?;
    for (owner, store, _) in stores.all() {
        if store.file().is_none() {
            bail!("the store of {owner} is on {}: use the backup of that server", store.engine());
        }
    }
    make(folder).with_context(|| folder.display().to_string())?;
    let mut elsewhere = settings.clone();
    elsewhere.store.use_one_url(&format!("sqlite://{}", folder.display()));
    let copies = Stores::open(&elsewhere)?;
    copies.migrate()?;
    let there = |owner: &str| copies.all().into_iter().find(|(name, ..)| *name == owner).map(|(_, store, _)| store);

    let (mut held, mut under_way) = (Vec::new(), Vec::new());
    for (owner, store, _) in stores.all() {
        // The sandbox platform may never have run here.
        let (true, Some(to)) = (store.exists()?, there(owner)) else { continue };
        under_way.push((owner, Copy::new(store, to)?));
        let mut writer = store.writer()?;
        writer.batch_execute("BEGIN IMMEDIATE").with_context(|| format!("the store of {owner} is busy"))?;
        held.push(writer);
    }
    for (_, copy) in &mut under_way {
        copy.begin()?;
    }
    for mut writer in held {
        writer.batch_execute("ROLLBACK")?;
    }
    let mut copied = Vec::new();
    for (owner, copy) in under_way {
        copy.finish().with_context(|| format!("the store of {owner}"))?;
        copied.push(owner);
    }
    copies.checkpoint();
    fs::File::open(folder)?.sync_all()?;
    Ok(copied)
}

/// A folder of our own with nothing in it.
fn make(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if folder.exists() {
        return match fs::read_dir(folder)?.next() {
            None => Ok(()),
            Some(_) => Err(std::io::Error::other("is not empty")),
        };
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
