//! The database engines, and the one this process tests.

/// The user of every private server. It has no password: the servers listen on loopback alone and live for minutes.
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

    /// Its name in the environment, and the scheme of its addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// The address of a database behind a port of this machine: a server's, or a proxy's.
    pub fn url(self, port: u16, database: &str) -> String {
        format!("{}://{USER}@127.0.0.1:{port}/{database}", self.name())
    }

    /// The one engine that is named.
    pub fn named(name: &str) -> Result<Self, String> {
        if name.contains(',') {
            return Err(format!("{VARIABLE}={name}: a process tests one engine; cargo's runner splits the list"));
        }
        let known = Self::ALL.into_iter().find(|engine| engine.name() == name.trim());
        known.ok_or_else(|| format!("{VARIABLE}={name}: no such engine, there are sqlite, postgres and mysql"))
    }
}

/// The engine of this test process; SQLite where none is named.
pub fn engine() -> Engine {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests are set up from outside, the application has no part in it"
    )]
    let name = std::env::var(VARIABLE).ok();
    name.map_or(Engine::Sqlite, |name| Engine::named(&name).unwrap_or_else(|wrong| panic!("{wrong}")))
}
