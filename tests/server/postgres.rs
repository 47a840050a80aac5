//! PostgreSQL as a private server.

use std::cmp::Reverse;
use std::fs;
use std::path::PathBuf;

use super::engine::USER;
use super::home::{self, Call, Home};

/// Requests an immediate shutdown: every process of the server ends at once without further writes, and the next start
/// recovers from the log. SIGKILL would leave backends and shared memory behind.
pub const KILL: &str = "QUIT";
/// A database that always exists.
pub const ADMIN: &str = "postgres";
/// Returns a path in the server's folder.
pub const FOLDER_QUERY: &str = "SHOW data_directory";

pub fn init(home: &Home) -> Call {
    let data = home.path("data");
    let arguments =
        ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username", USER, "--pgdata", &data];
    Call::new(program("initdb"), arguments)
}

pub fn serve(home: &Home, port: u16) -> Call {
    let settings = [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        // Several servers on one machine need different places for a socket.
        "unix_socket_directories=".to_owned(),
        // Only the server is killed, and data that the operating system has survives that.
        "fsync=off".to_owned(),
        "full_page_writes=off".to_owned(),
        "max_connections=300".to_owned(),
        "shared_buffers=64MB".to_owned(),
    ];
    let settings = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]);
    Call::new(program("postgres"), ["-D".to_owned(), home.path("data")].into_iter().chain(settings))
}

pub fn client(port: u16, database: &str, sql: &str) -> Call {
    let base = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", USER];
    let port = port.to_string();
    Call::new(program("psql"), base.into_iter().chain(["-p", &port, "-d", database, "-c", sql]))
}

/// Dumps a database in one snapshot, as statements.
pub fn dump(port: u16, database: &str) -> Call {
    let port = port.to_string();
    Call::new(program("pg_dump"), ["-h", "127.0.0.1", "-U", USER, "-p", &port, database])
}

/// Creates a database from `template0`, to which no client can connect, so that the template is never in use.
pub fn create(name: &str) -> String {
    format!("CREATE DATABASE \"{name}\" TEMPLATE template0")
}

pub fn drop(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")
}

/// A program of the version in PATH, or else of the newest version. Debian installs them outside PATH.
fn program(name: &str) -> PathBuf {
    const PACKAGE: &str = "postgresql";
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut versions: Vec<PathBuf> = installed.collect();
    let version = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    versions.sort_by_key(|folder| Reverse(version(folder)));
    let folders: Vec<PathBuf> =
        home::path().into_iter().chain(versions.iter().map(|version| version.join("bin"))).collect();
    let server = home::find(&["postgres"], &folders, PACKAGE).canonicalize().unwrap();
    // All programs must have the same version, and the client in PATH may be a script that selects a server.
    home::find(&[name], &[server.with_file_name("")], PACKAGE)
}
