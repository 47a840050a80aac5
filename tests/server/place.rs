//! The storage of an application under test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::{Engine, Server, engine};

/// A folder and, on a database server, a database. Dropping it removes both, except the folder of a failed test.
pub struct Place {
    engine: Engine,
    folder: TempDir,
    database: String,
}

impl Place {
    /// On the engine of this process.
    pub fn new() -> Self {
        Self::on(engine())
    }

    /// On this engine. A server is the one that all tests of this process share.
    pub fn on(engine: Engine) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = format!("shop{}", COUNT.fetch_add(1, Ordering::Relaxed));
        if engine != Engine::Sqlite {
            Server::shared(engine).create_database(&database);
        }
        Self { engine, folder: tempfile::tempdir().unwrap(), database }
    }

    /// The folder for secrets and, on SQLite, for the data.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Copies all databases of another place on the same server into this one, with the server's own tools.
    pub fn load_dump_of(&self, other: &Self) {
        Server::shared(self.engine).copy_database(&other.database, &self.database);
    }

    /// The value of the setting `store.url`.
    pub fn url(&self) -> String {
        match self.engine {
            Engine::Sqlite => format!("sqlite://{}", self.folder().display()),
            engine => Server::shared(engine).url(&self.database),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            println!("the files of the failed test are in {}", self.folder.path().display());
        }
        if self.engine != Engine::Sqlite {
            Server::shared(self.engine).drop_database(&self.database);
        }
    }
}
