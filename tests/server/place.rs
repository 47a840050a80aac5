//! Where an application of a test keeps its data.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::{Engine, Server, engine};

/// A folder of its own and, on a server, a database of its own. Dropped, it leaves nothing behind but the folder of a test
/// that failed.
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

    /// On an engine; a server is the one all tests of this process share.
    pub fn on(engine: Engine) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = format!("shop{}", COUNT.fetch_add(1, Ordering::Relaxed));
        if engine != Engine::Sqlite {
            Server::shared(engine).create_database(&database);
        }
        Self { engine, folder: tempfile::tempdir().unwrap(), database }
    }

    /// The folder: for secrets and, on SQLite, the data.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What `store.url` is to be.
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
            println!("what there is of it is kept in {}", self.folder.path().display());
        }
        if self.engine != Engine::Sqlite {
            Server::shared(self.engine).drop_database(&self.database);
        }
    }
}
