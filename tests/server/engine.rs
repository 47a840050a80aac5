//! The database engines, and the engine that this process tests.

/// The user of every private server. It has no password, because the servers accept only local connections and run for
/// minutes.
pub const USER: &str = "tradepost";
const VARIABLE: &str = "TRADEPOST_TEST_ENGINES";

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
    Mysql,
}

impl Engine {
    const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Mysql];

    /// Its name in the environment, and the scheme of its URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// The URL of a database behind a local port, which is a server's or a proxy's.
    pub fn url(self, port: u16, database: &str) -> String {
        format!("{}://{USER}@127.0.0.1:{port}/{database}", self.name())
    }

    /// The engine with this name.
    ///
    /// # Errors
    /// The name is unknown, or it is a list.
    pub fn named(name: &str) -> Result<Self, String> {
        if name.contains(',') {
            return Err(format!("{VARIABLE}={name}: a process tests one engine; cargo's runner splits the list"));
        }
        let known = Self::ALL.into_iter().find(|engine| engine.name() == name.trim());
        known.ok_or_else(|| format!("{VARIABLE}={name}: no such engine, there are sqlite, postgres and mysql"))
    }
}

/// The engine of this test process; SQLite by default.
pub fn engine() -> Engine {
    #[expect(clippy::disallowed_methods, reason = "the variable belongs to the test run, not to the settings")]
    let name = std::env::var(VARIABLE).ok();
    name.map_or(Engine::Sqlite, |name| Engine::named(&name).unwrap_or_else(|error| panic!("{error}")))
}
