//! What happens to a whole server, and what its errors mean then. A server of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tradepost::db::Limits;
use tradepost::db::{self, Class, Error, Store};

use crate::database::error_class::{Ground, class, run};
use crate::server::{Engine, Server, engine};
use crate::support::LIMITS;

/// A server, and a store on it.
fn own() -> Option<(Server, Ground)> {
    if engine() == Engine::Sqlite {
        println!("SQLite has no server");
        return None;
    }
    let server = Server::start(engine());
    server.create_database("shop");
    let ground = Ground::at(server.url("shop"));
    Some((server, ground))
}

/// A database that is always there.
fn admin() -> &'static str {
    if engine() == Engine::Mysql { "mysql" } else { "postgres" }
}

#[test]
fn a_server_that_is_killed_and_comes_back() {
    let Some((server, ground)) = own() else { return };
    let mut used = ground.writer();
    run(&mut used, "UPDATE item SET n = 5").unwrap();
    server.kill();
    assert_eq!(class(&mut used, "UPDATE item SET n = 6"), Class::Unreachable);
    let error = ground.store().writer().map(drop).unwrap_err();
    assert_eq!(error.class, Class::Unreachable, "{error}");
    server.resume();
    assert_eq!(class(&mut used, "UPDATE item SET n = 6"), Class::Unreachable, "what is broken stays broken");
    assert_eq!(run(&mut ground.writer(), "UPDATE item SET n = 6").unwrap(), 2);
}

#[test]
fn a_server_that_is_shut_down() {
    let Some((server, ground)) = own() else { return };
    let mut used = ground.writer();
    run(&mut used, "UPDATE item SET n = 5").unwrap();
    let file = server.folder().join(if engine() == Engine::Mysql { "pid" } else { "data/postmaster.pid" });
    let process = fs::read_to_string(file).unwrap().lines().next().unwrap().trim().to_owned();
    // PostgreSQL waits for those who are connected, MariaDB does not.
    assert!(Command::new("kill").arg(&process).status().unwrap().success());
    let mut error = None;
    while error.is_none() {
        error = ground.store().writer().map(drop).err();
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
fn a_server_without_a_free_place_is_busy() {
    let Some((server, _ground)) = own() else { return };
    // One who may do everything has places of his own.
    let url = server.url("shop").replace("tradepost@", "guest@");
    let limits: &[&str] = if engine() == Engine::Mysql {
        server.sql(admin(), "CREATE USER guest@'%'; GRANT ALL ON `shop\\_%`.* TO guest@'%'");
        &[
            "SET GLOBAL max_connections = 10",
            "SET GLOBAL max_connections = 300; ALTER USER guest@'%' WITH MAX_USER_CONNECTIONS 2",
        ]
    } else {
        server.sql(admin(), "CREATE ROLE guest LOGIN");
        server.sql(admin(), "ALTER SYSTEM SET superuser_reserved_connections = 295");
        server.kill();
        server.resume();
        &[
            "SELECT 1",
            "ALTER ROLE guest CONNECTION LIMIT 2",
            "ALTER ROLE guest CONNECTION LIMIT -1; ALTER DATABASE shop CONNECTION LIMIT 2",
        ]
    };
    for limit in limits {
        server.sql(admin(), limit);
        let error = refused(&url);
        assert_eq!(error.class, Class::Busy, "{limit}: {error}");
    }
    if engine() == Engine::Postgres {
        let error = refused(&server.url("postgres"));
        assert_eq!(error.class, Class::Busy, "the last place of all: {error}");
    }
}

/// Opens connections until one is refused; why.
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
fn a_server_without_a_place_for_one_more_lock_is_busy() {
    if engine() != Engine::Postgres {
        return println!("only PostgreSQL keeps them in a place of fixed size");
    }
    let Some((_server, ground)) = own() else { return };
    let locks = "SELECT pg_advisory_lock(n) FROM generate_series(1, 1000000) AS n";
    assert_eq!(class(&mut ground.writer(), locks), Class::Busy);
}

#[test]
fn a_server_that_only_reads_is_no_place_for_a_writer() {
    if engine() != Engine::Mysql {
        return println!("a read-only PostgreSQL says it as a reader does");
    }
    let Some((server, ground)) = own() else { return };
    drop(ground);
    server.sql(admin(), "CREATE USER guest@'%'; GRANT ALL ON `shop\\_%`.* TO guest@'%'; SET GLOBAL read_only = 1");
    let url = server.url("shop").replace("tradepost@", "guest@");
    let store = Store::new(&url, "item", LIMITS).unwrap();
    assert_eq!(class(&mut store.writer().unwrap(), "UPDATE item SET n = 5"), Class::Unreachable);
}

#[test]
fn a_server_without_space_refuses_writes_and_goes_on_reading() {
    let Some((server, ground)) = own() else { return };
    let mut db = ground.writer();
    let much = if engine() == Engine::Mysql {
        // Its other tables need a disk to be filled, which takes an administrator of the machine.
        run(&mut db, "SET max_heap_table_size = 16384").unwrap();
        run(&mut db, "CREATE TABLE much (text CHAR(200) NOT NULL) ENGINE = MEMORY").unwrap();
        "INSERT INTO much SELECT repeat('x', 200) FROM seq_1_to_10000"
    } else {
        // A file that behaves as on a full disk. Who has not opened it yet finds it.
        run(&mut db, "CREATE TABLE much (text TEXT NOT NULL)").unwrap();
        let file = server.sql("shop", "SELECT pg_relation_filepath('item.much')");
        let file = server.folder().join("data").join(file);
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/dev/full", &file).unwrap();
        db = ground.writer();
        "INSERT INTO much VALUES ('x')"
    };
    assert_eq!(class(&mut db, much), Class::Full);
    let undone = db::transaction(&mut db, |db| {
        run(db, "UPDATE item SET n = 5")?;
        run(db, much)
    });
    assert_eq!(undone.unwrap_err().class, Class::Full);
    run(&mut db, "SELECT n FROM item").unwrap();
    assert_eq!(run(&mut db, "UPDATE item SET n = 6 WHERE n < 5").unwrap(), 2, "undone, and others can write");
}

/// Makes a table of one row; its file.
fn table(server: &Server, ground: &Ground, name: &str) -> PathBuf {
    let mut db = ground.writer();
    run(&mut db, &format!("CREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY)")).unwrap();
    run(&mut db, &format!("INSERT INTO {name} VALUES (1)")).unwrap();
    let file = match engine() {
        Engine::Mysql => format!("shop_item/{name}.ibd"),
        _ => server.sql("shop", &format!("SELECT pg_relation_filepath('item.{name}')")),
    };
    server.folder().join("data").join(file)
}

#[test]
fn a_damaged_table_is_damaged() {
    let Some((server, ground)) = own() else { return };
    let (bad, short, gone) = ("bad", "short", "gone");
    let [bad_file, short_file, gone_file] = [bad, short, gone].map(|name| table(&server, &ground, name));
    // What is in the log would be repaired from it.
    if engine() == Engine::Mysql {
        server.sql(admin(), "SHUTDOWN");
        while server.folder().join("pid").exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
    } else {
        server.sql("shop", "CHECKPOINT");
    }
    server.kill();
    let mut bytes = fs::read(&bad_file).unwrap();
    // MariaDB's first pages tell what kind of file it is.
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
        // By the index, which knows that there is a row.
        let read = format!("SELECT * FROM {table} WHERE id = 1");
        let mut db = ground.writer();
        if engine() == Engine::Postgres {
            run(&mut db, "SET enable_seqscan = off").unwrap();
        }
        assert_eq!(class(&mut db, &read), Class::Damaged, "{table}");
        assert_eq!(run(&mut db, "UPDATE item SET n = 5").unwrap(), 2);
    }
}
