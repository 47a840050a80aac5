//! MariaDB as a private server.

use std::path::PathBuf;

use super::engine::USER;
use super::home::{self, Call, Home};

/// One process, which has no time for last words.
pub const KILL: &str = "KILL";
/// A database that is always there.
pub const ADMIN: &str = "mysql";
/// Answers with a path in the folder of the server that answers.
pub const WHOSE: &str = "SELECT @@datadir";

pub fn init(home: &Home) -> Call {
    // A statement per line.
    let user = format!("CREATE USER IF NOT EXISTS {USER}@'%';\nGRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION;\n");
    home.write("start.sql", &user);
    let own = ["--skip-test-db", "--auth-root-authentication-method=normal"].map(str::to_owned);
    let program = program(&["mariadb-install-db", "mysql_install_db"]);
    // The option that there are no other settings must be the first.
    let mut arguments = settings(home);
    arguments.splice(1..1, own);
    Call::new(program, arguments)
}

pub fn serve(home: &Home, port: u16) -> Call {
    let server = [
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--skip-networking=0".to_owned(),
        "--skip-name-resolve".to_owned(),
        // The proxy reads along.
        "--skip-ssl".to_owned(),
        "--max-connections=300".to_owned(),
        format!("--socket={}", home.path("socket")),
        format!("--pid-file={}", home.path("pid")),
        format!("--init-file={}", home.path("start.sql")),
        "--skip-log-bin".to_owned(),
        "--performance-schema=OFF".to_owned(),
    ];
    Call::new(program(&["mariadbd", "mysqld"]), settings(home).into_iter().chain(server))
}

pub fn client(port: u16, database: &str, sql: &str) -> Call {
    let base =
        ["--no-defaults", "--batch", "--skip-column-names", "--protocol=tcp", "--host=127.0.0.1", "--user", USER];
    let port = port.to_string();
    let program = program(&["mariadb", "mysql"]);
    Call::new(program, base.into_iter().chain(["--port", &port, "--database", database, "--execute", sql]))
}

pub fn drop(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS `{name}`")
}

/// What the first and every later start have in common.
fn settings(home: &Home) -> Vec<String> {
    vec![
        "--no-defaults".to_owned(),
        format!("--datadir={}", home.path("data")),
        format!("--tmpdir={}", home.path("")),
        // A commit is handed to the operating system, which survives the death of the server; 0 would lose a second of
        // acknowledged commits. For the same reason nothing needs to be synced.
        "--innodb-flush-log-at-trx-commit=2".to_owned(),
        "--loose-innodb-flush-method=nosync".to_owned(),
        "--innodb-buffer-pool-size=64M".to_owned(),
        "--innodb-log-file-size=32M".to_owned(),
    ]
}

fn program(names: &[&str]) -> PathBuf {
    // Not in the PATH of everybody.
    let folders = home::path().into_iter().chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    home::find(names, &folders.collect::<Vec<_>>(), "mariadb-server")
}
