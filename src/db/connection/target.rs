//! Parsing of a store URL into the engine and the location of an owner's tables.

use std::path::PathBuf;

use crate::db::Db;
use crate::db::limits::{Limits, Mode};

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
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(file) => crate::db::engine::sqlite::open(file, mode, limits).map(Db::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres { url, schema } => {
                crate::db::engine::postgres::open(url, schema, mode, limits).map(Db::Postgres)
            }
            #[cfg(feature = "mysql")]
            Self::Mysql { server, database, options } => {
                crate::db::engine::mysql::open(server, database, options, mode, limits).map(Db::Mysql)
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            other => Err(format!("this build has no {}", other.engine())),
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

const fn compiled_in(enabled: bool, feature: &'static str) -> Result<(), UrlError> {
    if enabled { Ok(()) } else { Err(UrlError::Feature(feature)) }
}

/// Splits the part of a URL after the scheme into server, database and `?query`.
fn database(rest: &str) -> Result<(&str, &str, &str), UrlError> {
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    match path.split_once('/') {
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
        for url in
            ["", "data", "sqlite://", "oracle://u:secret@host/db", "postgres://u:secret@host", "mysql://u:secret@host"]
        {
            let message = Target::new(url, "goods").expect_err(url).to_string();
            assert!(!message.contains("secret") && message.lines().count() == 1, "{message}");
        }
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn the_error_for_a_missing_engine_names_its_feature() {
        let message =
            Target::new("postgres://host/db", "goods").expect_err("PostgreSQL is not compiled in").to_string();
        assert!(message.contains("--features postgres"), "{message}");
    }
}
