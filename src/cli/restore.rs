//! `tradepost restore`: puts the stores of a backup where the settings say, if there are none yet, and says what must be
//! asked of the payment platforms, which have gone on since.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};

use super::progress::Progress;
use crate::app::stores::Stores;
use crate::config::Settings;
use crate::db::connection::folder;
use crate::db::connection::identity::Found;
use crate::db::connection::unfinished::{self, Unfinished};
use crate::domain::clock::Timestamp;

/// Bytes that are copied at once.
const CHUNK: usize = 1 << 20;

/// Result of a restore.
#[derive(Debug)]
pub struct Restored {
    /// The owners whose stores were restored.
    pub owners: Vec<&'static str>,
    /// The moment that the backup shows; `None` if it was not made by `tradepost backup`.
    pub as_of: Option<Timestamp>,
    /// Payments that were open at that moment.
    pub open_payments: u64,
    /// Refunds that no platform had confirmed.
    pub pending_refunds: u64,
}

/// Restores the backup in `dir` and prints what to do next.
pub fn run(settings: &Settings, dir: &Path) -> anyhow::Result<ExitCode> {
    let restored = restore(settings, dir)?;
    writeln!(std::io::stdout(), "{}", advice(&restored))?;
    Ok(ExitCode::SUCCESS)
}

/// The text that is printed after a restore.
fn advice(restored: &Restored) -> String {
    let Restored { owners, as_of, open_payments, pending_refunds } = restored;
    let as_of = as_of.map_or_else(|| "the time of the backup".to_owned(), |time| time.to_string());
    format!(
        "restored: {}\n\
         The stores are as of {as_of}. The platforms know what happened since, so ask them before customers return:\n\
         1. Start the server. It asks for the {open_payments} payments that were open, and makes the {pending_refunds} \
         refunds that were pending, with the same numbers as before.\n\
         2. Run `tradepost reconcile --provider P STATEMENT` for each platform, with its statement since {as_of}, and then \
         with --apply, which books the refunds since. A payment that is missing here belongs to an order that was lost.\n\
         3. Do not repeat a refund before that: one made since {as_of} is not known here. A platform that says what it has \
         given back is asked before a refund is sent, and then parks it; Alipay does not say it.\n\
         4. Look at GET /admin/parked: money for payments that are not known here waits there for your decision.",
        owners.join(", ")
    )
}

/// Copies the stores of the backup in `from` to the places of the settings, verifies and migrates them. An existing store
/// of the sandbox platform is kept.
///
/// # Errors
/// Fails if a store exists or is on a database server, a server is running, or the backup is not whole. Nothing is left
/// behind then.
pub fn restore(settings: &Settings, from: &Path) -> anyhow::Result<Restored> {
    let mut stores = Stores::open(settings)?;
    for (owner, store, _) in stores.all() {
        if store.file().is_none() {
            bail!("the store of {owner} is on {}: restore it with the tools of that server", store.engine());
        }
    }
    ensure!(!Unfinished::is_in(from), "the backup {}", unfinished::problem(from));
    ensure!(!folder::is_served(from), "{}: a server is running on it: use a backup", from.display());
    let _locks = stores.lock()?;
    if stores.sandbox.as_ref().and_then(|store| store.file()).is_some_and(|file| {
        // The platform's own book may be newer than the shop's, like that of any platform.
        file.exists() || !from.join("sandbox.db").exists()
    }) {
        stores.sandbox = None;
    }
    let targets = targets(&stores)?;
    expect_files(from, &targets)?;
    let folders = unfinished_folders(&targets)?;
    let restored = copy_all(settings, from, &targets, &folders, stores.sandbox.is_none())?;
    for unfinished in folders.into_values() {
        unfinished.publish().context("cannot put the stores in their place")?;
    }
    Ok(restored)
}

/// The file of each store. None of them may exist, nor a log, which SQLite would apply to the restored file.
fn targets(stores: &Stores) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    let mut targets = Vec::new();
    for (owner, store, _) in stores.all() {
        let Some(file) = store.file() else { continue };
        for suffix in ["", "-wal", "-shm"] {
            let existing = PathBuf::from(format!("{}{suffix}", file.display()));
            ensure!(!existing.exists(), "{} exists, and restore overwrites nothing: move it away", existing.display());
        }
        targets.push((owner, file.to_owned()));
    }
    Ok(targets)
}

fn expect_files(from: &Path, targets: &[(&'static str, PathBuf)]) -> anyhow::Result<()> {
    for (owner, _) in targets {
        let file = from.join(format!("{owner}.db"));
        ensure!(file.is_file(), "{}: there is no such file, so this is not a whole backup", file.display());
    }
    Ok(())
}

/// An unfinished folder beside the targets, for each folder of a target.
fn unfinished_folders(targets: &[(&'static str, PathBuf)]) -> anyhow::Result<BTreeMap<PathBuf, Unfinished>> {
    let mut folders = BTreeMap::new();
    for folder in targets.iter().filter_map(|(_, file)| file.parent()) {
        if !folders.contains_key(folder) {
            ensure!(!Unfinished::is_in(folder), "the restore to {} {}", folder.display(), unfinished::problem(folder));
            folders.insert(folder.to_owned(), Unfinished::create(folder).map_err(anyhow::Error::msg)?);
        }
    }
    Ok(folders)
}

/// Copies the files into the unfinished folders, verifies and migrates them there.
fn copy_all(
    settings: &Settings,
    from: &Path,
    targets: &[(&'static str, PathBuf)],
    folders: &BTreeMap<PathBuf, Unfinished>,
    without_sandbox: bool,
) -> anyhow::Result<Restored> {
    let size = |name: String| from.join(name).metadata().map_or(0, |file| file.len());
    let progress = Progress::bytes(targets.iter().flat_map(|(owner, _)| files_of(owner)).map(size).sum());
    for (owner, file) in targets {
        progress.doing(format!("copying {owner}"));
        let to = file.parent().and_then(|folder| folders.get(folder)).map(Unfinished::path).unwrap_or_default();
        for name in files_of(owner) {
            if from.join(&name).exists() {
                copy_file(&from.join(&name), &to.join(&name), &progress).with_context(|| name)?;
            }
        }
    }
    let mut copy_settings = settings.clone();
    copy_settings.store.map_urls(|url| {
        let folder = Path::new(url.strip_prefix("sqlite://").unwrap_or(url));
        folders.get(folder).map_or_else(|| url.to_owned(), |to| format!("sqlite://{}", to.path().display()))
    });
    let mut copies = Stores::open(&copy_settings)?;
    if without_sandbox {
        copies.sandbox = None;
    }
    for (owner, store, _) in copies.all() {
        progress.doing(format!("verifying {owner}"));
        store.verify_integrity().with_context(|| format!("the backup's store of {owner}"))?;
    }
    let as_of = backup_time(&copies)?;
    progress.doing("migrating");
    copies.set_up()?;
    progress.finish();
    Ok(Restored {
        owners: copies.all().into_iter().map(|(owner, ..)| owner).collect(),
        as_of,
        open_payments: copies.owners.pay.count("pay_open")?,
        pending_refunds: copies.owners.pay.count("pay_refund WHERE status = 0")?,
    })
}

/// The names of the files of a store in a backup.
fn files_of(owner: &str) -> [String; 2] {
    [format!("{owner}.db"), format!("{owner}.db-wal")]
}

fn copy_file(from: &Path, to: &Path, progress: &Progress) -> anyhow::Result<()> {
    folder::create_file(to).map_err(anyhow::Error::msg)?;
    let mut target = File::options().write(true).open(to)?;
    let (mut source, mut buffer) = (File::open(from)?, vec![0; CHUNK]);
    loop {
        let length = source.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
        target.write_all(bytes)?;
        progress.advance(u64::try_from(length)?);
    }
    Ok(target.sync_all()?)
}

fn backup_time(stores: &Stores) -> anyhow::Result<Option<Timestamp>> {
    let times = stores.inspect()?.into_iter().map(|(_, found)| match found {
        Found::Tables { identity: Some(identity), .. } => identity.backup_time,
        _ => None,
    });
    Ok(times.flatten().min())
}
