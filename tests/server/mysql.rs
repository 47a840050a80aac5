//! MariaDB as a private server.

use std::path::PathBuf;

use super::engine::USER;
use super::home::{self, Call, Home};

/// MariaDB is one process, which can be killed without a shutdown.
pub const KILL: &str = "KILL";
/// A database that always exists.
pub const ADMIN: &str = "mysql";
/// Returns a path in the server's folder.
pub const FOLDER_QUERY: &str = "SELECT @@datadir";

pub fn init(home: &Home) -> Call {
    // The file must have one statement in each line.
    let user = format!("CREATE USER IF NOT EXISTS {USER}@'%';\nGRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION;\n");
    home.write("start.sql", &user);
    let own = ["--skip-test-db", "--auth-root-authentication-method=normal"].map(str::to_owned);
    let program = program(&["mariadb-install-db", "mysql_install_db"]);
    // `--no-defaults` must be the first argument.
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
        // The proxy must be able to read the traffic.
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

/// Dumps databases in one snapshot, as statements.
pub fn dump(port: u16, databases: &[&str]) -> Call {
    let port = port.to_string();
    let base = ["--no-defaults", "--single-transaction", "--protocol=tcp", "--host=127.0.0.1", "--user", USER];
    let arguments = base.into_iter().chain(["--port", &port, "--databases"]).chain(databases.iter().copied());
    Call::new(program(&["mariadb-dump", "mysqldump"]), arguments)
}

pub fn drop(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS `{name}`")
}

/// Settings of the first and of every later start.
fn settings(home: &Home) -> Vec<String> {
    vec![
        "--no-defaults".to_owned(),
        format!("--datadir={}", home.path("data")),
        format!("--tmpdir={}", home.path("")),
        // With 2, a commit is handed to the operating system, which survives the kill of the server. 0 would lose a
        // second of acknowledged commits. For the same reason no data needs to be synced.
        "--innodb-flush-log-at-trx-commit=2".to_owned(),
        "--loose-innodb-flush-method=nosync".to_owned(),
        "--innodb-buffer-pool-size=64M".to_owned(),
        "--innodb-log-file-size=32M".to_owned(),
    ]
}

fn program(names: &[&str]) -> PathBuf {
    // Not every user has these folders in PATH.
    let folders = home::path().into_iter().chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    home::find(names, &folders.collect::<Vec<_>>(), "mariadb-server")
}
