//! Settings of a database server that differ from the usual ones: set for each connection, or refused at the start.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use tradepost::db::Store;

use crate::server::{Engine, Server, engine};
use crate::support::LIMITS;

/// A private server of this engine; `None` if the tests run on another one.
fn private(wanted: Engine) -> Option<Server> {
    if engine() != wanted {
        println!("a test of another engine");
        return None;
    }
    Some(Server::start(wanted))
}

fn refusal(url: &str) -> String {
    let Err(error) = Store::new(url, "goods", LIMITS).unwrap().migrator() else { panic!("{url} was accepted") };
    error.to_string()
}

#[test]
fn a_postgresql_database_that_cannot_hold_all_text_is_refused_with_its_encoding() {
    let Some(server) = private(Engine::Postgres) else { return };
    for encoding in ["LATIN1", "SQL_ASCII", "EUC_CN"] {
        let name = encoding.to_lowercase();
        let create =
            format!("CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        server.sql("postgres", &create);
        let reason = refusal(&server.url(&name));
        assert!(reason.contains(encoding) && reason.contains("UTF8") && reason.lines().count() == 1, "{reason}");
    }
}

#[test]
fn a_postgresql_user_without_the_right_to_create_schemas_can_use_those_that_exist() {
    let Some(server) = private(Engine::Postgres) else { return };
    server.create_database("shop");
    server.sql("postgres", "CREATE ROLE guest LOGIN; REVOKE ALL ON DATABASE shop FROM public");
    server.sql("postgres", "GRANT CONNECT ON DATABASE shop TO guest");
    let url = server.url("shop").replace("tradepost@", "guest@");
    let reason = refusal(&url);
    assert!(reason.contains("cannot create the schema goods"), "{reason}");
    server.sql("shop", "CREATE SCHEMA goods AUTHORIZATION guest");
    let mut db = Store::new(&url, "goods", LIMITS).unwrap().migrator().unwrap();
    db.batch_execute("CREATE TABLE one (n INT)").unwrap();
}

#[test]
fn mysql_tables_have_transactions_whatever_the_default_engine_and_others_are_refused() {
    let Some(server) = private(Engine::Mysql) else { return };
    server.sql("mysql", "SET GLOBAL default_storage_engine = Aria; SET GLOBAL autocommit = 0");
    let store = Store::new(&server.url("shop"), "goods", LIMITS).unwrap();
    store.migrator().unwrap().batch_execute("CREATE TABLE one (n INT)").unwrap();
    let engines = "SELECT engine FROM information_schema.tables WHERE table_schema = 'shop_goods'";
    assert_eq!(server.sql("mysql", engines), "InnoDB");

    let mut writer = store.writer().unwrap();
    writer.batch_execute("INSERT INTO one VALUES (1)").unwrap();
    assert_eq!(server.sql("shop_goods", "SELECT count(*) FROM one"), "1", "autocommit is on");
    drop(writer);

    server.sql("shop_goods", "ALTER TABLE one ENGINE = Aria");
    let reason = refusal(&server.url("shop"));
    assert!(reason.contains("shop_goods") && reason.contains("one") && reason.contains("ENGINE=InnoDB"), "{reason}");
}

#[test]
fn a_server_that_accepts_connections_and_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for (scheme, is_compiled_in) in [("postgres", cfg!(feature = "postgres")), ("mysql", cfg!(feature = "mysql"))] {
        if is_compiled_in {
            let since = Instant::now();
            let reason = refusal(&format!("{scheme}://root@{address}/shop"));
            assert!(since.elapsed() < Duration::from_secs(10) && reason.lines().count() == 1, "{scheme}: {reason}");
        }
    }
}
