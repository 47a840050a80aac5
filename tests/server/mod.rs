//! Private database servers for tests. Each has its own port and folder, and is removed when its process ends.
//!
//! Several test binaries share this module through `#[path]`. A binary that does not use all of it says so where it
//! includes the module.

mod engine;
mod home;
mod mysql;
pub mod place;
mod postgres;
pub mod proxy;

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use engine::{Engine, engine};
use home::{Call, Home};

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A private server on a free local port. Dropping it removes all of its files.
pub struct Server {
    engine: Engine,
    port: u16,
    /// `None` while the server is killed.
    process: Mutex<Option<Child>>,
    home: Home,
}

impl Server {
    /// Creates a new server and waits until it answers.
    pub fn start(engine: Engine) -> Self {
        let (signal, init): (_, fn(&Home) -> Call) = match engine {
            Engine::Sqlite => panic!("SQLite has no server"),
            Engine::Postgres => (postgres::KILL, postgres::init),
            Engine::Mysql => (mysql::KILL, mysql::init),
        };
        let home = Home::new(signal);
        let mut init = home.spawn(&init(&home));
        assert!(init.wait().unwrap().success(), "the {} server cannot be created:\n{}", engine.name(), home.log());
        let mut server = Self { engine, port: 0, process: Mutex::new(None), home };
        // Another process may take the port between `free_port` and the start.
        for _ in 0..5 {
            server.port = free_port();
            if server.run(&mut server.process()) {
                return server;
            }
        }
        panic!("{} does not start:\n{}", engine.name(), server.home.log());
    }

    /// The server that all tests of this process share. The first call starts it.
    pub fn shared(engine: Engine) -> &'static Self {
        static POSTGRES: OnceLock<Server> = OnceLock::new();
        static MYSQL: OnceLock<Server> = OnceLock::new();
        let server = if engine == Engine::Mysql { &MYSQL } else { &POSTGRES };
        server.get_or_init(|| Self::start(engine))
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database on this server.
    pub fn url(&self, database: &str) -> String {
        self.engine.url(self.port, database)
    }

    /// The folder with all of its files.
    pub fn folder(&self) -> PathBuf {
        self.home.path("").into()
    }

    /// Creates an empty database. On MySQL a name stands for all databases with this prefix, and the application
    /// creates them itself.
    pub fn create_database(&self, name: &str) {
        if self.engine == Engine::Postgres {
            self.sql(postgres::ADMIN, &postgres::create(name));
        }
    }

    /// Dumps a database as the documentation says, and loads the dump as another database.
    pub fn copy_database(&self, from: &str, to: &str) {
        if self.engine == Engine::Postgres {
            let dump = postgres::dump(self.port, from).command().output().unwrap();
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            return self.load(postgres::client(self.port, to, ""), &dump.stdout);
        }
        let databases = self.sql(mysql::ADMIN, "SHOW DATABASES");
        let ours: Vec<&str> = databases.lines().filter(|name| name.starts_with(&format!("{from}_"))).collect();
        let dump = mysql::dump(self.port, &ours).command().output().unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let text = String::from_utf8(dump.stdout).unwrap().replace(&format!("`{from}_"), &format!("`{to}_"));
        self.load(mysql::client(self.port, mysql::ADMIN, ""), text.as_bytes());
    }

    /// Runs the statements of a dump with the engine's client, which reads them from its input.
    fn load(&self, mut client: Call, dump: &[u8]) {
        // The last two arguments are the statements to run.
        client.arguments.truncate(client.arguments.len() - 2);
        let mut child = client.command().stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(dump).unwrap();
        assert!(child.wait().unwrap().success(), "the dump cannot be loaded into {}", self.engine.name());
    }

    /// Drops a database even if clients are connected to it. On MySQL, drops all databases `<name>_…`.
    pub fn drop_database(&self, name: &str) {
        if self.engine == Engine::Postgres {
            self.sql(postgres::ADMIN, &postgres::drop(name));
            return;
        }
        let databases = self.sql(mysql::ADMIN, "SHOW DATABASES");
        let ours =
            databases.lines().filter(|database| database.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')));
        let drops: Vec<String> = ours.map(mysql::drop).collect();
        if !drops.is_empty() {
            self.sql(mysql::ADMIN, &drops.join(";"));
        }
    }

    /// Runs SQL with the engine's own client; returns the rows, one in each line.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.sql_at(self.port, database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs SQL through the port of a proxy to this server; returns the rows.
    ///
    /// # Errors
    /// The client's error message.
    pub fn sql_at(&self, port: u16, database: &str, sql: &str) -> Result<String, String> {
        let client = if self.engine == Engine::Mysql { mysql::client } else { postgres::client };
        let output = client(port, database, sql).command().output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Kills the server. Uncommitted work is lost, every connection breaks, and no new one is accepted.
    pub fn kill(&self) {
        if let Some(child) = self.process().take() {
            self.home.kill(child);
        }
    }

    /// Starts the server again after a kill, on the same port with the same data, and waits until it answers.
    pub fn resume(&self) {
        let mut process = self.process();
        assert!(process.is_none(), "the server was not killed");
        assert!(self.run(&mut process), "the server does not start again:\n{}", self.home.log());
    }

    /// Stops all processes of the server. Its connections stay open and nothing is answered.
    pub fn stop(&self) {
        self.signal("STOP");
    }

    /// Lets the server go on after [`Self::stop`].
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    /// Sends a signal to the server and its children. A child of PostgreSQL has a process group of its own.
    fn signal(&self, name: &str) {
        let process = self.process();
        let id = process.as_ref().unwrap_or_else(|| panic!("the server was killed")).id();
        let signal = format!("kill -s {name} {id} $(cat /proc/{id}/task/*/children)");
        assert!(std::process::Command::new("sh").args(["-c", &signal]).status().unwrap().success(), "{signal}");
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the server until it answers. Returns `false` if it ends instead.
    fn run(&self, process: &mut Option<Child>) -> bool {
        let (serve, admin, folder_query): (fn(&Home, u16) -> Call, _, _) = match self.engine {
            Engine::Mysql => (mysql::serve, mysql::ADMIN, mysql::FOLDER_QUERY),
            _ => (postgres::serve, postgres::ADMIN, postgres::FOLDER_QUERY),
        };
        let until = Instant::now() + STARTS_WITHIN;
        let child = process.insert(self.home.spawn(&serve(&self.home, self.port)));
        let home = self.home.path("");
        while child.try_wait().unwrap().is_none() {
            // The answer may come from another server on this port.
            let answer = self.sql_at(self.port, admin, folder_query);
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

/// A free port below the range from which the system gives ports to clients. No client can therefore take the port
/// while the server is killed.
fn free_port() -> u16 {
    let random = u16::try_from(RandomState::new().hash_one(0) % 15_000).unwrap();
    let mut ports = (15_000 + random..30_000).chain(15_000..15_000 + random);
    let free = ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.unwrap_or_else(|| panic!("no port is free"))
}
