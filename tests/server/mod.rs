//! Private database servers for tests: each has a port and a folder of its own, and is gone when its process is.
//!
//! Shared by several test binaries through `#[path]`. The suite uses all of it; who uses less says so where it is included.

mod engine;
mod home;
mod mysql;
pub mod place;
mod postgres;
pub mod proxy;

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use engine::{Engine, engine};
use home::{Call, Home};

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A private server on a free port of this machine. Dropped, it leaves nothing behind.
pub struct Server {
    engine: Engine,
    port: u16,
    /// `None` while it is killed.
    process: Mutex<Option<Child>>,
    home: Home,
}

impl Server {
    /// Makes a new server and waits until it answers.
    pub fn start(engine: Engine) -> Self {
        let (signal, init): (_, fn(&Home) -> Call) = match engine {
            Engine::Sqlite => panic!("SQLite has no server"),
            Engine::Postgres => (postgres::KILL, postgres::init),
            Engine::Mysql => (mysql::KILL, mysql::init),
        };
        let home = Home::new(signal);
        let mut init = home.spawn(&init(&home));
        assert!(init.wait().unwrap().success(), "no new {} server:\n{}", engine.name(), home.log());
        let mut server = Self { engine, port: 0, process: Mutex::new(None), home };
        // Somebody may take the port between our look and the server's.
        for _ in 0..5 {
            server.port = free_port();
            if server.run(&mut server.process()) {
                return server;
            }
        }
        panic!("{} does not start:\n{}", engine.name(), server.home.log());
    }

    /// The server all tests of this process share, started when the first asks for it.
    pub fn shared(engine: Engine) -> &'static Self {
        static POSTGRES: OnceLock<Server> = OnceLock::new();
        static MYSQL: OnceLock<Server> = OnceLock::new();
        let server = if engine == Engine::Mysql { &MYSQL } else { &POSTGRES };
        server.get_or_init(|| Self::start(engine))
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database on this server.
    pub fn url(&self, database: &str) -> String {
        self.engine.url(self.port, database)
    }

    /// Where everything of it is.
    pub fn folder(&self) -> PathBuf {
        self.home.path("").into()
    }

    /// Makes an empty database. On MySQL a name stands for all databases that begin with it, and the application makes
    /// those itself.
    pub fn create_database(&self, name: &str) {
        if self.engine == Engine::Postgres {
            self.sql(postgres::ADMIN, &postgres::create(name));
        }
    }

    /// Drops a database, whoever is connected to it; on MySQL, all databases `<name>_…`.
    pub fn drop_database(&self, name: &str) {
        if self.engine == Engine::Postgres {
            self.sql(postgres::ADMIN, &postgres::drop(name));
            return;
        }
        let all = self.sql(mysql::ADMIN, "SHOW DATABASES");
        let ours = all.lines().filter(|each| each.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')));
        let drops: Vec<String> = ours.map(mysql::drop).collect();
        if !drops.is_empty() {
            self.sql(mysql::ADMIN, &drops.join(";"));
        }
    }

    /// Runs SQL with the engine's own client; the rows, a line each.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.sql_at(self.port, database, sql).unwrap_or_else(|wrong| panic!("{sql}: {wrong}"))
    }

    /// Runs SQL through another port, where a proxy to this server is. The rows, or what the client says went wrong.
    pub fn sql_at(&self, port: u16, database: &str, sql: &str) -> Result<String, String> {
        let client = if self.engine == Engine::Mysql { mysql::client } else { postgres::client };
        let output = client(port, database, sql).command().output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Kills it: what it did not commit is lost, every connection breaks, none is accepted.
    pub fn kill(&self) {
        if let Some(child) = self.process().take() {
            self.home.kill(child);
        }
    }

    /// Starts it again after a kill, on the same port and data, and waits until it answers.
    pub fn resume(&self) {
        let mut process = self.process();
        assert!(process.is_none(), "it was not killed");
        assert!(self.run(&mut process), "it does not start again:\n{}", self.home.log());
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the server until it answers. False where it ended instead.
    fn run(&self, process: &mut Option<Child>) -> bool {
        let (serve, admin, whose): (fn(&Home, u16) -> Call, _, _) = match self.engine {
            Engine::Mysql => (mysql::serve, mysql::ADMIN, mysql::WHOSE),
            _ => (postgres::serve, postgres::ADMIN, postgres::WHOSE),
        };
        let until = Instant::now() + STARTS_WITHIN;
        let child = process.insert(self.home.spawn(&serve(&self.home, self.port)));
        let home = self.home.path("");
        while child.try_wait().unwrap().is_none() {
            // Another server on this port is not the one we wait for.
            let answer = self.sql_at(self.port, admin, whose);
            if answer.as_ref().is_ok_and(|folder| folder.starts_with(&home)) {
                return true;
            }
            assert!(Instant::now() < until, "{answer:?} after {STARTS_WITHIN:?}:\n{}", self.home.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        if let Some(child) = process.take() {
            self.home.kill(child);
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port nobody listens on, below those the system gives to clients: while the server is dead, no client's own end may
/// take its place.
fn free_port() -> u16 {
    let random = u16::try_from(RandomState::new().hash_one(0) % 15_000).unwrap();
    let mut ports = (15_000 + random..30_000).chain(15_000..15_000 + random);
    let free = ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.unwrap_or_else(|| panic!("no port is free"))
}
