//! Which engine an owner's tables are on, and where: what a `store.url` says.

use std::path::PathBuf;

use crate::db::Db;
use crate::db::limits::{Limits, Mode};

/// Where one owner's tables are.
#[derive(Debug, Clone)]
pub enum Target {
    /// A file of its own.
    Sqlite(PathBuf),
    /// A schema of its own in the database of the URL.
    Postgres {
        /// Of the database.
        url: String,
        /// Named like the owner.
        schema: String,
    },
    /// A database of its own.
    Mysql {
        /// `mysql://`, user and host.
        server: String,
        /// The database of the setting, `_`, and the owner.
        database: String,
        /// What follows the database in the URL.
        options: String,
    },
}

/// Why a store's URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// Another scheme than the engines that are known.
    #[error(
        "{0:?} is no kind of store: it must be sqlite://<directory>, postgres://<server>/<database> or mysql://<server>/<database>"
    )]
    Scheme(String),
    /// An engine that this build does not have.
    #[error("this build has no such engine: build it with --features {0}")]
    Feature(&'static str),
    /// No database is named.
    #[error("it names no database: it must end with /<database>")]
    Database,
    /// The directory cannot be made.
    #[error("cannot use the directory {0}: {1}")]
    Directory(PathBuf, std::io::Error),
}

impl Target {
    /// Where the tables of `owner` are at `url`. A directory is made where it is missing.
    ///
    /// # Errors
    /// [`UrlError`], which never repeats the URL: it may hold a password.
    pub fn new(url: &str, owner: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        match scheme {
            "sqlite" if !rest.is_empty() => {
                compiled_in(cfg!(feature = "sqlite"), "sqlite")?;
                let folder = PathBuf::from(rest);
                match std::fs::create_dir_all(&folder) {
                    Ok(()) => Ok(Self::Sqlite(folder.join(format!("{owner}.db")))),
                    Err(error) => Err(UrlError::Directory(folder, error)),
                }
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

    /// Opens a connection; else says in one line why not.
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

    /// The engine's name, as the cargo feature.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres { .. } => "postgres",
            Self::Mysql { .. } => "mysql",
        }
    }
}

const fn compiled_in(is: bool, feature: &'static str) -> Result<(), UrlError> {
    if is { Ok(()) } else { Err(UrlError::Feature(feature)) }
}

/// Server, database and `?query` of what follows the scheme.
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
    fn a_database_must_be_named() {
        assert_eq!(database("u:p@host:1/shop?a=b").ok(), Some(("u:p@host:1", "shop", "?a=b")));
        assert_eq!(database("host/shop").ok(), Some(("host", "shop", "")));
        for rest in ["", "host", "host/", "host?a=/b", "host/a/b"] {
            assert!(database(rest).is_err(), "{rest}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_without_the_url() {
        for url in
            ["", "data", "sqlite://", "oracle://u:secret@host/db", "postgres://u:secret@host", "mysql://u:secret@host"]
        {
            let told = Target::new(url, "goods").expect_err(url).to_string();
            assert!(!told.contains("secret") && told.lines().count() == 1, "{told}");
        }
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn an_engine_that_is_not_compiled_in_is_named() {
        let told = Target::new("postgres://host/db", "goods").expect_err("there is no such engine").to_string();
        assert!(told.contains("--features postgres"), "{told}");
    }
}
