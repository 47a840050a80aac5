//! Stores that are prepared once; every run gets a copy.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::process::{Data, Server};
use super::run::{self, Report, SETTINGS, Task};
use super::shop::{Shop, USER};
use super::{old_orders, seed};

/// Prepared stores, embedded ones.
pub struct Template {
    data: Data,
    pub shop: Shop,
}

impl Template {
    /// Prepares stores in `folder`, beside what is in them already.
    pub fn new(folder: PathBuf, shop: Shop) -> Self {
        let data = Data::embedded(folder);
        seed::write(&data.url, &shop);
        // The administrator's account is made by the first start.
        Server::start(&data, &SETTINGS).stop();
        Self { data, shop }
    }

    /// Adds so many old orders of the shop's users.
    pub fn age(&self, orders: u64) {
        old_orders::fill(&self.data.url, orders, USER);
    }

    /// A copy in another folder, in which nothing may be yet.
    pub fn copy(&self, folder: &Path) -> Data {
        fs::create_dir_all(folder).unwrap();
        for file in fs::read_dir(&self.data.folder).unwrap() {
            let file = file.unwrap();
            let copy = folder.join(file.file_name());
            fs::copy(file.path(), &copy).unwrap();
            // Else it is written while the run is measured.
            File::open(copy).unwrap().sync_all().unwrap();
        }
        Data::embedded(folder.to_owned())
    }

    /// A run on the prepared stores themselves.
    pub fn run(&self, settings: &[(&str, &str)], task: &Task) -> Report {
        run::run(&self.data, settings, task)
    }
}
