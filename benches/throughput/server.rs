//! A private PostgreSQL server with durable commits. The servers of the tests do not sync; this one does.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::harness::process::{Data, Server};
use super::harness::run::SETTINGS;
use super::harness::seed;
use super::harness::shop::Shop;

#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../../tests/server/engine.rs"]
mod engine;
#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../../tests/server/home.rs"]
mod home;
#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../../tests/server/postgres.rs"]
mod postgres;

use home::Home;

/// Time limit for the start of the server.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
/// The database with the prepared rows, the template of each run's database.
const PREPARED: &str = "prepared";
/// Settings after those of the tests, which they override. They make commits durable, give the server the memory it can
/// use here, and keep checkpoints out of the runs.
const SERVER: [&str; 6] = [
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
];

/// The server. Dropping it kills the process and deletes its data.
pub struct Postgres {
    home: Home,
    child: Option<Child>,
    port: u16,
    copies: AtomicU32,
}

impl Postgres {
    /// Starts a server and prepares the rows of `shop`. `folder` is for the secrets of the application.
    pub fn start(shop: &Shop, folder: &Path) -> Self {
        if !cfg!(feature = "postgres") {
            panic!("this build has no PostgreSQL: cargo bench --features postgres");
        }
        let home = Home::new(postgres::KILL);
        let init = home.spawn(&postgres::init(&home)).wait().unwrap();
        assert!(init.success(), "no new server:\n{}", home.log());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut serve = postgres::serve(&home, port);
        serve.arguments.extend(SERVER.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
        let child = home.spawn(&serve);
        let server = Self { home, child: Some(child), port, copies: AtomicU32::new(0) };
        let deadline = Instant::now() + STARTS_WITHIN;
        while server.try_sql(postgres::ADMIN, "SELECT 1").is_none() {
            assert!(Instant::now() < deadline, "it does not start:\n{}", server.home.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        server.prepare(shop, folder);
        server
    }

    fn prepare(&self, shop: &Shop, folder: &Path) {
        self.sql(postgres::ADMIN, &postgres::create(PREPARED));
        let data = Data { folder: folder.to_owned(), url: self.url(PREPARED) };
        seed::write(&data.url, shop);
        std::fs::create_dir_all(folder).unwrap();
        // The first start creates the administrator's account.
        Server::start(&data, &SETTINGS).stop();
        self.sql(PREPARED, "VACUUM ANALYZE");
    }

    /// Calls `work` with the name of a copy of the prepared database, which is dropped afterwards.
    pub fn with_copy<T>(&self, work: impl FnOnce(&str) -> T) -> T {
        let name = format!("run{}", self.copies.fetch_add(1, Ordering::Relaxed));
        self.sql(postgres::ADMIN, &format!("CREATE DATABASE {name} TEMPLATE {PREPARED}"));
        self.sql(postgres::ADMIN, "CHECKPOINT");
        let result = work(&name);
        self.sql(postgres::ADMIN, &postgres::drop(&name));
        result
    }

    /// The URL of `database`.
    pub fn url(&self, database: &str) -> String {
        engine::Engine::Postgres.url(self.port, database)
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Path of the program `name` of the server's installation.
    pub fn program(&self, name: &str) -> PathBuf {
        postgres::client(self.port, "", "").program.canonicalize().unwrap().with_file_name(name)
    }

    /// The version and the settings that make commits durable, as the server reports them.
    pub fn setting(&self) -> String {
        let show = |name: &str| self.sql(postgres::ADMIN, &format!("SHOW {name}"));
        let durable = ["fsync", "synchronous_commit", "full_page_writes"].map(|name| format!("{name}={}", show(name)));
        let version = show("server_version");
        format!("PostgreSQL {}, {}", version.split(' ').next().unwrap(), durable.join(", "))
    }

    fn sql(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql).unwrap_or_else(|| panic!("{sql}\n{}", self.home.log()))
    }

    fn try_sql(&self, database: &str, sql: &str) -> Option<String> {
        let output = postgres::client(self.port, database, sql).command().output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            self.home.kill(child);
        }
    }
}
