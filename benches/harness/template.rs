//! SQLite stores that are prepared once and copied for every run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::process::{Data, Server};
use super::run::{self, Report, SETTINGS, Task};
use super::shop::{Shop, USER};
use super::{old_orders, seed};

/// Prepared SQLite stores.
pub struct Template {
    data: Data,
    pub shop: Shop,
}

impl Template {
    /// Prepares stores in `folder`. Rows that exist there are kept.
    pub fn new(folder: PathBuf, shop: Shop) -> Self {
        let data = Data::embedded(folder);
        seed::write(&data.url, &shop);
        // The first start creates the administrator's account.
        Server::start(&data, &SETTINGS).stop();
        Self { data, shop }
    }

    /// Adds `orders` old orders of the shop's users.
    pub fn age(&self, orders: u64) {
        old_orders::fill(&self.data.url, orders, USER);
    }

    /// Copies the stores to `folder`, which must be empty or not exist.
    pub fn copy(&self, folder: &Path) -> Data {
        fs::create_dir_all(folder).unwrap();
        for file in fs::read_dir(&self.data.folder).unwrap() {
            let file = file.unwrap();
            let copy = folder.join(file.file_name());
            fs::copy(file.path(), &copy).unwrap();
            // Otherwise the system writes it back during the measurement.
            File::open(copy).unwrap().sync_all().unwrap();
        }
        Data::embedded(folder.to_owned())
    }

    /// Runs `task` on the prepared stores themselves.
    pub fn run(&self, settings: &[(&str, &str)], task: &Task) -> Report {
        run::run(&self.data, settings, task)
    }
}
