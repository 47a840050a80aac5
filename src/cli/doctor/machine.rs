//! Looks at what the machine has left: space on disks, and files that may be open.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

use super::finding::Finding;
use crate::app::open_files;
use crate::app::{self, stores::Stores};
use crate::config::Settings;

const MIB: u64 = 1 << 20;
/// Less free space soon stops writes.
const LEAST_BYTES: u64 = 100 * MIB;
/// Less free space should be looked at.
const FEW_BYTES: u64 = 1024 * MIB;

/// The findings about disks and open files.
pub fn check(settings: &Settings) -> Vec<Finding> {
    let mut findings: Vec<Finding> = disks(settings).iter().filter_map(|folder| of_disk(folder)).collect();
    findings.push(of_open_files(settings));
    findings
}

/// A folder with data on each disk; the nearest one that exists, for a folder that does not exist yet.
fn disks(settings: &Settings) -> Vec<PathBuf> {
    let stores = Stores::open(settings);
    let all = stores.as_ref().map(Stores::all).unwrap_or_default();
    let mut folders: Vec<PathBuf> =
        all.iter().filter_map(|(_, store, _)| Some(store.file()?.parent()?.to_owned())).collect();
    folders.push(app::secrets_path(settings));
    let mut by_device = BTreeMap::new();
    for folder in folders {
        let absolute = std::path::absolute(&folder).unwrap_or(folder);
        let existing = absolute.ancestors().find_map(|folder| Some((folder.metadata().ok()?.dev(), folder.to_owned())));
        if let Some((device, folder)) = existing {
            by_device.entry(device).or_insert(folder);
        }
    }
    by_device.into_values().collect()
}

fn of_disk(folder: &Path) -> Option<Finding> {
    let disk = statvfs(folder).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let check = "free disk";
    let detail = format!("{} MiB are free at {}", free / MIB, folder.display());
    Some(match free {
        ..LEAST_BYTES => Finding::bad(check, detail, "make room: writes are refused when the disk is full"),
        LEAST_BYTES..FEW_BYTES => Finding::warn(check, detail, "make room, or move the data to a larger disk"),
        _ => Finding::ok(check, detail),
    })
}

fn of_open_files(settings: &Settings) -> Finding {
    let check = "open files";
    let (allowed, wanted) = (open_files::allowed(), open_files::wanted(settings));
    let detail = format!("{allowed} are allowed, http.connections_max needs about {wanted}");
    if allowed < wanted {
        let way_out = "raise the limit (`ulimit -n`, LimitNOFILE= of systemd), or lower http.connections_max";
        Finding::warn(check, detail, way_out)
    } else {
        Finding::ok(check, detail)
    }
}
