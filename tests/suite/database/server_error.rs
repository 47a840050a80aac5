//! Classes of the errors that affect a whole database server. Each test has a private server.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tradepost::db::Limits;
use tradepost::db::{self, Class, Error, Store};

use crate::database::error_class::{ItemStore, class, run};
use crate::server::{Engine, Server, engine};
use crate::support::LIMITS;

/// Starts a private server with a store on it. `None` on SQLite.
fn private_server() -> Option<(Server, ItemStore)> {
    if engine() == Engine::Sqlite {
        println!("SQLite has no server");
        return None;
    }
    let server = Server::start(engine());
    server.create_database("shop");
    let items = ItemStore::at(server.url("shop"));
    Some((server, items))
}

/// Returns the name of a database that exists on every server.
fn admin_database() -> &'static str {
    if engine() == Engine::Mysql { "mysql" } else { "postgres" }
}

#[test]
fn a_killed_server_is_unreachable_until_it_is_back_and_its_old_connections_stay_broken() {
    let Some((server, items)) = private_server() else { return };
    let mut used = items.writer();
    run(&mut used, "UPDATE item SET n = 5").unwrap();
    server.kill();
    assert_eq!(class(&mut used, "UPDATE item SET n = 6"), Class::Unreachable);
    let error = items.store().writer().map(drop).unwrap_err();
    assert_eq!(error.class, Class::Unreachable, "{error}");
    server.resume();
    assert_eq!(class(&mut used, "UPDATE item SET n = 6"), Class::Unreachable, "a broken connection stays broken");
    assert_eq!(run(&mut items.writer(), "UPDATE item SET n = 6").unwrap(), 2);
}

#[test]
fn a_server_that_shuts_down_is_unreachable() {
    let Some((server, items)) = private_server() else { return };
    let mut used = items.writer();
    run(&mut used, "UPDATE item SET n = 5").unwrap();
    let file = server.folder().join(if engine() == Engine::Mysql { "pid" } else { "data/postmaster.pid" });
    let process = fs::read_to_string(file).unwrap().lines().next().unwrap().trim().to_owned();
    // PostgreSQL waits for its clients to disconnect, MariaDB does not.
    assert!(Command::new("kill").arg(&process).status().unwrap().success());
    let mut error = None;
    while error.is_none() {
        error = items.store().writer().map(drop).err();
    }
    assert_eq!(error.as_ref().map(|error| error.class), Some(Class::Unreachable), "{error:?}");
    if engine() == Engine::Postgres {
        run(&mut used, "UPDATE item SET n = 6").unwrap();
        assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    }
    while run(&mut used, "UPDATE item SET n = 7").is_ok() {}
    assert_eq!(class(&mut used, "UPDATE item SET n = 8"), Class::Unreachable);
}

#[test]
fn a_server_without_a_free_connection_is_busy() {
    let Some((server, _items)) = private_server() else { return };
    // A superuser has reserved connections, so the test uses an ordinary user.
    let url = server.url("shop").replace("tradepost@", "guest@");
    let limits: &[&str] = if engine() == Engine::Mysql {
        server.sql(admin_database(), "CREATE USER guest@'%'; GRANT ALL ON `shop\\_%`.* TO guest@'%'");
        &[
            "SET GLOBAL max_connections = 10",
            "SET GLOBAL max_connections = 300; ALTER USER guest@'%' WITH MAX_USER_CONNECTIONS 2",
        ]
    } else {
        server.sql(admin_database(), "CREATE ROLE guest LOGIN");
        server.sql(admin_database(), "ALTER SYSTEM SET superuser_reserved_connections = 295");
        server.kill();
        server.resume();
        &[
            "SELECT 1",
            "ALTER ROLE guest CONNECTION LIMIT 2",
            "ALTER ROLE guest CONNECTION LIMIT -1; ALTER DATABASE shop CONNECTION LIMIT 2",
        ]
    };
    for limit in limits {
        server.sql(admin_database(), limit);
        let error = refused(&url);
        assert_eq!(error.class, Class::Busy, "{limit}: {error}");
    }
    if engine() == Engine::Postgres {
        let error = refused(&server.url("postgres"));
        assert_eq!(error.class, Class::Busy, "the last connection slot: {error}");
    }
}

/// Opens connections until one is refused. Returns the error.
fn refused(url: &str) -> Error {
    let limits = Limits { readers: 400, acquire_within: Duration::from_millis(500), ..LIMITS };
    let store = Store::new(url, "item", limits).unwrap();
    let mut open = Vec::new();
    loop {
        match store.reader() {
            Ok(connection) => open.push(connection),
            Err(error) => return error,
        }
    }
}

#[test]
fn a_server_with_a_full_lock_table_is_busy() {
    if engine() != Engine::Postgres {
        return println!("only PostgreSQL has a lock table of fixed size");
    }
    let Some((_server, items)) = private_server() else { return };
    let locks = "SELECT pg_advisory_lock(n) FROM generate_series(1, 1000000) AS n";
    assert_eq!(class(&mut items.writer(), locks), Class::Busy);
}

#[test]
fn a_read_only_server_refuses_a_writer() {
    if engine() != Engine::Mysql {
        return println!("a read-only PostgreSQL reports the error that error_class.rs tests");
    }
    let Some((server, items)) = private_server() else { return };
    drop(items);
    server.sql(
        admin_database(),
        "CREATE USER guest@'%'; GRANT ALL ON `shop\\_%`.* TO guest@'%'; SET GLOBAL read_only = 1",
    );
    let url = server.url("shop").replace("tradepost@", "guest@");
    let store = Store::new(&url, "item", LIMITS).unwrap();
    assert_eq!(class(&mut store.writer().unwrap(), "UPDATE item SET n = 5"), Class::ReadOnly);
}

#[test]
fn a_server_without_disk_space_fails_writes_and_still_serves_reads() {
    let Some((server, items)) = private_server() else { return };
    let mut db = items.writer();
    let large_insert = if engine() == Engine::Mysql {
        // A MEMORY table has a size limit. Other tables fail only on a full disk, which needs root to set up.
        run(&mut db, "SET max_heap_table_size = 16384").unwrap();
        run(&mut db, "CREATE TABLE much (text CHAR(200) NOT NULL) ENGINE = MEMORY").unwrap();
        "INSERT INTO much SELECT repeat('x', 200) FROM seq_1_to_10000"
    } else {
        // Replaces the table's file by /dev/full. A new connection opens the replacement.
        run(&mut db, "CREATE TABLE much (text TEXT NOT NULL)").unwrap();
        let file = server.sql("shop", "SELECT pg_relation_filepath('item.much')");
        let file = server.folder().join("data").join(file);
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/dev/full", &file).unwrap();
        db = items.writer();
        "INSERT INTO much VALUES ('x')"
    };
    assert_eq!(class(&mut db, large_insert), Class::Full);
    let failed = db::transaction(&mut db, |db| {
        run(db, "UPDATE item SET n = 5")?;
        run(db, large_insert)
    });
    assert_eq!(failed.unwrap_err().class, Class::Full);
    run(&mut db, "SELECT n FROM item").unwrap();
    assert_eq!(
        run(&mut db, "UPDATE item SET n = 6 WHERE n < 5").unwrap(),
        2,
        "the transaction is rolled back and other writes succeed"
    );
}

/// Creates a table of one row. Returns the path of its file.
fn create_table(server: &Server, items: &ItemStore, name: &str) -> PathBuf {
    let mut db = items.writer();
    run(&mut db, &format!("CREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY)")).unwrap();
    run(&mut db, &format!("INSERT INTO {name} VALUES (1)")).unwrap();
    let file = match engine() {
        Engine::Mysql => format!("shop_item/{name}.ibd"),
        _ => server.sql("shop", &format!("SELECT pg_relation_filepath('item.{name}')")),
    };
    server.folder().join("data").join(file)
}

#[test]
fn a_corrupt_table_is_classified_as_damaged() {
    let Some((server, items)) = private_server() else { return };
    let (bad, short, gone) = ("bad", "short", "gone");
    let [bad_file, short_file, gone_file] = [bad, short, gone].map(|name| create_table(&server, &items, name));
    // Pages in the log would be restored from it at the next start.
    if engine() == Engine::Mysql {
        server.sql(admin_database(), "SHUTDOWN");
        while server.folder().join("pid").exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
    } else {
        server.sql("shop", "CHECKPOINT");
    }
    server.kill();
    let mut bytes = fs::read(&bad_file).unwrap();
    // The first pages of a MariaDB file describe its type and stay intact.
    let from = if engine() == Engine::Mysql { 3 * 16384 } else { 0 };
    bytes[from..].fill(0xA5);
    fs::write(bad_file, bytes).unwrap();
    fs::remove_file(gone_file).unwrap();
    let mut damaged = vec![bad, gone];
    if engine() == Engine::Postgres {
        fs::write(short_file, []).unwrap();
        damaged.push(short);
    }
    server.resume();
    for table in damaged {
        // Reads through the index, which has an entry for the row.
        let read = format!("SELECT * FROM {table} WHERE id = 1");
        let mut db = items.writer();
        if engine() == Engine::Postgres {
            run(&mut db, "SET enable_seqscan = off").unwrap();
        }
        assert_eq!(class(&mut db, &read), Class::Damaged, "{table}");
        assert_eq!(run(&mut db, "UPDATE item SET n = 5").unwrap(), 2);
    }
}
