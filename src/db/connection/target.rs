//! Parsing of a store URL into the engine and the location of an owner's tables.

use std::path::PathBuf;

use crate::db::limits::{Limits, Mode};
use crate::db::{Connection, Db};

/// Location of one owner's tables.
#[derive(Debug, Clone)]
pub enum Target {
    /// The owner's own SQLite file.
    Sqlite(PathBuf),
    /// The owner's own schema in a PostgreSQL database.
    Postgres {
        /// URL of the database.
        url: String,
        /// Name of the schema, which is the name of the owner.
        schema: String,
    },
    /// The owner's own database on a MySQL or MariaDB server.
    Mysql {
        /// The URL up to the server: `mysql://user@host`.
        server: String,
        /// Name of the database: `<database of the URL>_<owner>`.
        database: String,
        /// Query part of the URL with its `?`, or empty.
        options: String,
    },
}

/// Reason why the URL of a store is invalid.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// The scheme is not that of a supported engine.
    #[error(
        "{0:?} is not a kind of store: the URL must be sqlite://<directory>, postgres://<server>/<database> or mysql://<server>/<database>"
    )]
    Scheme(String),
    /// The engine is not compiled in.
    #[error("this build does not include the engine: build it with --features {0}")]
    Feature(&'static str),
    /// The path of a SQLite URL is something that other programs understand and would here become a folder of that name.
    #[error("sqlite:// takes the plain path of a directory: {0}")]
    Folder(&'static str),
    /// The name of a database would have to be quoted.
    #[error("the name of the database must not contain quotes, backticks, backslashes or control characters")]
    DatabaseName,
    /// The URL does not name a database.
    #[error("the URL does not name a database: it must end with /<database>")]
    Database,
}

impl Target {
    /// The location of the tables of `owner` at `url`. Nothing is created.
    ///
    /// # Errors
    /// `UrlError`. Its text never contains the URL, which may hold a password.
    pub fn new(url: &str, owner: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        match scheme {
            "sqlite" if !rest.is_empty() => {
                compiled_in(cfg!(feature = "sqlite"), "sqlite")?;
                check_folder(rest)?;
                Ok(Self::Sqlite(PathBuf::from(rest).join(format!("{owner}.db"))))
            }
            "postgres" | "postgresql" => {
                compiled_in(cfg!(feature = "postgres"), "postgres")?;
                database(rest)?;
                Ok(Self::Postgres { url: url.to_owned(), schema: owner.to_owned() })
            }
            "mysql" | "mariadb" => {
                compiled_in(cfg!(feature = "mysql"), "mysql")?;
                let (server, name, options) = database(rest)?;
                Ok(Self::Mysql {
                    server: format!("mysql://{server}"),
                    database: format!("{name}_{owner}"),
                    options: options.to_owned(),
                })
            }
            _ => Err(UrlError::Scheme(scheme.to_owned())),
        }
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// The reason, on one line.
    pub(super) fn open(&self, mode: Mode, limits: Limits) -> Result<Db, String> {
        let connection = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(file) => crate::db::engine::sqlite::open(file, mode, limits).map(Connection::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres { url, schema } => {
                crate::db::engine::postgres::open(url, schema, mode, limits).map(Connection::Postgres)
            }
            #[cfg(feature = "mysql")]
            Self::Mysql { server, database, options } => {
                crate::db::engine::mysql::open(server, database, options, mode, limits).map(Connection::Mysql)
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            other => Err(format!("this build has no {}", other.engine())),
        };
        connection.map(Db::from)
    }

    /// Engine, and folder or server and database, for people: without user, password and options.
    #[must_use]
    pub fn location(&self) -> String {
        let without_user = |server: &str| server.rsplit_once('@').map_or(server, |(_, host)| host).to_owned();
        match self {
            Self::Sqlite(file) => {
                let folder = file.parent().unwrap_or(file);
                format!("sqlite, {}", std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).display())
            }
            Self::Postgres { url, .. } => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
                format!("postgres, {}, one schema per owner", without_user(rest))
            }
            Self::Mysql { server, database, .. } => {
                let name = database.rsplit_once('_').map_or(database.as_str(), |(name, _)| name);
                let server = server.split_once("://").map_or("", |(_, rest)| rest);
                format!("mysql, {}/{name}_<owner>", without_user(server))
            }
        }
    }

    /// Name of the engine, which is also the name of its cargo feature.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres { .. } => "postgres",
            Self::Mysql { .. } => "mysql",
        }
    }
}

/// Refuses a path that its writer expects to be expanded or interpreted.
fn check_folder(path: &str) -> Result<(), UrlError> {
    let why = if path.starts_with('~') {
        "~ is not expanded"
    } else if path.contains('$') {
        "variables are not expanded"
    } else if path.contains('?') {
        "options are not supported"
    } else if path.starts_with("file:") || path.starts_with(":memory:") {
        "file: and :memory: are not supported"
    } else if path.contains(char::is_control) {
        "control characters are not allowed"
    } else {
        return Ok(());
    };
    Err(UrlError::Folder(why))
}

const fn compiled_in(enabled: bool, feature: &'static str) -> Result<(), UrlError> {
    if enabled { Ok(()) } else { Err(UrlError::Feature(feature)) }
}

/// Splits the part of a URL after the scheme into server, database and `?query`.
fn database(rest: &str) -> Result<(&str, &str, &str), UrlError> {
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    match path.split_once('/') {
        Some((_, name)) if name.contains(['\'', '"', '`', '\\']) || name.contains(char::is_control) => {
            Err(UrlError::DatabaseName)
        }
        Some((server, name)) if !name.is_empty() && !name.contains('/') => Ok((server, name, query)),
        _ => Err(UrlError::Database),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_url_must_name_a_database() {
        assert_eq!(database("u:p@host:1/shop?a=b").ok(), Some(("u:p@host:1", "shop", "?a=b")));
        assert_eq!(database("host/shop").ok(), Some(("host", "shop", "")));
        for rest in ["", "host", "host/", "host?a=/b", "host/a/b"] {
            assert!(database(rest).is_err(), "{rest}");
        }
    }

    #[test]
    fn url_errors_do_not_contain_the_url() {
        for url in [
            "",
            "data",
            "sqlite://",
            "oracle://u:secret@host/db",
            "postgres://u:secret@host",
            "mysql://u:secret@host",
            "mysql://u:secret@host/a`b",
            "postgres://u:secret@host/a'b",
        ] {
            let message = Target::new(url, "goods").expect_err(url).to_string();
            assert!(!message.contains("secret") && message.lines().count() == 1, "{message}");
        }
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_sqlite_path_is_taken_as_it_is_or_refused() {
        for url in ["sqlite://data", "sqlite:///srv/a b/ä%20é", "sqlite://../data"] {
            assert!(Target::new(url, "goods").is_ok(), "{url}");
        }
        for path in ["~/shop", "${HOME}/shop", "$HOME/shop", "data?mode=ro", "file:data", ":memory:", "da\nta"] {
            let refused = Target::new(&format!("sqlite://{path}"), "goods");
            assert!(matches!(refused, Err(UrlError::Folder(_))), "{path}");
        }
    }

    #[test]
    fn a_location_contains_neither_user_nor_password() {
        let place = |url: &str| Target::new(url, "goods").unwrap().location();
        #[cfg(feature = "sqlite")]
        assert_eq!(place("sqlite:///srv/shop"), "sqlite, /srv/shop");
        #[cfg(feature = "postgres")]
        assert_eq!(
            place("postgres://u:secret@db:5432/shop?password=secret"),
            "postgres, db:5432/shop, one schema per owner"
        );
        #[cfg(feature = "mysql")]
        assert_eq!(place("mysql://u:se@cret@db/my_shop?a=b"), "mysql, db/my_shop_<owner>");
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn the_error_for_a_missing_engine_names_its_feature() {
        let message =
            Target::new("postgres://host/db", "goods").expect_err("PostgreSQL is not compiled in").to_string();
        assert!(message.contains("--features postgres"), "{message}");
    }
}
